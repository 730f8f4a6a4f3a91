/** kkbida's interface `CallBackService`, version 1.0: which calls it has, and the task in their argument. */
import { BidaError } from "../errors.ts";
import { jsonOfHessian } from "../hessian/json.ts";
import {
  HessianError,
  HessianList,
  HessianMap,
  HessianObject,
  type HessianValue,
} from "../hessian/values.ts";
import { LEGACY_PREFIX } from "../legacy.ts";
import type { Invocation } from "./request.ts";

export const INTERFACE = "cn.keking.callcenter.sdk.service.CallBackService";
export const VERSION = "1.0";
export const METHODS = ["call", "doCall"] as const;

/** A task's JSON may be so long, in characters: its payload, and a little for the rest. */
const MAX_TASK = 1024 * 1024 + 16 * 1024;

const TASK_TYPE = "Lcn/keking/callcenter/sdk/model/CallBackTask;";
const OBJECT_TYPE = "Ljava/lang/Object;";

/** What a consumer wants. */
export type Wanted =
  | { kind: "echo" }
  /** @prop isGeneric the caller has no classes of kkbida's, and understands no exception of them */
  | { kind: "call"; task: HessianValue; isGeneric: boolean }
  /** No such service or method; the reason is for the consumer. */
  | { kind: "unknown"; reason: string };

/** Reads an invocation. Consumers choose by path, version and group, as Dubbo's providers export. */
export function wantedBy({ path, version, method, types, args, attachments }: Invocation): Wanted {
  const group = attachments.get("group") ?? "";
  if (path !== INTERFACE || version !== VERSION || group !== "") {
    const asked = `${group && `${group}/`}${path}:${version}`.slice(0, 300);
    return unknown(`Not found exported service: ${asked}; here is ${INTERFACE}:${VERSION}`);
  }
  if (method === "$echo" && types === OBJECT_TYPE) return { kind: "echo" };
  if (method === "$invoke" || method === "$invokeAsync") return genericCall(args, attachments.get("generic"));
  if (isMethod(method) && types === TASK_TYPE)
    return { kind: "call", task: args[0] as HessianValue, isGeneric: false };
  return unknown(`No such method ${`${method}(${types})`.slice(0, 300)} in ${INTERFACE}`);
}

const unknown = (reason: string): Wanted => ({ kind: "unknown", reason });
const isMethod = (method: unknown): boolean => METHODS.some((one) => one === method);

/** `$invoke(method, parameterTypes, args)`. `generic` names the form of the arguments; maps are the usual one. */
function genericCall(args: HessianValue[], generic = "true"): Wanted {
  const [method, , values] = args;
  if (generic !== "true")
    return unknown(`Generic calls are understood with generic=true, not ${generic.slice(0, 60)}`);
  const task = values instanceof HessianList && values.items.length === 1 ? values.items[0] : undefined;
  if (!isMethod(method) || task === undefined)
    return unknown(`No such method ${String(method).slice(0, 300)} with one argument in ${INTERFACE}`);
  return { kind: "call", task, isGeneric: true };
}

/** The fields of `CallBackTask` that count; kkbida overwrites or ignores the others. */
const FIELDS = [
  "url",
  "requestMethod",
  "requestParam",
  "expectResult",
  "limitCallCount",
  "sourceAppName",
  "targetAppName",
];

/**
 * The argument as a body of `POST /api/addTask`: one set of rules checks both.
 * @throws BidaError invalid_task, whose message is in the form of kkbida's; body_too_large
 */
export function taskText(task: HessianValue): string {
  const fields = fieldsOf(task);
  const members = FIELDS.flatMap((name) => {
    const value = fields.get(name);
    if (value === undefined || value === null) return [];
    try {
      return [`${JSON.stringify(name)}:${jsonOfHessian(value, MAX_TASK)}`];
    } catch (error) {
      const { message } = error as Error;
      throw new BidaError("invalid_task", `${LEGACY_PREFIX}，${name} ${message}`, {
        errors: [{ field: name, message }],
      });
    }
  });
  return `{${members.join(",")}}`;
}

function fieldsOf(task: HessianValue): ReadonlyMap<string, HessianValue> {
  if (task instanceof HessianObject) return withMethodName(task.fields);
  if (task instanceof HessianMap)
    return withMethodName(new Map(task.entries.map(([key, value]) => [String(key), value])));
  // kkbida met null with a NullPointerException.
  if (task === null) return new Map();
  throw new HessianError("the argument is no CallBackTask");
}

/** Generic consumers may write the enum as a map of its name. */
function withMethodName(fields: ReadonlyMap<string, HessianValue>): ReadonlyMap<string, HessianValue> {
  const method = fields.get("requestMethod");
  if (!(method instanceof HessianMap)) return fields;
  const name = method.entries.find(([key]) => key === "name")?.[1] ?? null;
  return new Map([...fields, ["requestMethod", name]]);
}
