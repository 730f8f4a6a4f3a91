/** `sockets`: this machine has no room for one more; `names`: no name server can be reached from it. */
export type LocalFailure = "sockets" | "names";

/** Why a name has no address. `local` where that is not the name's fault, but this machine's. */
export class NameError extends Error {
  readonly code = "BIDA_DNS";
  readonly local: LocalFailure | null;

  constructor(message: string, local: LocalFailure | null = null) {
    super(message);
    this.local = local;
  }
}
