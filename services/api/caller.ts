/** Who calls: the address, and the credentials. */
import { createHmac, hash, randomBytes, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import type { TLSSocket } from "node:tls";
import type { ServiceBroker } from "moleculer";
import { AddressRanges, LOOPBACK_RANGES } from "../../core/addresses.ts";
import type { Actor } from "../../core/caller.ts";
import { type Config, DEFAULT_PASSWORD, NO_PASSWORD } from "../../core/config.ts";
import { BidaError } from "../../core/errors.ts";
import type { SessionIdentity, SessionProof, UserIdentity } from "../../core/people.ts";
import { canonicalName } from "../../core/user-name.ts";
import { EVERYTHING, type Scope } from "../../store/scope.ts";
import { call } from "../bus/call.ts";
import { read } from "../bus/peers.ts";
import { Believed } from "./believed.ts";
import { deviceOf, proofOf, tokenOf } from "./cookie.ts";
import { Rates } from "./rates.ts";
import type { Standing } from "./recheck.ts";
import { Shares } from "./shares.ts";

/** What a request's credentials say. */
export interface Caller {
  scope: Scope;
  actor: Actor;
  /** Of users. */
  login?: Login;
}

export interface Login {
  /** Null: Basic credentials. */
  session: { token: string; expiresAt: string } | null;
  /** Whether the user's password is `BIDA_ADMIN_PASSWORD`. */
  environmentPassword: boolean;
}

const loopback = new AddressRanges(LOOPBACK_RANGES);

/** Of routes that ask for no credentials. Sees nothing. */
export const NOBODY: Caller = {
  scope: { appId: -1 },
  actor: { kind: "user", id: null, name: "nobody", role: null },
};

interface KnownApp {
  caller: Caller;
  ipAllow: AddressRanges | null;
  ratePerSecond: number | null;
}

/** Answers about credentials. */
interface Answers {
  apps: Believed<KnownApp>;
  users: Believed<UserIdentity>;
  sessions: Believed<SessionIdentity>;
  /** Whether they are asked for on behalf of a stream: that is no use of the credentials. */
  watching: boolean;
}

const answers = (watching: boolean, ...believed: ConstructorParameters<typeof Believed>): Answers => ({
  apps: new Believed(...believed),
  users: new Believed(...believed),
  sessions: new Believed(...believed),
  watching,
});

/** Between two looks at a stream's credentials, in ms, one answer is enough for all streams with the same. */
const WATCHED = 3_000;

export class Callers {
  readonly #config: Config;
  readonly #broker: ServiceBroker;
  readonly #admin: Credentials;
  /** Null: the administrator's. */
  readonly #legacy: Credentials | null;
  /** Keys of what is remembered are made with it: what was hashed cannot be guessed from a memory dump. */
  readonly #secret = randomBytes(32);
  readonly #asked = answers(false);
  /** While nobody can be asked each stream counts for itself how long it goes on; see `Recheck`. */
  readonly #watched = answers(true, WATCHED, 0);
  readonly #rates = new Rates();
  /** What each of them has used. */
  readonly shares: Shares;

  constructor(config: Config, broker: ServiceBroker) {
    this.#config = config;
    this.#broker = broker;
    const { adminUsername, adminPassword, legacyCredentials } = config;
    this.shares = new Shares(config.callerBytesPerSecond);
    this.#admin = credentials(adminUsername, adminPassword);
    this.#legacy = legacyCredentials && credentials(legacyCredentials.username, legacyCredentials.password);
  }

  /** An app, a user or a session changed. */
  forget(): void {
    for (const { apps, users, sessions } of [this.#asked, this.#watched])
      for (const kind of [apps, users, sessions]) kind.forget();
  }

  /**
   * The caller's address. `x-forwarded-for` counts as far as it was written by proxies that `BIDA_TRUST_PROXY` names:
   * from the right, the first address that is none of them.
   */
  addressOf(req: IncomingMessage): string {
    const { trustProxy } = this.#config;
    let address = plain(req.socket.remoteAddress ?? "");
    if (!trustProxy.includes(address)) return address;
    const hops = String(req.headers["x-forwarded-for"] ?? "")
      .split(",")
      .map((hop) => plain(hop.trim()));
    while (trustProxy.includes(address)) {
      const previous = hops.pop();
      // What is no address was not written by a proxy that we trust.
      if (!previous || isIP(previous) === 0) break;
      address = previous;
    }
    return address;
  }

  /**
   * Whether `/metrics` is open to the caller: from the machine itself, unless through a proxy, and from the addresses in
   * `BIDA_METRICS_ALLOW`. Where a proxy speaks that nobody trusts, who is behind it is not known.
   */
  mayScrape(req: IncomingMessage): boolean {
    const { trustProxy, metricsAllow } = this.#config;
    const address = this.addressOf(req);
    const { "x-forwarded-for": hops, forwarded } = req.headers;
    if (hops === undefined && forwarded === undefined)
      return loopback.includes(address) || metricsAllow.includes(address);
    const isTrusted = hops !== undefined && trustProxy.includes(plain(req.socket.remoteAddress ?? ""));
    return isTrusted && metricsAllow.includes(address);
  }

  /** Whether the caller speaks https, as far as we can know. */
  isSecure(req: IncomingMessage): boolean {
    if ((req.socket as TLSSocket).encrypted) return true;
    if (!this.#config.trustProxy.includes(plain(req.socket.remoteAddress ?? ""))) return false;
    return /^https\b/i.test(String(req.headers["x-forwarded-proto"] ?? ""));
  }

  /**
   * Who calls, by Basic credentials, an app's key or the session cookie.
   * @throws BidaError unauthorized; forbidden for an app's address; too_many_requests; unavailable
   */
  identify(req: IncomingMessage): Promise<Caller> {
    return this.#identify(req, this.#asked);
  }

  /** Whether a request's credentials are still those of `actor`, with the same role. Does not fail. */
  async standing(req: IncomingMessage, { kind, id, role }: Actor): Promise<Standing> {
    try {
      const { actor } = await this.#identify(req, this.#watched);
      return actor.kind === kind && actor.id === id && actor.role === role ? "good" : "over";
    } catch (error) {
      return (error as BidaError).code === "unavailable" ? "unknown" : "over";
    }
  }

  async #identify(req: IncomingMessage, among: Answers): Promise<Caller> {
    const [scheme = "", credentials = ""] = (req.headers.authorization ?? "").split(" ", 2);
    const token = this.tokenOf(req);
    if (/^basic$/i.test(scheme)) {
      const text = Buffer.from(credentials, "base64").toString("utf8");
      const colon = text.indexOf(":");
      if (colon >= 0)
        return this.#basic(text.slice(0, colon), text.slice(colon + 1), this.addressOf(req), among);
    } else if (/^bearer$/i.test(scheme) && credentials) {
      return this.#app(hash("sha256", credentials, "hex"), this.addressOf(req), among);
    } else if (scheme === "" && token !== null) {
      return this.#session(token, among);
    }
    const ways = "Basic with a user's name and password, or Bearer with an app's key";
    throw new BidaError("unauthorized", `The request names nobody: the authorization header takes ${ways}`);
  }

  /** The session token that a request carries, and the token of its browser; null where there is none. */
  tokenOf(req: IncomingMessage): string | null {
    return tokenOf(req, this.isSecure(req));
  }

  deviceOf(req: IncomingMessage): string | null {
    return deviceOf(req, this.isSecure(req));
  }

  /** A session's token, as the admin service gets it. */
  proofOf(token: string): SessionProof {
    return proofOf(token, this.#config.adminPassword);
  }

  /** Whether a user still has the password that everybody knows. */
  hasDefaultPassword({ environmentPassword }: Pick<Login, "environmentPassword">): boolean {
    return environmentPassword && this.#config.adminPassword === DEFAULT_PASSWORD;
  }

  isAdmin(username: string, password: string): boolean {
    return (
      this.#config.adminPassword !== NO_PASSWORD && matches(this.#admin, canonicalName(username), password)
    );
  }

  /** Whether kkbida's clients may use its endpoint with these. */
  isLegacyClient(username: string, password: string): boolean {
    return this.#legacy === null
      ? this.isAdmin(username, password)
      : matches(this.#legacy, username, password);
  }

  async #basic(username: string, password: string, sourceIp: string, among: Answers): Promise<Caller> {
    if (username.length > 64 || password.length > 256) throw new BidaError("unauthorized");
    const environment = this.isAdmin(username, password);
    const key = createHmac("sha256", this.#secret)
      .update(JSON.stringify([username, password]))
      .digest("hex");
    const params = { username, password, environment };
    // No second try elsewhere: an attempt that was counted must not count twice.
    const user = await among.users.get(key, () =>
      call(this.#broker, "admin.authenticate", params, { meta: { sourceIp } }),
    );
    if (user === null) throw new BidaError("unauthorized");
    return callerOf(user, null);
  }

  async #session(token: string, among: Answers): Promise<Caller> {
    const proof = this.proofOf(token);
    const params = among.watching ? { ...proof, peek: true as const } : proof;
    const session = await among.sessions.get(proof.tokenHash, () =>
      read(this.#broker, "admin.session", params),
    );
    if (session === null) throw new BidaError("unauthorized", "The session is over");
    return callerOf(session.user, { token, expiresAt: session.expiresAt });
  }

  async #app(keyHash: string, address: string, among: Answers): Promise<Caller> {
    const app = await among.apps.get(keyHash, async () => {
      const found = await read(this.#broker, "admin.identify", { keyHash });
      if (found === null) return null;
      const { appId, name, ipAllow, ratePerSecond } = found;
      const actor: Actor = { kind: "app", id: appId, name, role: null };
      const ranges = ipAllow.length === 0 ? null : new AddressRanges(ipAllow);
      return { caller: { scope: { appId }, actor }, ipAllow: ranges, ratePerSecond };
    });
    if (app === null) throw new BidaError("unauthorized");
    if (app.ipAllow && !app.ipAllow.includes(address))
      throw new BidaError("forbidden", `${address} is not in this app's allow-list`);
    if (app.ratePerSecond !== null && !among.watching)
      this.#rates.take(app.caller.scope.appId as number, app.ratePerSecond);
    return app.caller;
  }
}

function callerOf(user: UserIdentity, session: Login["session"]): Caller {
  const { userId: id, username: name, role, environmentPassword } = user;
  return {
    scope: EVERYTHING,
    actor: { kind: "user", id, name, role },
    login: { session, environmentPassword },
  };
}

/** Without a port, brackets, the zone of a link-local address, which is this machine's own matter, and the prefix of IPv4 addresses on IPv6 sockets. */
const plain = (address: string): string =>
  address
    .replace(/^\[(.*)\](:\d+)?$/, "$1")
    .replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, "$1")
    .replace(/%[^%]*$/, "")
    .replace(/^::ffff:(?=\d+\.)/, "");

interface Credentials {
  name: Buffer;
  password: Buffer;
}

const credentials = (name: string, password: string): Credentials => ({
  name: digest(name),
  password: digest(password),
});

/** Both are always compared, in constant time. */
function matches(known: Credentials, username: string, password: string): boolean {
  const sameName = timingSafeEqual(digest(username), known.name);
  const samePassword = timingSafeEqual(digest(password), known.password);
  return sameName && samePassword;
}

/** Of equal length for any text, as constant-time comparison needs it. */
const digest = (text: string): Buffer => hash("sha256", text, "buffer");
