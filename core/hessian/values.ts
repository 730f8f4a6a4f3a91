/**
 * What Hessian 2.0 can carry, without loss: a Java `int` is a number, a `long` a bigint, a `double` stays one also where it is
 * whole. Members are kept as pairs, never as properties: a key such as `__proto__` is a key like any other.
 * Source: http://hessian.caucho.com/doc/hessian-serialization.html, and hessian-lite, Dubbo's fork of Caucho's library.
 */

export type HessianValue =
  | null
  | boolean
  /** A Java `int`, `short` or `byte`. */
  | number
  /** A Java `long`. */
  | bigint
  | string
  | Uint8Array
  | HessianDouble
  | HessianDate
  | HessianList
  | HessianMap
  | HessianObject;

/** A Java `double` or `float`. */
export class HessianDouble {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

/** A `java.util.Date`. */
export class HessianDate {
  /** Milliseconds since 1970; any 64 bits. */
  readonly ms: bigint;

  constructor(ms: bigint) {
    this.ms = ms;
  }
}

/** A list, a set or an array. */
export class HessianList {
  /** A class name, or `[int` and the like for arrays; null where the sender named none. */
  readonly type: string | null;
  readonly items: HessianValue[] = [];

  constructor(type: string | null) {
    this.type = type;
  }
}

export class HessianMap {
  /** Null: a plain `HashMap`. */
  readonly type: string | null;
  /** In the order they were sent. */
  readonly entries: [key: HessianValue, value: HessianValue][] = [];

  constructor(type: string | null) {
    this.type = type;
  }
}

/** Anything else: a class name and its fields, enums included (their one field is `name`). */
export class HessianObject {
  readonly type: string;
  readonly fields = new Map<string, HessianValue>();

  constructor(type: string) {
    this.type = type;
  }
}

/** The bytes are not Hessian 2.0, or more than a limit allows. */
export class HessianError extends Error {
  override name = "HessianError";
}
