/**
 * Identifiers. A task id is a UUIDv7: its first 48 bits are the millisecond of its creation, so ids of
 * one process sort by acceptance and the primary key grows at its end (RFC 9562, section 5.7).
 */
import { hash, randomFillSync } from "node:crypto";
import { v7, validate } from "uuid";
import type { Lane, TaskId } from "./id-types.ts";

export type { Lane, TaskId } from "./id-types.ts";

/** The millisecond of the last id, and its 31 bits of sequence (RFC 9562, section 6.2, method 1). */
const last = { msecs: 0, seq: 0 };

/** A new id; ids made by one process increase strictly. */
export function newTaskId(): TaskId {
  const random = randomBytes16();
  const now = Date.now();
  if (now > last.msecs) {
    last.msecs = now;
    // Without its top bit, so there is room to count up.
    last.seq = random.readUInt32BE(6) & 0x7fffffff;
  } else {
    last.seq = (last.seq + 1) | 0;
    if (last.seq === 0) last.msecs += 1;
  }
  return v7({ random, ...last }) as TaskId;
}

/** Asking the system for random bytes costs five times what the rest of an id costs: it is asked for many ids at once. */
const randomPool = Buffer.alloc(16 * 512);
let randomLeft = 0;

function randomBytes16(): Buffer {
  if (randomLeft === 0) {
    randomFillSync(randomPool);
    randomLeft = randomPool.length;
  }
  randomLeft -= 16;
  return randomPool.subarray(randomLeft, randomLeft + 16);
}

/** The id in `text`, or null where it is not a UUID. Upper case is accepted and lowered. */
export function parseTaskId(text: string): TaskId | null {
  return validate(text) ? (text.toLowerCase() as TaskId) : null;
}

/** 16 bytes, as the database keeps it. */
export function taskIdToBytes(id: TaskId): Buffer {
  return Buffer.from(id.replaceAll("-", ""), "hex");
}

/** The inverse of {@link taskIdToBytes}. */
export function taskIdFromBytes(bytes: Uint8Array): TaskId {
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)];
  return parts.join("-") as TaskId;
}

/** `scheme://host:port` of a URL, the unit of isolation: one breaker, one keep-alive pool, one lane. */
export function originOf(url: string): string {
  const { origin, protocol, host } = new URL(url);
  // Mail servers: only the web's schemes have an origin by themselves.
  return origin === "null" ? `${protocol}//${host}` : origin;
}

/** The lane of an origin: 66 bits of its SHA-1, short because a million of them sit in Redis. */
export function laneOf(origin: string): Lane {
  return hash("sha1", origin, "base64url").slice(0, 11) as Lane;
}

/** A stable spread of a lane over `count` buckets (FNV-1a, 32 bits); picks partitions and threads. */
export function bucketOf(lane: Lane, count: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < lane.length; i++) {
    hash = Math.imul(hash ^ lane.charCodeAt(i), 0x01000193);
  }
  return (hash >>> 0) % count;
}
