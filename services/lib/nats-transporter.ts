/** Moleculer's NATS transporter, for networks that go silent. */
import { Transporters } from "moleculer";

/** On the way out the last messages get this long to leave, in ms. */
const FLUSH = 2_000;

/** @param urls `nats://host:port`; the client library takes credentials beside the addresses, not in them */
export function natsOptions(urls: string[]): Record<string, unknown> {
  const parsed = urls.map((url) => new URL(url));
  const { username, password } = parsed.find((url) => url.username !== "") ?? {};
  return {
    servers: parsed.map((url) => url.host),
    ...(username && password
      ? { user: decodeURIComponent(username), pass: decodeURIComponent(password) }
      : {}),
    ...(username && !password ? { token: decodeURIComponent(username) } : {}),
    ...(parsed.some((url) => url.protocol === "tls:") ? { tls: {} } : {}),
    maxReconnectAttempts: -1,
    reconnectTimeWait: 500,
    // A connection that went silent (the client's own default: after 6 minutes) is noticed within 6 s.
    pingInterval: 2_000,
    maxPingOut: 2,
    // To connect, in ms; the default is 20 s.
    timeout: 3_000,
  };
}

interface NatsClient {
  flush(): Promise<void>;
  close(): Promise<void>;
}

export class NatsTransporter extends Transporters.NATS {
  declare client: NatsClient | null;

  /** As the original, which waits for an answer from the server for ever. */
  override async disconnect(): Promise<void> {
    const { client } = this;
    if (!client) return;
    this.client = null;
    await Promise.race([client.flush().catch(() => undefined), waited(FLUSH)]);
    await Promise.race([client.close().catch(() => undefined), waited(FLUSH)]);
  }
}

const waited = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
