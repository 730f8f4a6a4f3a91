/**
 * A TCP proxy between one node and one server, that can fail the ways networks fail. Cut: connections are reset, new
 * ones work. Black hole: nothing arrives any more in either direction and nobody is told; new connections meet the same
 * silence. When the hole ends, new connections work, while those that were in it stay silent for ever, as behind a
 * router that lost its state: only the node itself can notice.
 */
import { connect, createServer, type Server, type Socket } from "node:net";
import { freePort } from "../../servers/ports.ts";

interface Pair {
  near: Socket;
  far: Socket;
}

export class Link {
  readonly port: number;
  #target: number;
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  /** Silent connections; kept open so nobody is told. */
  readonly #lost = new Set<Socket>();
  #hole = false;

  private constructor(port: number, target: number) {
    this.port = port;
    this.#target = target;
    this.#server = createServer({ noDelay: true }, (near) => this.#accept(near));
  }

  /** Listens on a free port of 127.0.0.1 and passes on to `target`, a port there. */
  static async start(target: number): Promise<Link> {
    const link = new Link(await freePort(), target);
    await new Promise<void>((listening) => link.#server.listen(link.port, "127.0.0.1", listening));
    return link;
  }

  /** Connections that pass. */
  get open(): number {
    return this.#pairs.size;
  }

  /** Connections in a black hole that nobody has closed. */
  get silent(): number {
    return this.#lost.size;
  }

  /** New connections go to that port from now on; those that are open stay, as when a name moves to another server. */
  retarget(port: number): void {
    this.#target = port;
  }

  /** Resets what is connected now. */
  cut(): void {
    for (const { near, far } of this.#pairs) {
      near.resetAndDestroy();
      far.resetAndDestroy();
    }
  }

  /** Silences all connections, and those that come until {@link Link.heal}. */
  blackHole(): void {
    this.#hole = true;
    for (const { near, far } of this.#pairs) {
      near.unpipe(far);
      far.unpipe(near);
      this.#lose(near);
      this.#lose(far);
    }
    this.#pairs.clear();
  }

  /** New connections pass again. */
  heal(): void {
    this.#hole = false;
  }

  async stop(): Promise<void> {
    for (const { near, far } of this.#pairs) {
      near.destroy();
      far.destroy();
    }
    for (const socket of this.#lost) socket.destroy();
    await new Promise((closed) => this.#server.close(closed));
  }

  #accept(near: Socket): void {
    near.on("error", () => {});
    if (this.#hole) {
      this.#lose(near);
      return;
    }
    const far = connect({ port: this.#target, host: "127.0.0.1", noDelay: true });
    const pair = { near, far };
    this.#pairs.add(pair);
    const end = () => {
      // In a black hole the other side is not told.
      if (!this.#pairs.delete(pair)) return;
      near.destroy();
      far.destroy();
    };
    near.on("close", end);
    far.on("error", end).on("close", end);
    near.pipe(far);
    far.pipe(near);
  }

  /** What comes is thrown away. */
  #lose(socket: Socket): void {
    this.#lost.add(socket);
    socket.on("close", () => this.#lost.delete(socket));
    socket.removeAllListeners("end");
    socket.on("data", () => {});
    socket.resume();
  }
}
