/** The body of a request: values of hessian2 one after another (README of the recording, `DecodeableRpcInvocation`). */
import { HessianReader } from "../hessian/reader.ts";
import { HessianError, HessianMap, type HessianValue } from "../hessian/values.ts";

export interface Invocation {
  /** Dubbo's protocol version, or, before 2.6.3, the version of the consumer's library. */
  dubbo: string;
  /** The interface's name. */
  path: string;
  version: string;
  method: string;
  /** Of the parameters, JVM descriptors in a row. */
  types: string;
  args: HessianValue[];
  /** The arguments as they came: they refer to nothing outside themselves. */
  rawArgs: Buffer;
  attachments: ReadonlyMap<string, string>;
}

/** The methods of the interface have one parameter; `$invoke` has three. More than that is read of nobody. */
const MAX_ARGS = 16;

/** @throws HessianError */
export function readInvocation(body: Buffer): Invocation {
  const reader = new HessianReader(body);
  const dubbo = reader.string("Dubbo's version");
  const path = reader.string("the path");
  // Java writes null for a service without a version.
  const version = reader.value() ?? "0.0.0";
  if (typeof version !== "string") throw new HessianError("the service's version is no string");
  const method = reader.string("the method");
  const types = reader.string("the parameter types");
  const count = countOf(types);
  const start = reader.offset;
  const args = Array.from({ length: count }, () => reader.value());
  const rawArgs = body.subarray(start, reader.offset);
  return {
    dubbo,
    path,
    version,
    method,
    types,
    args,
    rawArgs,
    attachments: attachmentsOf(reader.value()),
  };
}

/** `I`, `Ljava/lang/String;`, `[[J`. @throws HessianError */
function countOf(types: string): number {
  const one = /\[*(?:[BCDFIJSZ]|L[^;[]+;)/y;
  let count = 0;
  while (one.lastIndex < types.length) {
    if (!one.test(types) || ++count > MAX_ARGS)
      throw new HessianError(`the parameter types cannot be read (at most ${MAX_ARGS} JVM descriptors)`);
  }
  return count;
}

/** 3.x takes attachments of any type; of use here are texts, and numbers as such. */
function attachmentsOf(value: HessianValue): Map<string, string> {
  if (value === null) return new Map();
  if (!(value instanceof HessianMap)) throw new HessianError("the attachments are no map");
  return new Map(
    value.entries.flatMap(([name, member]): [string, string][] =>
      typeof name === "string" && /^(string|number|bigint)$/.test(typeof member)
        ? [[name, String(member)]]
        : [],
    ),
  );
}
