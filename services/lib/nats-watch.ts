/** Tells when contact with NATS is lost and found again: its client reconnects by itself, and Moleculer says nothing of it. */
import type { Logger, ServiceBroker } from "moleculer";
import type { NatsConnection } from "nats";
import { Contact } from "./contact.ts";

/** To be called once the broker has started. */
export function watchNats(broker: ServiceBroker, log: Logger): void {
  const contact = new Contact({
    broker,
    log,
    part: "nats",
    lost: "lost contact with NATS",
    back: "NATS is back",
    meanwhile: "other nodes cannot be reached; calls under way go on, and their outcomes are kept",
  });
  const { client } = (broker.transit as unknown as { tx: { client: NatsConnection | null } }).tx;
  if (client) void follow(client, contact);
}

async function follow(client: NatsConnection, contact: Contact): Promise<void> {
  for await (const { type } of client.status()) {
    if (type === "disconnect") contact.failed(client.isClosed() ? null : new Error("disconnected"));
    if (type === "reconnect") contact.works();
  }
}
