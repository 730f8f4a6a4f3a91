/** Ends the process with one line: for mistakes that no stack and no waiting help against. */
export function fatal(line: string): never {
  process.stderr.write(`bida: ${line}\n`);
  process.exit(1);
}
