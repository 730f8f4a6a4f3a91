/**
 * Says that a port is taken, and what to type instead.
 * @param setting the one that names the port
 * @param place where it is, for people
 */
export const portTaken = (setting: string, place: string, port: number): string =>
  `${setting}: ${place} is in use by another program; set another port, such as ${setting}=${port < 65_535 ? port + 1 : port - 1}`;
