/**
 * From host names to addresses, for outgoing calls. Node's own `dns.lookup` waits in one of libuv's four threads for as long
 * as the slowest name server takes: a few names that nobody answers would stop all others. Here each name waits for
 * itself: one look-up at a time per name, shared by all who ask, within a time limit; answers are kept for as long as
 * their TTL says. As getaddrinfo does it, `/etc/hosts` goes first, and `/etc/resolv.conf` names servers and search
 * domains; both are read again when they change.
 */
import type { LookupAddress } from "node:dns";
import { closeSync, openSync } from "node:fs";
import { isIP } from "node:net";
import { devNull } from "node:os";
import { domainToASCII } from "node:url";
import { type Families, FamiliesWatch, familiesAsked, sorted } from "./families.ts";
import { parseHosts } from "./hosts-file.ts";
import { NameError } from "./name-error.ts";
import { type NameRecord, NameServers } from "./name-servers.ts";
import { candidatesOf, parseResolvConf, type ResolvConf } from "./resolv-conf.ts";
import { TtlCache } from "./ttl-cache.ts";
import { WatchedFile } from "./watched-file.ts";

export interface NameResolverOptions {
  /** Name servers, `ip`, `ip:port` or `[ip]:port`, instead of those of `/etc/resolv.conf`. */
  servers?: string[];
  /** Of one look-up, search domains included, in ms. */
  limitMs?: number;
  hostsPath?: string;
  resolvConfPath?: string;
  /** Monotonic ms; what is kept ages by it. */
  now?: () => number;
  families?: () => Families;
}

/** What the connector needs of a {@link NameResolver}. */
export type NameLookup = Pick<NameResolver, "lookup">;

/** Less than a call's usual time, so its record says what was slow. In ms. */
const LIMIT = 5_000;
/** An answer is kept no longer than this, whatever its TTL, in ms. */
const MAX_KEPT = 300_000;
/** A failure is kept for so long, in ms: node:dns does not tell what the zone itself asks for (RFC 2308). */
const FAILURE_KEPT = 5_000;
/** Names whose answers are kept. */
const MAX_NAMES = 10_000;
/** How long one family's answer, if it has addresses, waits for the other's, in ms. */
const OTHER_FAMILY = 500;
/** While no name server can be reached, all look-ups wait for one question at most so long, in ms. */
const PROBE = 1_000;
/** And this long after it nothing is asked. */
const PROBE_PAUSE = 500;

/** RFC 6761, sections 6.3 and 6.4: never asked of a name server. */
const LOCALHOST = /(^|\.)localhost$/;
const LOOPBACK = ["127.0.0.1", "::1"];
const INVALID = /(^|\.)invalid$/;

type Answer = { addresses: LookupAddress[] } | { error: NameError };
/** `keptMs` 0: for those who share this look-up only. */
type Found = Answer & { keptMs: number };

export class NameResolver {
  readonly #options: Required<Omit<NameResolverOptions, "servers">>;
  readonly #hosts: WatchedFile<ReturnType<typeof parseHosts>>;
  readonly #resolvConf: WatchedFile<ResolvConf>;
  readonly #givenServers: string[] | null;
  readonly #kept: TtlCache<Answer>;
  readonly #underWay = new Map<string, Promise<Answer>>();
  #conf: ResolvConf;
  #servers: NameServers;
  /** No name server could be reached; monotonic ms of the last try. */
  #unreachableAt: number | null = null;

  constructor(options: NameResolverOptions = {}) {
    const watch = new FamiliesWatch();
    this.#options = {
      limitMs: LIMIT,
      hostsPath: "/etc/hosts",
      resolvConfPath: "/etc/resolv.conf",
      now: () => performance.now(),
      families: () => watch.read(this.#options.now()),
      ...options,
    };
    this.#givenServers = options.servers?.length ? options.servers : null;
    this.#hosts = new WatchedFile(this.#options.hostsPath, parseHosts);
    this.#resolvConf = new WatchedFile(this.#options.resolvConfPath, (text) => parseResolvConf(text));
    this.#conf = this.#resolvConf.read(this.#options.now());
    this.#servers = this.#newServers();
    this.#kept = new TtlCache(MAX_NAMES);
  }

  /** Look-ups under way. */
  get size(): number {
    return this.#underWay.size;
  }

  /**
   * All addresses of a host, in the order in which they are to be tried; at least one. A literal address is itself.
   * @throws NameError
   */
  async lookup(host: string): Promise<LookupAddress[]> {
    const answer = await this.#find(host);
    if ("error" in answer) throw answer.error;
    return answer.addresses;
  }

  #find(host: string): Answer | Promise<Answer> {
    const { now, families } = this.#options;
    if (isIP(host) !== 0) return { addresses: sorted([host], families()) };
    const full = domainToASCII(host);
    if (full === "") return { error: new NameError(`"${host}" is not a host name`) };
    if (isIP(full) !== 0) return { addresses: sorted([full], families()) };
    const name = full.replace(/\.$/, "");
    const local = this.#hosts.read(now()).get(name) ?? (LOCALHOST.test(name) ? LOOPBACK : undefined);
    if (local) return { addresses: sorted(local, families()) };
    if (INVALID.test(name)) return { error: new NameError(this.#problem(host, "ENOTFOUND")) };
    this.#followResolvConf();
    return this.#kept.get(full, now()) ?? this.#shared(full);
  }

  #shared(host: string): Promise<Answer> {
    const known = this.#underWay.get(host);
    if (known) return known;
    const underWay = this.#search(host).then((found) => {
      // The configuration may have changed meanwhile; then this is an answer of the former servers.
      if (this.#underWay.get(host) === underWay) {
        this.#underWay.delete(host);
        this.#kept.set(host, found, this.#options.now(), found.keptMs);
      }
      return found;
    });
    this.#underWay.set(host, underWay);
    return underWay;
  }

  /** Tries the full names that `host` may stand for, as glibc does: the first one that has an address is it. */
  async #search(host: string): Promise<Found> {
    const [conf, servers, startedAt] = [this.#conf, this.#servers, performance.now()];
    if (!(await this.#reachable(servers))) return unreachable(host);
    const codes: string[] = [];
    for (const name of candidatesOf(host, conf)) {
      const left = this.#options.limitMs - (performance.now() - startedAt);
      const found = left > 0 ? await this.#ask(servers, name, left) : "ETIMEOUT";
      if (typeof found !== "string") return found;
      codes.push(found);
      if (found === "UNREACHABLE") {
        const lack = lackOfRoom();
        if (lack !== null) return noRoom(host, lack);
        this.#unreachableAt = performance.now();
        return unreachable(host);
      }
      // Where no answer comes for one name, none is awaited for the next.
      if (found === "ETIMEOUT") break;
    }
    const code = telling(codes, OF_NAMES);
    return { error: new NameError(this.#problem(host, code)), keptMs: FAILURE_KEPT };
  }

  /** Both families at once. @returns the reply's code where there is no address */
  async #ask(servers: NameServers, name: string, limitMs: number): Promise<Found | string> {
    const families = this.#options.families();
    const replies = familiesAsked(families).map((family) => servers.ask(name, family, limitMs));
    const useful = replies.map((reply) =>
      reply.then((it) => ("records" in it && it.records.length > 0 ? it.records : Promise.reject(it))),
    );
    const first = await Promise.any(useful).catch(() => null);
    if (first === null) {
      const codes = (await Promise.all(replies)).map((it) => ("code" in it ? it.code : "ENODATA"));
      return telling(codes, OF_FAMILIES);
    }
    const patience = Promise.withResolvers<null>();
    const timer = setTimeout(patience.resolve, OTHER_FAMILY, null);
    const all = await Promise.all(useful.map((it) => Promise.race([it.catch(() => null), patience.promise])));
    clearTimeout(timer);
    return kept(
      all.flatMap((records) => records ?? []),
      families,
    );
  }

  /** While no server can be reached, one question at a time finds out whether one can again. */
  async #reachable(servers: NameServers): Promise<boolean> {
    if (this.#unreachableAt === null) return true;
    if (servers.answeredSince(this.#unreachableAt)) this.#unreachableAt = null;
    else if (performance.now() - this.#unreachableAt >= PROBE_PAUSE) {
      if (await servers.probe(Math.min(PROBE, this.#options.limitMs))) this.#unreachableAt = null;
      else this.#unreachableAt = performance.now();
    }
    return this.#unreachableAt === null;
  }

  #followResolvConf(): void {
    const conf = this.#resolvConf.read(this.#options.now());
    if (conf === this.#conf) return;
    this.#conf = conf;
    this.#servers = this.#newServers();
    this.#unreachableAt = null;
    this.#kept.clear();
    this.#underWay.clear();
  }

  #newServers(): NameServers {
    return new NameServers(this.#givenServers ?? this.#conf.servers);
  }

  #problem(host: string, code: string): string {
    switch (code) {
      case "ENOTFOUND":
        return `${host}: there is no such name (NXDOMAIN)`;
      case "ENODATA":
        return `${host}: the name has no address (no A or AAAA record)`;
      case "ESERVFAIL":
        return `${host}: the name server failed (SERVFAIL)`;
      case "EREFUSED":
        return `${host}: the name server refused the question (REFUSED)`;
      case "ETIMEOUT":
        return `${host}: no answer of a name server within ${this.#options.limitMs} ms`;
      case "EBADNAME":
        return `${host}: not a valid host name`;
      default:
        return `${host}: the look-up failed (${code})`;
    }
  }
}

/** Of the two families: what is certain of the name only where both are. */
const OF_FAMILIES = ["UNREACHABLE", "ETIMEOUT", "ESERVFAIL", "EREFUSED", "ENODATA"];
/** Of the names that were tried, as glibc has it: one that exists says more than a server that failed. */
const OF_NAMES = ["ETIMEOUT", "ENODATA", "ESERVFAIL"];

const telling = (codes: string[], order: string[]): string =>
  order.find((code) => codes.includes(code)) ?? codes[0] ?? "ENOTFOUND";

function kept(records: NameRecord[], families: Families): Found {
  const ttl = Math.min(...records.map((record) => record.ttl)) * 1_000;
  return {
    addresses: sorted(
      records.map(({ address }) => address),
      families,
    ),
    keptMs: Math.min(ttl, MAX_KEPT),
  };
}

const unreachable = (host: string): Found => ({
  error: new NameError(`${host}: no name server can be reached from here`, "names"),
  keptMs: 0,
});

const noRoom = (host: string, code: string): Found => ({
  error: new NameError(`${host}: no room for a socket to ask a name server (${code})`, "sockets"),
  keptMs: 0,
});

/** c-ares does not tell a server that cannot be reached from a socket that it could not have. */
function lackOfRoom(): string | null {
  try {
    closeSync(openSync(devNull, "r"));
    return null;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? null;
  }
}
