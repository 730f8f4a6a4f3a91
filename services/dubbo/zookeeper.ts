/**
 * As much of a ZooKeeper client as a registry needs: a session that outlives its connections, and four operations. The protocol
 * is `zookeeper.jute` of ZooKeeper 3.4, which every later server speaks: packets with a length of 32 bits in front; answers come in
 * the order of requests.
 */
import { connect, type Socket } from "node:net";
import { JuteReader, jute } from "./jute.ts";

const TYPE = { create: 1, delete: 2, exists: 3, ping: 11, close: -11 } as const;
const PING_XID = -2;
const CODES: Record<number, string> = { [-101]: "no node", [-110]: "node exists", [-112]: "session expired" };

/** Asked for; the server may shorten it. In ms. */
const SESSION_TIMEOUT = 30_000;
const CONNECT_PATIENCE = 3_000;
/** Everybody may do everything, as Dubbo's own nodes. */
const OPEN_ACL = jute.list([[jute.int(31), jute.string("world"), jute.string("anyone")]]);
const PERSISTENT = 0;
const EPHEMERAL = 1;
/** An answer here has a few hundred bytes. */
const MAX_PACKET = 1024 * 1024;

export class ZooKeeperError extends Error {
  override name = "ZooKeeperError";
  readonly code: string;

  constructor(code: string) {
    super(`ZooKeeper: ${code}`);
    this.code = code;
  }
}

interface Waiting {
  xid: number;
  resolve(body: JuteReader): void;
  reject(error: Error): void;
}

export class ZooKeeper {
  readonly #servers: { host: string; port: number }[];
  #turn = 0;
  #socket: Socket | null = null;
  #connecting: Promise<void> | null = null;
  #session = { id: 0n, password: Buffer.alloc(16) as Buffer, timeout: SESSION_TIMEOUT };
  #xid = 0;
  #waiting: Waiting[] = [];
  #received: Buffer = Buffer.alloc(0);
  #pinging: NodeJS.Timeout | null = null;
  #lost: () => void = () => undefined;

  constructor(servers: { host: string; port: number }[]) {
    this.#servers = servers;
  }

  get sessionId(): bigint {
    return this.#session.id;
  }

  /** Called when a connection ends that {@link close} did not end. */
  onLost(listener: () => void): void {
    this.#lost = listener;
  }

  /** Resolves while there is a connection, in the former session if that has not run out. @throws Error */
  connected(): Promise<void> {
    if (this.#socket !== null && this.#connecting === null) return Promise.resolve();
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = null;
    });
    return this.#connecting;
  }

  async create(path: string, isEphemeral: boolean): Promise<void> {
    const flags = jute.int(isEphemeral ? EPHEMERAL : PERSISTENT);
    await this.#ask(TYPE.create, [jute.string(path), jute.bytes(Buffer.alloc(0)), OPEN_ACL, flags]);
  }

  /** A node that is not there is fine. */
  async delete(path: string): Promise<void> {
    const anyVersion = jute.int(-1);
    await this.#ask(TYPE.delete, [jute.string(path), anyVersion]).catch(unlessMissing);
  }

  /** The session that an ephemeral node belongs to, 0 of others; null: there is no such node. */
  async ownerOf(path: string): Promise<bigint | null> {
    const stat = await this.#ask(TYPE.exists, [jute.string(path), jute.bool(false)]).catch(unlessMissing);
    // Behind czxid, mzxid, ctime, mtime and three versions.
    return stat === null ? null : stat.skip(4 * 8 + 3 * 4).long();
  }

  /** Ends the session, and with it its ephemeral nodes. */
  async close(): Promise<void> {
    this.#lost = () => undefined;
    try {
      if (this.#socket !== null) await this.#ask(TYPE.close, []);
    } finally {
      this.#end(new Error("ZooKeeper: closed"));
    }
  }

  async #connect(): Promise<void> {
    const server = this.#servers[this.#turn++ % this.#servers.length] as { host: string; port: number };
    const socket = connect(server);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const fail = (why: string) => {
      reject(new Error(`ZooKeeper ${server.host}:${server.port}: ${why}`));
      if (this.#socket === socket) this.#end(new Error(`ZooKeeper: ${why}`));
      else socket.destroy();
    };
    const patience = setTimeout(() => fail("no answer"), CONNECT_PATIENCE);
    this.#socket = socket;
    this.#received = Buffer.alloc(0);
    let isOpen = false;
    socket.on("connect", () => socket.write(this.#hello()));
    socket.on("error", (error) => fail(error.message));
    socket.on("close", () => fail("the connection ended"));
    socket.on("data", (chunk) => {
      try {
        for (const packet of this.#packets(chunk)) {
          if (isOpen) this.#answered(packet);
          else {
            this.#welcomed(packet);
            isOpen = true;
            resolve();
          }
        }
      } catch (error) {
        fail((error as Error).message);
      }
    });
    await promise.finally(() => clearTimeout(patience));
  }

  #hello(): Buffer {
    const { id, password } = this.#session;
    const noZxid = jute.long(0n);
    return jute.packet([jute.int(0), noZxid, jute.int(SESSION_TIMEOUT), jute.long(id), jute.bytes(password)]);
  }

  /** @throws Error where our session has run out: the next connection begins a new one */
  #welcomed(packet: JuteReader): void {
    const timeout = packet.skip(4).int();
    const [id, password] = [packet.long(), packet.bytes()];
    if (timeout <= 0) {
      this.#session = { id: 0n, password: Buffer.alloc(16), timeout: SESSION_TIMEOUT };
      throw new ZooKeeperError("session expired");
    }
    this.#session = { id, password, timeout };
    this.#pinging = setInterval(() => this.#ping(), timeout / 3).unref();
  }

  #ping(): void {
    // Asked, and not answered for a third of the session: the other side is gone.
    if (this.#waiting.some(({ xid }) => xid === PING_XID)) return void this.#socket?.destroy();
    this.#send(PING_XID, TYPE.ping, []).catch(() => undefined);
  }

  #ask(type: number, fields: Buffer[]): Promise<JuteReader> {
    this.#xid = (this.#xid + 1) & 0x7fffffff;
    return this.#send(this.#xid, type, fields);
  }

  #send(xid: number, type: number, fields: Buffer[]): Promise<JuteReader> {
    if (this.#socket === null) return Promise.reject(new Error("ZooKeeper: not connected"));
    const { promise, resolve, reject } = Promise.withResolvers<JuteReader>();
    this.#waiting.push({ xid, resolve, reject });
    this.#socket.write(jute.packet([jute.int(xid), jute.int(type), ...fields]));
    return promise;
  }

  #answered(packet: JuteReader): void {
    const xid = packet.int();
    const error = packet.skip(8).int();
    const at = this.#waiting.findIndex((one) => one.xid === xid);
    // Of what nobody asked for: events of watches, of which there are none.
    if (at < 0) return;
    const [waiting] = this.#waiting.splice(at, 1) as [Waiting];
    if (error === 0) waiting.resolve(packet);
    else waiting.reject(new ZooKeeperError(CODES[error] ?? `error ${error}`));
  }

  *#packets(chunk: Buffer): Generator<JuteReader> {
    this.#received = Buffer.concat([this.#received, chunk]);
    while (this.#received.length >= 4) {
      const length = this.#received.readInt32BE();
      if (length < 0 || length > MAX_PACKET) throw new Error(`a packet of ${length} bytes`);
      if (this.#received.length < 4 + length) return;
      const packet = this.#received.subarray(4, 4 + length);
      this.#received = this.#received.subarray(4 + length);
      yield new JuteReader(packet);
    }
  }

  #end(error: Error): void {
    const socket = this.#socket;
    this.#socket = null;
    if (this.#pinging) clearInterval(this.#pinging);
    for (const { reject } of this.#waiting.splice(0)) reject(error);
    socket?.destroy();
    this.#lost();
  }
}

function unlessMissing(error: unknown): null {
  if (error instanceof ZooKeeperError && error.code === "no node") return null;
  throw error;
}
