/**
 * The sockets of one thread's calls. Connections that idle are kept only while there is room: for one too many, the one that
 * has idled longest is closed. So it is calls under way that the limit of open files bounds, and no call waits beside an
 * idle connection to somewhere else.
 */
export class Sockets {
  readonly #most: number;
  readonly #idle = new Set<Closable>();
  #open = 0;

  constructor(most = Number.POSITIVE_INFINITY) {
    this.#most = most;
  }

  /** Open ones, and those that are being opened. */
  get size(): number {
    return this.#open;
  }

  /** One is about to be opened. */
  opening(): void {
    this.#open += 1;
    if (this.#open <= this.#most) return;
    const [oldest] = this.#idle;
    if (oldest) this.#close(oldest);
  }

  /** It is closed, or was never open. */
  closed(): void {
    this.#open -= 1;
  }

  idles(connection: Closable): void {
    this.#idle.add(connection);
  }

  /** It is used, or gone. */
  busy(connection: Closable): void {
    this.#idle.delete(connection);
  }

  /** The machine has no room for one more. */
  closeIdle(): void {
    for (const connection of this.#idle) this.#close(connection);
  }

  #close(connection: Closable): void {
    this.#idle.delete(connection);
    connection.destroy();
  }
}

export interface Closable {
  destroy(): void;
}
