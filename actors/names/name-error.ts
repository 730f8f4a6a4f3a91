/** Why a name has no address. `local`: not the name's fault, but that no name server can be reached from here. */
export class NameError extends Error {
  readonly code = "BIDA_DNS";
  readonly local: boolean;

  constructor(message: string, local = false) {
    super(message);
    this.local = local;
  }
}
