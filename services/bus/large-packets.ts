/**
 * NATS refuses messages over its server's `max_payload` (1 MiB unless configured otherwise), and a callback's body alone
 * may have that size. Packets that do not fit are sent in numbered parts and put together at the other end. The limit is
 * the one of the server that this broker is connected to at that moment. A packet that fits is sent as it is, which lets
 * brokers without this middleware talk to us as long as they keep below the limit.
 */
import type { Middleware, ServiceBroker } from "moleculer";
import { type ClaimedPart, Unfinished } from "./unfinished.ts";

/** No packet of ours is JSON that begins so. */
const MAGIC = Buffer.from("\u0000BIDA");
/** magic; sender and number of the packet (4 bytes each); number of this part and of all (2 bytes each) */
const HEADER = MAGIC.length + 8 + 4;
const MAX_PARTS = 0xffff;
/** What NATS takes unless its server says otherwise, in bytes. */
const USUAL_LIMIT = 1_048_576;
/** Kept free below the limit, in bytes. */
const MARGIN = 1_024;
/** The smallest `max_payload` that a node starts with, in bytes: below it even a heartbeat would travel in parts. */
export const MIN_PAYLOAD = 4_096;
/** Between two log lines on parts that are dropped, in ms. */
const SAY_AGAIN = 60_000;

/** `max_payload` of the server that a broker is connected to, in bytes; null where there is no connection to NATS. */
export const maxPayload = (broker: ServiceBroker): number | null =>
  (broker.transit as unknown as Transit | null)?.tx.client?.info?.max_payload ?? null;

/** The part of Moleculer's transit, and of NATS's client in it, that is used here. */
interface Transit {
  tx: { client?: { info?: { max_payload?: number } } | null };
}

export function largePackets(): Middleware {
  const unfinished = new Unfinished();
  // Random, because brokers know nothing of each other; 4 bytes each, as the header has it.
  const sender = Math.floor(Math.random() * 2 ** 32);
  let sent = 0;
  let broker: ServiceBroker | null = null;
  let saidAt = Number.NEGATIVE_INFINITY;

  const limit = () => (broker && maxPayload(broker)) ?? USUAL_LIMIT;

  const say = (why: string) => {
    if (performance.now() - saidAt < SAY_AGAIN) return;
    saidAt = performance.now();
    broker?.getLogger("node").warn({ why }, "a part of a large packet was dropped");
  };

  return {
    name: "LargePackets",

    created(created: ServiceBroker) {
      broker = created;
    },

    async stopped() {
      unfinished.clear();
    },

    transporterSend(next: Send) {
      return async (topic: string, data: Buffer, meta: object) => {
        // A server that takes less than a margin more than a header is none that a node starts with.
        const room = Math.max(limit() - MARGIN, 2 * HEADER);
        if (data.length <= room) return next(topic, data, meta);
        const size = room - HEADER;
        const count = Math.ceil(data.length / size);
        if (count > MAX_PARTS) throw new RangeError(`a packet of ${data.length} bytes is too large to send`);
        sent = (sent + 1) >>> 0;
        const number = sent; // other packets are sent meanwhile
        for (let index = 0; index < count; index++) {
          const header = Buffer.alloc(HEADER);
          MAGIC.copy(header);
          header.writeUInt32BE(sender, MAGIC.length);
          header.writeUInt32BE(number, MAGIC.length + 4);
          header.writeUInt16BE(index, HEADER - 4);
          header.writeUInt16BE(count, HEADER - 2);
          const part = data.subarray(index * size, (index + 1) * size);
          await next(topic, Buffer.concat([header, part]), meta);
        }
      };
    },

    transporterReceive(next: Receive) {
      return (cmd: string, data: Buffer, meta: object) => {
        if (data.length < HEADER || !data.subarray(0, MAGIC.length).equals(MAGIC))
          return next(cmd, data, meta);
        const whole = unfinished.add(partOf(data), say);
        return whole === null ? Promise.resolve() : next(cmd, whole, meta);
      };
    },
  } as unknown as Middleware;
}

/** What a message with a header says of itself; nothing of it is checked here. */
const partOf = (data: Buffer): ClaimedPart => ({
  sender: data.readUInt32BE(MAGIC.length),
  packet: data.readUInt32BE(MAGIC.length + 4),
  index: data.readUInt16BE(HEADER - 4),
  count: data.readUInt16BE(HEADER - 2),
  bytes: data.subarray(HEADER),
});

type Send = (topic: string, data: Buffer, meta: object) => Promise<void>;
type Receive = (cmd: string, data: Buffer, meta: object) => Promise<void>;
