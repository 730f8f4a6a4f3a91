/**
 * Java values as the JSON that kkbida made of them: fastjson 1.2.55 wrote them to its database, Jackson sent them on. Digits stay
 * exact. Different from both: members keep the order they were sent in, and characters beyond 16 bits are not escaped.
 */
import { type JsonText, readJson } from "../json/text.ts";
import { bigDecimalText, bigIntegerText, doubleText } from "./java-number.ts";
import { timeText } from "./java-time.ts";
import {
  HessianDate,
  HessianDouble,
  HessianError,
  HessianList,
  HessianMap,
  HessianObject,
  type HessianValue,
} from "./values.ts";

/**
 * @param maxLength of the text, in characters: a value that is referred to again and again grows without bound
 * @throws HessianError for values that contain themselves, a text that is too long, nesting beyond JSON's limit
 */
export function jsonOfHessian(value: HessianValue, maxLength: number): JsonText {
  const writer = new Writer(maxLength);
  writer.value(value);
  return readJson(writer.text(), { duplicates: "last" });
}

class Writer {
  readonly #maxLength: number;
  readonly #parts: string[] = [];
  /** What is being written: a value that is met again among these contains itself. */
  readonly #open = new Set<object>();
  #length = 0;

  constructor(maxLength: number) {
    this.#maxLength = maxLength;
  }

  text(): string {
    return this.#parts.join("");
  }

  value(value: HessianValue): void {
    const scalar = scalarText(value);
    if (scalar !== null) this.#put(scalar);
    else this.#nested(value as HessianList | HessianMap | HessianObject);
  }

  #nested(value: HessianList | HessianMap | HessianObject): void {
    if (this.#open.has(value)) throw new HessianError("contains itself");
    this.#open.add(value);
    if (value instanceof HessianList) this.#list(value.items);
    else if (value instanceof HessianMap)
      this.#members(value.entries.map(([key, member]) => [keyText(key), member]));
    else if (value.type.endsWith(".EnumSetHandler")) this.value(value.fields.get("objects") ?? null);
    else this.#members([...value.fields]);
    this.#open.delete(value);
  }

  #list(items: HessianValue[]): void {
    this.#put("[");
    for (const [i, item] of items.entries()) {
      if (i > 0) this.#put(",");
      this.value(item);
    }
    this.#put("]");
  }

  /** Null members are left out, those of lists are not. */
  #members(members: [name: string, value: HessianValue][]): void {
    this.#put("{");
    let isFirst = true;
    for (const [name, value] of members) {
      if (scalarText(value) === "null") continue;
      this.#put(`${isFirst ? "" : ","}${JSON.stringify(name)}:`);
      isFirst = false;
      this.value(value);
    }
    this.#put("}");
  }

  #put(text: string): void {
    this.#length += text.length;
    if (this.#length > this.#maxLength)
      throw new HessianError(`is longer than ${this.#maxLength} characters as JSON`);
    this.#parts.push(text);
  }
}

/** Null: the value has parts that are written one by one. */
function scalarText(value: HessianValue): string | null {
  if (value === null || typeof value === "boolean" || typeof value === "number") return String(value);
  if (typeof value === "bigint") return String(value);
  if (typeof value === "string") return JSON.stringify(value);
  if (value instanceof Uint8Array) return JSON.stringify(Buffer.from(value).toString("base64"));
  if (value instanceof HessianDouble) return doubleText(value.value) ?? "null";
  if (value instanceof HessianDate) return String(value.ms);
  return value instanceof HessianObject ? objectText(value) : null;
}

/** Java's own classes that fastjson writes as one value. */
function objectText(object: HessianObject): string | null {
  const { type, fields } = object;
  if (type === "java.math.BigDecimal") return bigDecimalText(fields.get("value") ?? null);
  if (type === "java.math.BigInteger") return bigIntegerText(object);
  if (type === "java.util.UUID") return uuidText(object);
  if (type.endsWith(".CalendarHandle")) return scalarText(fields.get("date") ?? null);
  if (isEnum(object)) return JSON.stringify(fields.get("name"));
  // Dates of java.sql, files, atomic numbers, locales: what counts is in one field.
  if (isJavas(type) && fields.size === 1 && fields.has("value"))
    return scalarText(fields.get("value") as HessianValue);
  const time = timeText(object);
  return time === null ? null : JSON.stringify(time);
}

/** An enum that kkbida's own JVM knew, or a class; of any other enum it had the one field. */
function isEnum({ type, fields }: HessianObject): boolean {
  if (fields.size !== 1 || typeof fields.get("name") !== "string") return false;
  return isJavas(type) || type === REQUEST_METHOD;
}

const REQUEST_METHOD = "cn.keking.callcenter.sdk.model.enums.RequestMethodEnum";

const isJavas = (type: string): boolean =>
  type.startsWith("java.") || type === "com.alibaba.com.caucho.hessian.io.LocaleHandle";

function uuidText({ fields }: HessianObject): string | null {
  const halves = [fields.get("mostSigBits"), fields.get("leastSigBits")];
  if (!halves.every((half) => typeof half === "bigint")) return null;
  const hex = halves
    .map((half) =>
      BigInt.asUintN(64, half as bigint)
        .toString(16)
        .padStart(16, "0"),
    )
    .join("");
  return JSON.stringify(hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-"));
}

/** Keys that are no strings become the text of their value. */
function keyText(key: HessianValue): string {
  if (typeof key === "string") return key;
  const text = scalarText(key);
  if (text === null) throw new HessianError("has a key that is no single value");
  return text.startsWith('"') ? (JSON.parse(text) as string) : text;
}
