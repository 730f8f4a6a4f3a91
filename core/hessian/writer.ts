/**
 * Hessian 2.0, written: as much as a provider's answers need. Each value is bytes of its own, to be put one after another; an
 * object brings its class definition, which is number `definition` in the message.
 */
import { textBytes } from "./text.ts";

/** Units of a string that one chunk holds; 65,535 is the most, Java's writer takes half. */
const CHUNK = 0x8000;

export const HESSIAN_NULL = Buffer.from("N");

export function hessianInt(value: number): Buffer {
  if (value >= -0x10 && value <= 0x2f) return Buffer.from([value + 0x90]);
  const bytes = Buffer.alloc(5, "I");
  bytes.writeInt32BE(value, 1);
  return bytes;
}

export function hessianString(text: string): Buffer {
  const parts: Buffer[] = [];
  let at = 0;
  for (; text.length - at > CHUNK; at += CHUNK)
    parts.push(lengthOf("R", CHUNK), textBytes(text.slice(at, at + CHUNK)));
  const rest = text.slice(at);
  return Buffer.concat([...parts, lastHead(rest.length), textBytes(rest)]);
}

/** A `HashMap` of strings. */
export function hessianMap(entries: Record<string, string>): Buffer {
  const members = Object.entries(entries).flat().map(hessianString);
  return Buffer.concat([Buffer.from("H"), ...members, Buffer.from("Z")]);
}

/** An object whose fields are strings. @param definition how many objects the message has before it; at most 15 */
export function hessianObject(type: string, fields: Record<string, string>, definition = 0): Buffer {
  const names = Object.keys(fields);
  return Buffer.concat([
    Buffer.from("C"),
    hessianString(type),
    hessianInt(names.length),
    ...names.map(hessianString),
    Buffer.from([0x60 + definition]),
    ...Object.values(fields).map(hessianString),
  ]);
}

/** Short strings have short forms. */
function lastHead(units: number): Buffer {
  if (units <= 0x1f) return Buffer.from([units]);
  if (units <= 0x3ff) return Buffer.from([0x30 + (units >> 8), units & 0xff]);
  return lengthOf("S", units);
}

function lengthOf(tag: string, units: number): Buffer {
  const head = Buffer.alloc(3, tag);
  head.writeUInt16BE(units, 1);
  return head;
}
