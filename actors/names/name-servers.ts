/**
 * Questions to name servers, by c-ares (`node:dns`), which needs no thread of libuv's. The schedule is our own: c-ares
 * derives its time limits from how quickly a server answers most names, and would give up a slow name after a second
 * where the others take a millisecond. So each question of ours is one channel of c-ares, with one server and one try,
 * and is asked again beside the first one while that is open. A channel has a socket, and with it a port, of its own.
 */
import { Resolver } from "node:dns";

export interface NameRecord {
  address: string;
  /** Seconds. */
  ttl: number;
}

/**
 * `ENOTFOUND` and `ENODATA` are answers: there is no such name, or it has no such record. Others are failures: of a server
 * (`ESERVFAIL`, `EREFUSED`, …), `ETIMEOUT`: none answered this question in time, and `UNREACHABLE`: no server can be
 * asked at all.
 */
export type NameReply = { records: NameRecord[] } | { code: string };

/** A question that is not answered is asked again so often, in ms: of the next server, or of the only one. */
const ASK_AGAIN = 1_500;
/** A server that answered nothing while a question was open is asked after the others for so long, in ms. */
const DISTRUST = 30_000;
/** What c-ares says where a server could not be asked: nothing listens there, no way leads there, or there is no socket. */
const NOT_ASKED: ReadonlySet<string> = new Set(["ECONNREFUSED", "ENOMEM"]);
const ANSWERS: ReadonlySet<string> = new Set(["ENOTFOUND", "ENODATA"]);
/** Of the question itself. */
const MALFORMED: ReadonlySet<string> = new Set(["EBADNAME", "EBADQUERY"]);

interface Server {
  /** Null: those that c-ares finds. */
  address: string | null;
  /** Monotonic ms. */
  answeredAt: number;
  distrustedUntil: number;
}

export class NameServers {
  readonly #servers: Server[];
  #probing: Promise<boolean> | null = null;

  /** @param addresses `ip`, `ip:port` or `[ip]:port`; null: those that c-ares finds by itself */
  constructor(addresses: string[] | null) {
    this.#servers = (addresses ?? [null]).map((address) => ({
      address,
      answeredAt: Number.NEGATIVE_INFINITY,
      distrustedUntil: 0,
    }));
  }

  /** Never rejects. @param name ends with a dot */
  ask(name: string, family: 4 | 6, limitMs: number): Promise<NameReply> {
    const { promise, resolve } = Promise.withResolvers<NameReply>();
    const startedAt = performance.now();
    const open = new Map<Resolver, Server>();
    const order = this.#order();
    let failure: string | null = null;
    let asked = 0;
    const finish = (reply: NameReply) => {
      clearInterval(again);
      clearTimeout(halfTime);
      clearTimeout(deadline);
      const left = [...open.keys()];
      open.clear();
      for (const resolver of left) resolver.cancel();
      resolve(reply);
    };
    const askNext = () => {
      const server = order[asked % order.length] as Server;
      asked += 1;
      const resolver = channelTo(server, limitMs);
      open.set(resolver, server);
      query(resolver, name, family, (reply) => {
        // Canceled, or out of its own time; ours counts.
        if (!open.delete(resolver)) return;
        const code = "code" in reply ? reply.code : null;
        if (code === "ETIMEOUT") return;
        if (code === null || !NOT_ASKED.has(code)) server.answeredAt = performance.now();
        if (code === null || ANSWERS.has(code) || MALFORMED.has(code)) return finish(reply);
        // A server that failed says more than one that could not be asked.
        if (failure === null || NOT_ASKED.has(failure)) failure = code;
        if (asked < order.length) askNext();
        else if (open.size === 0) finish({ code: this.#codeOf(failure, startedAt) });
      });
    };
    const again = setInterval(() => {
      for (const server of open.values()) this.#distrust(server, startedAt);
      askNext();
    }, ASK_AGAIN);
    // Is it this name that nobody answers, or is nobody there?
    const halfTime = setTimeout(() => {
      if (!this.answeredSince(startedAt)) void this.probe(limitMs / 2);
    }, limitMs / 2);
    const deadline = setTimeout(() => finish({ code: this.#codeOf(failure, startedAt) }), limitMs);
    askNext();
    return promise;
  }

  /** Whether any server said anything since then (monotonic ms). */
  answeredSince(since: number): boolean {
    return this.#servers.some(({ answeredAt }) => answeredAt >= since);
  }

  /**
   * Asks all of them, once for all who want to know at the same time, what each name server can answer: who serves the root. Whatever one says, it is there.
   * @returns whether any said anything within `limitMs`
   */
  probe(limitMs: number): Promise<boolean> {
    this.#probing ??= this.#probe(limitMs).finally(() => {
      this.#probing = null;
    });
    return this.#probing;
  }

  async #probe(limitMs: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    let open = this.#servers.length;
    const resolvers = this.#servers.map((server) => {
      const resolver = channelTo(server, limitMs);
      resolver.resolveNs(".", (error) => {
        const code = error?.code ?? "";
        if (code !== "ETIMEOUT" && code !== "ECANCELLED" && !NOT_ASKED.has(code)) {
          server.answeredAt = performance.now();
          resolve(true);
        }
        open -= 1;
        if (open === 0) resolve(false);
      });
      return resolver;
    });
    const deadline = setTimeout(() => resolve(false), limitMs);
    const answered = await promise;
    clearTimeout(deadline);
    for (const resolver of resolvers) resolver.cancel();
    return answered;
  }

  #codeOf(failure: string | null, startedAt: number): string {
    if (failure !== null && !NOT_ASKED.has(failure)) return failure;
    return this.answeredSince(startedAt) ? "ETIMEOUT" : "UNREACHABLE";
  }

  /** As they are listed; those that are not trusted just now at the end. */
  #order(): Server[] {
    const now = performance.now();
    const [trusted, others] = [true, false].map((wanted) =>
      this.#servers.filter(({ distrustedUntil }) => distrustedUntil <= now === wanted),
    );
    return [...(trusted as Server[]), ...(others as Server[])];
  }

  #distrust(server: Server, since: number): void {
    if (server.answeredAt < since) server.distrustedUntil = performance.now() + DISTRUST;
  }
}

function channelTo({ address }: Server, limitMs: number): Resolver {
  const resolver = new Resolver({ timeout: Math.ceil(limitMs), tries: 1 });
  if (address !== null) resolver.setServers([address]);
  return resolver;
}

function query(resolver: Resolver, name: string, family: 4 | 6, done: (reply: NameReply) => void): void {
  const answered = (error: NodeJS.ErrnoException | null, records: NameRecord[]) =>
    done(error ? { code: error.code ?? "ESERVFAIL" } : { records });
  if (family === 4) resolver.resolve4(name, { ttl: true }, answered);
  else resolver.resolve6(name, { ttl: true }, answered);
}
