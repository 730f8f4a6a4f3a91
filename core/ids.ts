/**
 * Identifiers. A task id is a UUIDv7: its first 48 bits are the millisecond of its creation, so that ids of
 * one process sort by acceptance and the primary key grows at its end (RFC 9562, section 5.7).
 */
import { createHash } from "node:crypto";
import { parse, stringify, v7, validate } from "uuid";

declare const brand: unique symbol;

/** Lower-case UUID text, e.g. `0198f3a2-…`. What callers see. */
export type TaskId = string & { readonly [brand]: "TaskId" };

/** Names the queue a task waits in: all tasks for one target origin share a lane. 11 characters of base64url. */
export type Lane = string & { readonly [brand]: "Lane" };

/** A new id; ids made by one process increase strictly. */
export function newTaskId(): TaskId {
  return v7() as TaskId;
}

/** The id in `text`, or null where it is not a UUID. Upper case is accepted and lowered. */
export function parseTaskId(text: string): TaskId | null {
  return validate(text) ? (text.toLowerCase() as TaskId) : null;
}

/** 16 bytes, as the database keeps it. */
export function taskIdToBytes(id: TaskId): Buffer {
  return Buffer.from(parse(id));
}

/** The inverse of {@link taskIdToBytes}. */
export function taskIdFromBytes(bytes: Uint8Array): TaskId {
  return stringify(bytes) as TaskId;
}

/** `scheme://host:port` of a URL, the unit of isolation: one breaker, one keep-alive pool, one lane. */
export function originOf(url: string): string {
  const { origin, protocol, host } = new URL(url);
  // Mail servers: only the web's schemes have an origin by themselves.
  return origin === "null" ? `${protocol}//${host}` : origin;
}

/** The lane of an origin: 66 bits of its SHA-1, short because a million of them sit in Redis. */
export function laneOf(origin: string): Lane {
  return createHash("sha1").update(origin).digest("base64url").slice(0, 11) as Lane;
}

/** A stable spread of a lane over `count` buckets (FNV-1a, 32 bits); picks partitions and threads. */
export function bucketOf(lane: Lane, count: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < lane.length; i++) {
    hash = Math.imul(hash ^ lane.charCodeAt(i), 0x01000193);
  }
  return (hash >>> 0) % count;
}
