/** Who calls: the address, and the credentials. */
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import type { ServiceBroker } from "moleculer";
import type { Actor } from "../../core/caller.ts";
import type { Config } from "../../core/config.ts";
import { BidaError } from "../../core/errors.ts";
import { EVERYTHING, type Scope } from "../../store/scope.ts";
import { call } from "../lib/bus.ts";

/** How long an app's key is believed without asking again, in ms. */
const KEY_TTL = 10_000;
const MAX_KEYS = 1_000;

/** What a request's credentials say. */
export interface Caller {
  scope: Scope;
  actor: Actor;
}

export class Callers {
  readonly #config: Config;
  readonly #broker: ServiceBroker;
  readonly #adminName: Buffer;
  readonly #adminPassword: Buffer;
  readonly #keys = new Map<string, { caller: Caller; until: number }>();

  constructor(config: Config, broker: ServiceBroker) {
    this.#config = config;
    this.#broker = broker;
    this.#adminName = digest(config.adminUsername);
    this.#adminPassword = digest(config.adminPassword);
  }

  /**
   * The caller's address. `x-forwarded-for` counts as far as it was written by proxies that `BIDA_TRUST_PROXY` names:
   * from the right, the first address that is none of them.
   */
  addressOf(req: IncomingMessage): string {
    const { trustProxy } = this.#config;
    let address = plain(req.socket.remoteAddress ?? "");
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
   * Who calls, by Basic credentials or an app's key.
   * @throws BidaError unauthorized
   */
  async identify(req: IncomingMessage): Promise<Caller> {
    const [scheme = "", credentials = ""] = (req.headers.authorization ?? "").split(" ", 2);
    if (/^basic$/i.test(scheme)) {
      const text = Buffer.from(credentials, "base64").toString("utf8");
      const colon = text.indexOf(":");
      const name = text.slice(0, colon);
      if (colon >= 0 && this.isAdmin(name, text.slice(colon + 1)))
        return { scope: EVERYTHING, actor: { kind: "user", id: null, name, role: "admin" } };
    } else if (/^bearer$/i.test(scheme) && credentials) {
      return this.#ownerOfKey(digest(credentials).toString("hex"));
    }
    throw new BidaError("unauthorized");
  }

  isAdmin(username: string, password: string): boolean {
    // Both are always compared, in constant time.
    const sameName = timingSafeEqual(digest(username), this.#adminName);
    const samePassword = timingSafeEqual(digest(password), this.#adminPassword);
    return sameName && samePassword;
  }

  async #ownerOfKey(keyHash: string): Promise<Caller> {
    const known = this.#keys.get(keyHash);
    if (known && known.until > performance.now()) return known.caller;
    this.#keys.delete(keyHash);
    const app = await call(this.#broker, "admin.identify", { keyHash });
    if (!app) throw new BidaError("unauthorized");
    const { appId, name } = app;
    const caller: Caller = { scope: { appId }, actor: { kind: "app", id: appId, name, role: null } };
    if (this.#keys.size >= MAX_KEYS) this.#keys.clear();
    this.#keys.set(keyHash, { caller, until: performance.now() + KEY_TTL });
    return caller;
  }
}

/** Without a port, brackets, and the prefix of IPv4 addresses on IPv6 sockets. */
const plain = (address: string): string =>
  address
    .replace(/^\[(.*)\](:\d+)?$/, "$1")
    .replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, "$1")
    .replace(/^::ffff:(?=\d+\.)/, "");

/** Of equal length for any text, as constant-time comparison needs it. */
const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
