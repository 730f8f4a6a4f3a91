/**
 * Hessian 2.0, read from bytes that a stranger sent. What a length says is never believed beyond the bytes that are there, and
 * nothing is allocated for it in advance.
 */
import { readText } from "./text.ts";
import {
  HessianDate,
  HessianDouble,
  HessianError,
  HessianList,
  HessianMap,
  HessianObject,
  type HessianValue,
} from "./values.ts";

export interface HessianLimits {
  /** Values in each other. Also bounds the stack: names and lengths are values themselves. */
  depth: number;
  /** Values in all, at any depth; also bounds what can be referred to. */
  values: number;
  /** Class definitions, and fields of one. */
  definitions: number;
}

export const HESSIAN_LIMITS: HessianLimits = { depth: 128, values: 1_000_000, definitions: 1_000 };

/** Of class and type names, in UTF-16 units. */
const MAX_NAME = 1_024;

interface Definition {
  type: string;
  fields: string[];
}

const END = 0x5a;

export class HessianReader {
  readonly #bytes: Buffer;
  readonly #limits: HessianLimits;
  readonly #definitions: Definition[] = [];
  readonly #types: string[] = [];
  readonly #refs: HessianValue[] = [];
  #at = 0;
  #depth = 0;
  #count = 0;

  constructor(bytes: Buffer, limits: HessianLimits = HESSIAN_LIMITS) {
    this.#bytes = bytes;
    this.#limits = limits;
  }

  /** Where the next value begins. */
  get offset(): number {
    return this.#at;
  }

  /** The next value. @throws HessianError */
  value(): HessianValue {
    if (++this.#count > this.#limits.values)
      throw new HessianError(`there are more than ${this.#limits.values} values`);
    if (++this.#depth > this.#limits.depth)
      throw new HessianError(`values are nested deeper than ${this.#limits.depth} levels`);
    const value = this.#value();
    this.#depth--;
    return value;
  }

  /** The next value, which must be a string. @throws HessianError that names `what` */
  string(what: string): string {
    const value = this.value();
    if (typeof value !== "string") throw new HessianError(`${what} is no string`);
    return value;
  }

  #value(): HessianValue {
    const tag = this.#byte();
    if (tag <= 0x1f) return this.#text(tag);
    if (tag <= 0x2f) return this.#take(tag - 0x20);
    if (tag <= 0x33) return this.#text(((tag - 0x30) << 8) | this.#byte());
    if (tag <= 0x37) return this.#take(((tag - 0x34) << 8) | this.#byte());
    if (tag <= 0x3f) return BigInt(((tag - 0x3c) << 16) | this.#uint(2));
    if (tag >= 0x60 && tag <= 0x6f) return this.#object(tag - 0x60);
    if (tag >= 0x70 && tag <= 0x77) return this.#list(this.#type(), tag - 0x70);
    if (tag >= 0x78 && tag <= 0x7f) return this.#list(null, tag - 0x78);
    if (tag >= 0x80) return this.#compact(tag);
    return this.#tagged(tag);
  }

  #tagged(tag: number): HessianValue {
    switch (String.fromCharCode(tag)) {
      case "N":
        return null;
      case "T":
        return true;
      case "F":
        return false;
      case "I":
        return this.#uint(4) | 0;
      case "L":
        return this.#long();
      case "Y":
        return BigInt(this.#uint(4) | 0);
      case "D":
        return new HessianDouble(this.#take(8).readDoubleBE());
      case "[":
        return new HessianDouble(0);
      case "\\":
        return new HessianDouble(1);
      case "]":
        return new HessianDouble(this.#take(1).readInt8());
      case "^":
        return new HessianDouble(this.#take(2).readInt16BE());
      case "_":
        // Thousandths, as Caucho's library and Dubbo's write them; the specification says a 32-bit float. They write a double so
        // where this product is that double: a quotient may be its neighbour.
        return new HessianDouble(0.001 * (this.#uint(4) | 0));
      case "J":
        return new HessianDate(this.#long());
      case "K":
        return new HessianDate(BigInt(this.#uint(4) | 0) * 60_000n);
      case "R":
      case "S":
        return this.#chunks(tag);
      case "A":
      case "B":
        return this.#binary(tag);
      case "C":
        this.#define();
        return this.value();
      case "O":
        return this.#object(this.#int("a class reference"));
      case "H":
        return this.#map(null);
      case "M":
        return this.#map(this.#type());
      case "U":
        return this.#list(this.#type(), null);
      case "V":
        return this.#list(this.#type(), this.#int("a length"));
      case "W":
        return this.#list(null, null);
      case "X":
        return this.#list(null, this.#int("a length"));
      case "Q":
        return this.#referred();
      default:
        throw new HessianError(`0x${tag.toString(16)} begins no value`);
    }
  }

  /** Short ints and longs, whose first byte holds a part of the value. */
  #compact(tag: number): number | bigint {
    if (tag <= 0xbf) return tag - 0x90;
    if (tag <= 0xcf) return ((tag - 0xc8) << 8) | this.#byte();
    if (tag <= 0xd7) return ((tag - 0xd4) << 16) | this.#uint(2);
    if (tag <= 0xef) return BigInt(tag - 0xe0);
    return BigInt(((tag - 0xf8) << 8) | this.#byte());
  }

  /** A string in several chunks: of `R` more follow, `S` and the short forms end it. */
  #chunks(first: number): string {
    const parts: string[] = [];
    for (let tag = first; ; tag = this.#byte()) {
      if (tag === 0x52) parts.push(this.#text(this.#uint(2)));
      else if (tag === 0x53) return parts.concat(this.#text(this.#uint(2))).join("");
      else if (tag <= 0x1f) return parts.concat(this.#text(tag)).join("");
      else if (tag >= 0x30 && tag <= 0x33)
        return parts.concat(this.#text(((tag - 0x30) << 8) | this.#byte())).join("");
      else throw new HessianError("a string's chunk is followed by none");
    }
  }

  #binary(first: number): Buffer {
    const parts: Buffer[] = [];
    for (let tag = first; ; tag = this.#byte()) {
      if (tag === 0x41) parts.push(this.#take(this.#uint(2)));
      else if (tag === 0x42) return Buffer.concat([...parts, this.#take(this.#uint(2))]);
      else if (tag >= 0x20 && tag <= 0x2f) return Buffer.concat([...parts, this.#take(tag - 0x20)]);
      else if (tag >= 0x34 && tag <= 0x37)
        return Buffer.concat([...parts, this.#take(((tag - 0x34) << 8) | this.#byte())]);
      else throw new HessianError("a chunk of bytes is followed by none");
    }
  }

  #define(): void {
    const { definitions } = this.#limits;
    if (this.#definitions.length >= definitions)
      throw new HessianError(`there are more than ${definitions} class definitions`);
    const type = this.#name();
    const count = this.#int("a number of fields");
    if (count < 0 || count > definitions)
      throw new HessianError(`a class has more than ${definitions} fields`);
    const fields: string[] = [];
    for (let i = 0; i < count; i++) fields.push(this.#name());
    this.#definitions.push({ type, fields });
  }

  #object(index: number): HessianObject {
    const definition = this.#definitions[index];
    if (!definition) throw new HessianError(`class ${index} is not defined`);
    const object = new HessianObject(definition.type);
    this.#refs.push(object);
    for (const field of definition.fields) object.fields.set(field, this.value());
    return object;
  }

  #map(type: string | null): HessianMap {
    const map = new HessianMap(type);
    this.#refs.push(map);
    while (!this.#ends()) map.entries.push([this.value(), this.value()]);
    return map;
  }

  /** @param length null: until its end is marked */
  #list(type: string | null, length: number | null): HessianList {
    // Each value takes a byte at least.
    if (length !== null && (length < 0 || length > this.#bytes.length - this.#at))
      throw new HessianError("a list is longer than what is there");
    const list = new HessianList(type);
    this.#refs.push(list);
    if (length === null) while (!this.#ends()) list.items.push(this.value());
    else for (let i = 0; i < length; i++) list.items.push(this.value());
    return list;
  }

  #referred(): HessianValue {
    const index = this.#int("a reference");
    const value = this.#refs[index];
    if (value === undefined) throw new HessianError(`reference ${index} leads nowhere`);
    return value;
  }

  /** The type of a list or a map: its name the first time, then its number. */
  #type(): string {
    const value = this.value();
    if (typeof value === "string") {
      if (value.length > MAX_NAME) throw new HessianError(`a name is longer than ${MAX_NAME} characters`);
      this.#types.push(value);
      return value;
    }
    const type = typeof value === "number" ? this.#types[value] : undefined;
    if (type === undefined) throw new HessianError("a type is neither a name nor a known number");
    return type;
  }

  #name(): string {
    const name = this.string("a name");
    if (name.length > MAX_NAME) throw new HessianError(`a name is longer than ${MAX_NAME} characters`);
    return name;
  }

  #int(what: string): number {
    const value = this.value();
    if (typeof value !== "number") throw new HessianError(`${what} is no int`);
    return value;
  }

  #ends(): boolean {
    if (this.#bytes[this.#at] !== END) return false;
    this.#at++;
    return true;
  }

  #text(units: number): string {
    const { text, end } = readText(this.#bytes, this.#at, units);
    this.#at = end;
    return text;
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new HessianError("the bytes end within a value");
    return byte;
  }

  #uint(length: number): number {
    return this.#take(length).readUIntBE(0, length);
  }

  #long(): bigint {
    return this.#take(8).readBigInt64BE();
  }

  #take(length: number): Buffer {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new HessianError("the bytes end within a value");
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }
}
