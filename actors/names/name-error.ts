/** `sockets`: this machine has no room for one more; `names`: no name server can be reached from it. */
export type LocalFailure = "sockets" | "names" | "proxy";

/** An error that knows whether it is this machine's own: then `local` says what it lacks. */
export class OwnError extends Error {
  readonly local: LocalFailure | null;

  constructor(message: string, local: LocalFailure | null) {
    super(message);
    this.local = local;
  }
}

/** Why a name has no address. */
export class NameError extends OwnError {
  readonly code = "BIDA_DNS";

  constructor(message: string, local: LocalFailure | null = null) {
    super(message, local);
  }
}
