/**
 * A proxy for outgoing calls (`BIDA_EGRESS_PROXY`), from one source address that targets see. Each connection is a tunnel
 * (CONNECT, RFC 9110, section 9.3.6) to an address that was vetted here: the proxy resolves nothing, so it cannot be led
 * elsewhere.
 */
import net, { type Socket } from "node:net";
import { buildConnector, Client } from "undici";
import type { CallErrorCode } from "../core/outcome.ts";
import { AnswerError } from "./call-errors.ts";
import { localFailureOf } from "./local-failure.ts";
import { type LocalFailure, OwnError } from "./names/name-error.ts";
import { type NameLookup, NameResolver } from "./names/resolver.ts";

/** To the proxy itself, in ms. It is ours: a call is not to wait for it until its own deadline, and then blame the target. */
const CONNECT_LIMIT = 3_000;

/** The proxy cannot be used; nothing is known of the target. */
export class ProxyError extends OwnError {
  readonly code = "BIDA_PROXY";

  constructor(message: string, local: LocalFailure = "proxy") {
    super(message, local);
  }
}

/** What a proxy answers where it did its part and the target, or the way to it, did not (RFC 9110, section 15.6). */
const TARGETS_FAULT = new Set([502, 503, 504]);

export interface Tunnel {
  /** Gives up. */
  destroy(): void;
}

export class OutboundProxy {
  /** Without credentials. */
  readonly origin: string;
  readonly #headers: Record<string, string>;
  readonly #connect: ReturnType<typeof buildConnector>;

  /** @param url `http://user:pass@host:port` */
  constructor(url: string, names: NameLookup = new NameResolver()) {
    const { origin, username, password } = new URL(url);
    this.origin = origin;
    const user = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    this.#headers =
      username === "" ? {} : { "proxy-authorization": `Basic ${Buffer.from(user).toString("base64")}` };
    // Not vetted: who runs Bida named it.
    const lookup: net.LookupFunction = (hostname, { all }, done) => {
      names.lookup(hostname).then(
        (addresses) => {
          const [first] = addresses;
          if (all) (done as (e: null, a: typeof addresses) => void)(null, addresses);
          else done(null, first?.address ?? "", first?.family);
        },
        (error) => done(error, "", 0),
      );
    };
    const options = { timeout: CONNECT_LIMIT, lookup, allowH2: false };
    this.#connect = buildConnector(options as buildConnector.BuildOptions);
  }

  /**
   * Opens a tunnel to an address.
   * @param done gets a socket that the target is at the other end of. Errors: {@link ProxyError}, or an AnswerError of the
   * target (`unreachable`), or of the proxy's own rules (`proxy`)
   */
  tunnelTo(
    address: string,
    port: number,
    done: (error: Error | null, socket: Socket | null) => void,
  ): Tunnel {
    const place = `${net.isIPv6(address) ? `[${address}]` : address}:${port}`;
    // Undici would connect again and again to one that hangs up at once.
    let connects = 0;
    const client = new Client(this.origin, {
      // The call's deadline governs; here only what it takes to reach the proxy is limited.
      ...{ headersTimeout: 0, bodyTimeout: 0, allowH2: false },
      connect: (target, callback) => {
        if (connects++ > 0) return callback(new ProxyError("the outbound proxy hung up"), null);
        return this.#connect(target, (...[error, socket]) => {
          if (error) callback(unusable(error), null);
          else callback(null, socket);
        });
      },
    });
    const headers = { ...this.#headers, host: place };
    let over = false;
    client.connect({ path: place, headers }).then(
      ({ statusCode, socket }) => {
        const tunnel = (socket as Socket).on("error", () => undefined);
        const refusal = refusalOf(statusCode);
        if (over || refusal) tunnel.destroy();
        if (!over) done(refusal, refusal ? null : tunnel);
      },
      (error: Error) => {
        void client.destroy();
        if (!over) done(unusable(error), null);
      },
    );
    return {
      destroy: () => {
        over = true;
        void client.destroy();
      },
    };
  }
}

/** The proxy was not reached, or hung up. */
const unusable = (error: Error): ProxyError =>
  error instanceof ProxyError
    ? error
    : new ProxyError(`the outbound proxy cannot be used: ${error.message}`, localFailureOf(error) ?? "proxy");

function refusalOf(status: number): Error | null {
  if (status >= 200 && status < 300) return null;
  if (status === 407) return new ProxyError("the outbound proxy wants other credentials (407)");
  const code: CallErrorCode = TARGETS_FAULT.has(status) ? "unreachable" : "proxy";
  return new AnswerError(code, `the outbound proxy answered ${status} to CONNECT`);
}
