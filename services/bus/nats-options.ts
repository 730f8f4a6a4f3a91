/** How NATS is connected to; also for the health check, which is a program of its own (`scripts/healthcheck.mjs`). */
import { nodeTls, tlsOf } from "../../core/server-tls.ts";

/**
 * @param urls `nats://host:port` or `tls://…`; the client library takes credentials beside the addresses, not in them. What
 * the first says of TLS that says anything holds for all: the client has one setting
 */
export function natsOptions(urls: string[]): Record<string, unknown> {
  const parsed = urls.map((url) => new URL(url));
  const { username, password } = parsed.find((url) => url.username !== "") ?? {};
  const tls = urls.map(tlsOf).find((one) => one !== null);
  return {
    servers: parsed.map((url) => url.host),
    ...(username && password
      ? { user: decodeURIComponent(username), pass: decodeURIComponent(password) }
      : {}),
    ...(username && !password ? { token: decodeURIComponent(username) } : {}),
    ...(tls && { tls: nodeTls(tls) }),
    maxReconnectAttempts: -1,
    // A user may be refused for a while, when passwords or rights change. At the second refusal the client would close for ever.
    ignoreAuthErrorAbort: true,
    reconnectTimeWait: 500,
    // A connection that went silent (the client's own default: after 6 minutes) is noticed within 6 s.
    pingInterval: 2_000,
    maxPingOut: 2,
    // To connect, in ms; the default is 20 s.
    timeout: 3_000,
  };
}
