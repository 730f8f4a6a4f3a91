/** Who calls: the address, and the credentials. */
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import type { ServiceBroker } from "moleculer";
import type { Config } from "../../core/config.ts";
import { BidaError } from "../../core/errors.ts";
import { EVERYTHING, type Scope } from "../../store/scope.ts";
import { call } from "../lib/bus.ts";

/** How long an app's key is believed without asking again, in ms. */
const KEY_TTL = 10_000;
const MAX_KEYS = 1_000;

export class Callers {
  readonly #config: Config;
  readonly #broker: ServiceBroker;
  readonly #adminName: Buffer;
  readonly #adminPassword: Buffer;
  readonly #keys = new Map<string, { scope: Scope; until: number }>();

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
   * What the caller may see, by Basic credentials or an app's key.
   * @throws BidaError unauthorized
   */
  async scopeOf(req: IncomingMessage): Promise<Scope> {
    const [scheme = "", credentials = ""] = (req.headers.authorization ?? "").split(" ", 2);
    if (/^basic$/i.test(scheme)) {
      const text = Buffer.from(credentials, "base64").toString("utf8");
      const colon = text.indexOf(":");
      if (colon >= 0 && this.isAdmin(text.slice(0, colon), text.slice(colon + 1))) return EVERYTHING;
    } else if (/^bearer$/i.test(scheme) && credentials) {
      return this.#scopeOfKey(digest(credentials).toString("hex"));
    }
    throw new BidaError("unauthorized");
  }

  isAdmin(username: string, password: string): boolean {
    // Both are always compared, in constant time.
    const sameName = timingSafeEqual(digest(username), this.#adminName);
    const samePassword = timingSafeEqual(digest(password), this.#adminPassword);
    return sameName && samePassword;
  }

  async #scopeOfKey(keyHash: string): Promise<Scope> {
    const known = this.#keys.get(keyHash);
    if (known && known.until > performance.now()) return known.scope;
    this.#keys.delete(keyHash);
    const app = await call(this.#broker, "admin.identify", { keyHash });
    if (!app) throw new BidaError("unauthorized");
    const scope: Scope = { appId: app.appId };
    if (this.#keys.size >= MAX_KEYS) this.#keys.clear();
    this.#keys.set(keyHash, { scope, until: performance.now() + KEY_TTL });
    return scope;
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
