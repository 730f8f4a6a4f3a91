/**
 * The keep-alive connections to one origin. Each is an undici client with one socket that carries one call at a time,
 * and is dropped when its socket closes. So it is always known which connection a call uses, whether it was used before and
 * whether a byte of an answer has come on it; and nothing ever waits in a queue of undici's. How many there are is not
 * limited here: a call that is under way has one, and the destination limits those.
 */
import type { Socket } from "node:net";
import { type buildConnector, Client, type Dispatcher } from "undici";
import type { EgressGuard } from "./egress.ts";
import { AnswerWatch, MAX_HEAD_BYTES } from "./interim.ts";
import type { Connector, Opening } from "./opening.ts";
import { Sockets } from "./sockets.ts";

/** An idle connection is closed after this, in ms: targets usually close theirs after 2 s or 5 s. */
const IDLE_MS = 1_500;
/** A target that tells its own limit (`keep-alive: timeout=`) is believed, less this, in ms. */
const IDLE_MARGIN = 1_000;
/** And at most this, in ms. */
const MAX_IDLE = 30_000;

export interface ConnectionsContext {
  connector: Connector;
  /** Told of each connection that the target had closed when a request went out on it. */
  stale?(): void;
  /** Those of the whole thread. */
  sockets?: Sockets;
  /** Of the connector. */
  guard?: Pick<EgressGuard, "version">;
}

export class Connections {
  readonly #origin: URL;
  readonly #connector: Connector;
  readonly #onStale: () => void;
  readonly #sockets: Sockets;
  readonly #guard: Pick<EgressGuard, "version">;
  /** The one that was used last is taken first: the others may become idle, and close. */
  #free: Connection[] = [];
  readonly #all = new Set<Connection>();
  readonly #opening = new Set<Opening>();

  /** @throws TypeError where `origin` is not one of http or https */
  constructor(
    origin: string,
    {
      connector,
      stale = () => undefined,
      sockets = new Sockets(),
      guard = { version: 0 },
    }: ConnectionsContext,
  ) {
    this.#origin = new URL(origin);
    if (!/^https?:$/.test(this.#origin.protocol)) throw new TypeError(`${origin} is not called over HTTP`);
    this.#connector = connector;
    this.#onStale = stale;
    this.#sockets = sockets;
    this.#guard = guard;
  }

  /** They begin with a TLS handshake. */
  get secure(): boolean {
    return this.#origin.protocol === "https:";
  }

  /** Those that are open, and those that are being opened. */
  get size(): number {
    return Array.from(this.#all).filter(({ alive }) => alive).length + this.#opening.size;
  }

  /** One that is open and idle; it is the caller's until it is given back. */
  reuse(): Connection | undefined {
    for (;;) {
      const connection = this.#free.pop();
      if (connection) this.#sockets.busy(connection);
      // What it leads to may be closed to callbacks by now.
      if (connection && connection.rules !== this.#guard.version) connection.destroy();
      if (connection === undefined || connection.alive) return connection;
    }
  }

  /** @returns what is given up where it takes too long: nothing is left then, and `done` is not called */
  open(done: (error: Error | null, connection: Connection | null) => void): Opening {
    const { host, hostname, protocol, port } = this.#origin;
    let made: Opening | undefined;
    const opening: Opening = {
      destroy: () => {
        if (!this.#opening.delete(opening)) return;
        this.#sockets.closed();
        made?.destroy();
      },
      get steps() {
        return made?.steps;
      },
    };
    this.#opening.add(opening);
    this.#sockets.opening();
    const rules = this.#guard.version;
    const options = {
      host,
      hostname: hostname.replace(/^\[|\]$/g, ""),
      protocol,
      port,
    } as buildConnector.Options;
    made = this.#connector(options, (...[error, connected]) => {
      if (!this.#opening.delete(opening)) {
        connected?.on("error", () => undefined).destroy();
        return;
      }
      if (error || !connected) {
        this.#sockets.closed();
        done(error ?? new Error("no connection"), null);
      } else done(null, this.#adopt(connected, rules));
    });
    return opening;
  }

  /** Takes back a connection whose call has ended. */
  giveBack(connection: Connection): void {
    if (!connection.alive) return;
    connection.reused = true;
    this.#free.push(connection);
    this.#sockets.idles(connection);
  }

  /** The target had closed it. */
  stale(): void {
    this.#onStale();
  }

  /** Closes everything. */
  destroy(): void {
    for (const opening of this.#opening) opening.destroy();
    for (const connection of this.#all) connection.destroy();
    this.#free = [];
  }

  #adopt(socket: Socket, rules: number): Connection {
    const connection = new Connection(this.#origin, socket, rules, () => {
      this.#all.delete(connection);
      this.#sockets.busy(connection);
      this.#sockets.closed();
      const at = this.#free.indexOf(connection);
      if (at >= 0) this.#free.splice(at, 1);
    });
    this.#all.add(connection);
    return connection;
  }
}

/** Undici would connect again; the call decides on that. */
class ClosedError extends Error {
  readonly code = "ECONNRESET";
}

export class Connection {
  /** It has carried a call before. */
  reused = false;
  readonly watch: AnswerWatch;
  /** The version of the rules that its address was vetted by. */
  readonly rules: number;
  readonly #socket: Socket;
  readonly #client: Client;
  #attached = false;

  constructor(origin: URL, socket: Socket, rules: number, onClose: () => void) {
    this.#socket = socket;
    this.rules = rules;
    this.watch = new AnswerWatch(socket);
    socket.once("close", onClose);
    this.#client = new Client(origin, {
      pipelining: 1,
      allowH2: false,
      // One deadline per call governs; undici's own timers are coarse.
      headersTimeout: 0,
      bodyTimeout: 0,
      maxHeaderSize: MAX_HEAD_BYTES,
      keepAliveTimeout: IDLE_MS,
      keepAliveTimeoutThreshold: IDLE_MARGIN,
      keepAliveMaxTimeout: MAX_IDLE,
      connect: (_, callback) => this.#attach(callback),
    });
  }

  get alive(): boolean {
    return !this.#socket.destroyed;
  }

  /** @throws where the request itself is not possible */
  send(request: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void {
    this.watch.ready();
    this.#client.dispatch(request, handler);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Undici cannot take a socket before it has asked for it. */
  #attach(callback: buildConnector.Callback): void {
    const isFirst = !this.#attached;
    this.#attached = true;
    queueMicrotask(() => {
      if (isFirst) callback(null, this.#socket);
      else callback(new ClosedError("the target had closed the connection"), null);
    });
  }
}
