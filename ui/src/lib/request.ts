/**
 * The request that a form makes, as text: payloads go from the field into the request as they were typed, only their
 * white space is gone.
 */
import { JsonError } from "../../../core/json/error.ts";
import { type JsonText, readObject } from "../../../core/json/text.ts";
import type { Retry, TaskRequest } from "../api/types.ts";
import type { Draft } from "./draft.ts";
import { retryOnOf, stopOf } from "./failure-words.ts";
import { objectOf } from "./json-object.ts";
import { fromLocalField } from "./local-field.ts";

type Name = keyof TaskRequest;

/** Each field that is given, with its JSON. */
export type TaskForm = ReadonlyMap<Name, JsonText>;

/** What cannot be read. `json` comes with what is wrong, and where. */
export type Mistake = { field: string } & (
  | { code: "json"; error: JsonError }
  | { code: "object" | "number" | "header" | "base64" | "stop" }
);

/** The request of a form, and what cannot be read in it: only what is not even well-formed; rules are the server's. */
export function requestOf(draft: Draft): { form: TaskForm; mistakes: Mistake[] } {
  const reader = new Reader();
  const form = new Map<Name, JsonText>();
  const setJson = (name: Name, json: JsonText | undefined) => {
    if (json !== undefined) form.set(name, json);
  };
  const set = (name: Name, value: unknown) => {
    if (value !== undefined && value !== null && value !== "")
      setJson(name, JSON.stringify(value) as JsonText);
  };
  set("url", draft.url.trim());
  set("requestMethod", draft.requestMethod);
  set("limitCallCount", reader.number("limitCallCount", draft.limitCallCount) ?? 1);
  if (draft.payload === "param")
    setJson("requestParam", reader.objectText("requestParam", draft.requestParam));
  // An empty body is a body.
  if (draft.payload === "body") setJson("body", JSON.stringify(draft.body) as JsonText);
  if (draft.payload === "base64") setJson("bodyBase64", reader.base64("bodyBase64", draft.bodyBase64));
  if (hasContentType(draft)) set("contentType", draft.contentType.trim());
  set("headers", reader.headers("headers", draft.headers));
  set("expectResult", draft.expectResult);
  setJson("expect", expectOf(draft, reader));
  set("retry", retryOf(draft, reader));
  set("timeoutMs", reader.number("timeoutMs", draft.timeoutMs));
  if (draft.start === "delay") set("delayMs", reader.number("delayMs", draft.startDelayMs));
  if (draft.start === "at") set("callAt", fromLocalField(draft.callAt));
  set("expiresAt", fromLocalField(draft.expiresAt));
  for (const name of ["sourceAppName", "targetAppName", "orderKey"] as const) set(name, draft[name].trim());
  return { form, mistakes: reader.mistakes };
}

/** GET and DELETE send parameters as a query, which has no media type. */
export function hasContentType({ payload, requestMethod }: Draft): boolean {
  const isRaw = payload === "body" || payload === "base64";
  return isRaw || (requestMethod !== "GET" && requestMethod !== "DELETE");
}

/**
 * The changes of a copy: what the form had for the original (`before`) and still has stays away, so it is the
 * original's to the last character. A field that it has no more is taken away, which `null` says.
 */
export function changesOf(before: TaskForm, now: TaskForm): TaskForm {
  const changes = new Map<Name, JsonText>();
  for (const [name, json] of now) if (before.get(name) !== json) changes.set(name, json);
  for (const name of before.keys()) if (!now.has(name)) changes.set(name, "null" as JsonText);
  return changes;
}

/** Reads fields, and keeps what is wrong with them. */
class Reader {
  readonly mistakes: Mistake[] = [];

  number(field: string, text: string): number | undefined {
    if (text.trim() === "") return undefined;
    const value = Number(text);
    if (Number.isFinite(value)) return value;
    this.mistakes.push({ field, code: "number" });
    return undefined;
  }

  object(field: string, text: string): Map<string, JsonText> | undefined {
    if (text.trim() === "") return undefined;
    try {
      const members = readObject(text);
      if (members) return members;
      this.mistakes.push({ field, code: "object" });
    } catch (error) {
      if (!(error instanceof JsonError)) throw error;
      this.mistakes.push({ field, code: "json", error });
    }
    return undefined;
  }

  objectText(field: string, text: string): JsonText | undefined {
    const members = this.object(field, text);
    return members && objectOf(members);
  }

  /** Line breaks are how tools print base64. */
  base64(field: string, text: string): JsonText {
    const joined = text.replace(/\s+/g, "");
    const isBase64 = joined.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(joined);
    if (!isBase64) this.mistakes.push({ field, code: "base64" });
    return JSON.stringify(joined) as JsonText;
  }

  headers(field: string, text: string): Record<string, string> | undefined {
    const lines = text.split("\n").filter((line) => line.trim());
    if (lines.length === 0) return undefined;
    const headers: [string, string][] = [];
    for (const line of lines) {
      const colon = line.indexOf(":");
      if (colon < 1) this.mistakes.push({ field, code: "header" });
      else headers.push([line.slice(0, colon).trim(), line.slice(colon + 1).trim()]);
    }
    return Object.fromEntries(headers);
  }
}

function expectOf(draft: Draft, reader: Reader): JsonText | undefined {
  const members = reader.object("expect", draft.expect);
  const stop = stopOf(draft.expectStop);
  if (stop === undefined) return members && objectOf(members);
  if (members?.has("stop")) reader.mistakes.push({ field: "expect.stop", code: "stop" });
  return objectOf(new Map([...(members ?? []), ["stop", stop]]));
}

function retryOf(draft: Draft, reader: Reader): Retry | undefined {
  const jitter = reader.number("retry.jitter", draft.jitter);
  const on = retryOnOf(draft.retryOn);
  const more = { ...(jitter !== undefined && { jitter }), ...(on && { on }) };
  const delayMs = () => reader.number("retry.delayMs", draft.delayMs) ?? 0;
  switch (draft.strategy) {
    case "default":
      return undefined;
    case "fixed":
      return { strategy: "fixed", delayMs: delayMs(), ...more };
    case "exponential":
      return {
        strategy: "exponential",
        delayMs: delayMs(),
        factor: reader.number("retry.factor", draft.factor) ?? 2,
        maxDelayMs: reader.number("retry.maxDelayMs", draft.maxDelayMs) ?? 0,
        ...more,
      };
    case "schedule": {
      const delays = draft.delaysMs.split(/[\s,]+/).filter(Boolean);
      return {
        strategy: "schedule",
        delaysMs: delays.map((one) => reader.number("retry.delaysMs", one) ?? 0),
        ...more,
      };
    }
  }
}
