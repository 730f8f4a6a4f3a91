/**
 * NATS refuses messages over 1 MB (its server's default), and a callback's body alone may have that size. Packets that
 * do not fit are sent in numbered parts and put together at the other end. A packet that fits is sent as it is, so
 * brokers without this middleware can talk to us as long as they keep below the limit.
 */
import type { Middleware } from "moleculer";

/** NATS's default limit is 1 048 576 bytes; its own framing needs some of it. */
const MAX_PART = 1_000_000;
/** No packet of ours is JSON that begins so. */
const MAGIC = Buffer.from("\u0000BIDA");
/** magic, id of the packet (8 bytes), number of this part and of all (2 bytes each) */
const HEADER = MAGIC.length + 8 + 4;
/** Parts of packets that never became whole are dropped after this, in ms: their sender died. */
const PATIENCE = 30_000;
/** Most that may lie here unfinished, in bytes. */
const MAX_PENDING = 256 * 1024 * 1024;

interface Pending {
  parts: (Buffer | undefined)[];
  missing: number;
  bytes: number;
  since: number;
}

export function largePackets(): Middleware {
  const pending = new Map<string, Pending>();
  let pendingBytes = 0;
  let sent = BigInt(Math.floor(Math.random() * Number.MAX_SAFE_INTEGER));

  const forget = (key: string) => {
    pendingBytes -= pending.get(key)?.bytes ?? 0;
    pending.delete(key);
  };

  const collect = (data: Buffer): Buffer | null => {
    const key = data.toString("latin1", MAGIC.length, MAGIC.length + 8);
    const [index, count] = [data.readUInt16BE(HEADER - 4), data.readUInt16BE(HEADER - 2)];
    const now = performance.now();
    for (const [old, { since }] of pending) if (now - since > PATIENCE) forget(old);
    const packet = pending.get(key) ?? { parts: Array(count), missing: count, bytes: 0, since: now };
    if (index >= count || packet.parts[index] !== undefined || pendingBytes > MAX_PENDING) return null;
    pending.set(key, packet);
    packet.parts[index] = data.subarray(HEADER);
    packet.missing -= 1;
    packet.bytes += data.length;
    pendingBytes += data.length;
    if (packet.missing > 0) return null;
    forget(key);
    return Buffer.concat(packet.parts as Buffer[]);
  };

  return {
    name: "LargePackets",

    transporterSend(next: Send) {
      return async (topic: string, data: Buffer, meta: object) => {
        if (data.length <= MAX_PART) return next(topic, data, meta);
        const count = Math.ceil(data.length / MAX_PART);
        sent += 1n;
        const id = BigInt.asUintN(64, sent); // other packets are sent meanwhile
        for (let index = 0; index < count; index++) {
          const header = Buffer.alloc(HEADER);
          MAGIC.copy(header);
          header.writeBigUInt64BE(id, MAGIC.length);
          header.writeUInt16BE(index, HEADER - 4);
          header.writeUInt16BE(count, HEADER - 2);
          const part = data.subarray(index * MAX_PART, (index + 1) * MAX_PART);
          await next(topic, Buffer.concat([header, part]), meta);
        }
      };
    },

    transporterReceive(next: Receive) {
      return (cmd: string, data: Buffer, meta: object) => {
        if (data.length < HEADER || !data.subarray(0, MAGIC.length).equals(MAGIC))
          return next(cmd, data, meta);
        const whole = collect(data);
        return whole === null ? Promise.resolve() : next(cmd, whole, meta);
      };
    },
  } as unknown as Middleware;
}

type Send = (topic: string, data: Buffer, meta: object) => Promise<void>;
type Receive = (cmd: string, data: Buffer, meta: object) => Promise<void>;
