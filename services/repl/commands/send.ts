/** `send`, `tasks resend`: handing tasks over. */
import { readFileSync } from "node:fs";
import { aborted } from "../../../core/aborted.ts";
import { BidaError } from "../../../core/errors.ts";
import { JsonError } from "../../../core/json/error.ts";
import { type JsonText, readObject } from "../../../core/json/text.ts";
import { ask, askTask, checkedId } from "../ask.ts";
import { type Command, type Session, type Shown, shown, type Typed } from "../command.ts";
import { Mistake, Refused } from "../mistake.ts";
import { numberOf } from "../times.ts";
import { task as getTask, unknownTask } from "./tasks.ts";

const ID = "0198f3a2-7c1e-7b52-9d31-5f0c2a4e8b17";
/** Between two looks at a task whose end is waited for, in ms. */
const LOOK_EVERY = 250;
/** Calls at most, where nothing is said. */
const LIMIT = 10;

/** Options that say what a task is. */
const FIELDS: Command["options"] = {
  method: { value: "<method>", help: "GET, POST, PUT, PATCH or DELETE (POST)" },
  param: { value: "<json>", help: "requestParam, a JSON object; @file reads one, - reads stdin" },
  body: { value: "<text>", help: "a raw body instead; @file reads one, - reads stdin" },
  type: { value: "<type>", help: "contentType" },
  header: { value: "<name: value>", help: "a request header", multiple: true },
  expect: { value: "<text>", help: "expectResult: what the answer must contain" },
  limit: { value: "<n>", help: `calls at most, 1 to 100 (${LIMIT})` },
  delay: { value: "<ms>", help: "the first call is made so many milliseconds later" },
  source: { value: "<app>", help: "sourceAppName" },
  target: { value: "<app>", help: "targetAppName" },
  task: { value: "<json>", help: "all fields, as POST /v1/tasks takes them; @file, or - for stdin" },
};

export const send: Command = {
  name: "send",
  args: "<url>",
  arity: [0, 1],
  summary: "hands over a task",
  about: [
    "Prints its id once it is committed. The fields are those of POST /v1/tasks; --task gives others than these.",
  ],
  options: {
    ...FIELDS,
    "idempotency-key": { value: "<key>", help: "repeating it with the same task gives the same id" },
    wait: { value: null, help: "waits for the task's end, and shows its calls" },
  },
  examples: [
    "send https://shop.example/paid --param '{\"order\":4711}'",
    "send https://shop.example/stock --method GET --limit 3 --wait",
    "send --task @task.json --idempotency-key order-4711-paid",
  ],
  async run(session, typed) {
    const fields = fieldsOf(typed);
    const [url] = typed.args;
    if (url !== undefined) fields.set("url", text(url));
    if (!fields.has("url")) throw new Mistake("send needs more; type: send <url>");
    if (!fields.has("requestMethod")) fields.set("requestMethod", text("POST"));
    if (!fields.has("limitCallCount")) fields.set("limitCallCount", String(LIMIT) as JsonText);
    const key = typed.text("idempotency-key");
    const more = key === undefined ? {} : { idempotencyKey: key };
    const { taskId } = await ask(session, "scheduler.submit", { json: print(fields) }, more).catch(
      wrongFields,
    );
    return typed.flags.has("wait") ? waitedFor(session, taskId) : shown({ taskId }, taskId);
  },
};

export const resend: Command = {
  name: "tasks resend",
  args: "<id>",
  arity: [1, 1],
  summary: "sends a copy of a task as a new one, with other fields where options say so",
  options: {
    ...FIELDS,
    "resolve-original": { value: null, help: "resolves the original once the copy succeeds" },
    note: { value: "<text>", help: "why, for the audit log" },
  },
  examples: [
    `tasks resend ${ID}`,
    `tasks resend ${ID} --task '{"url":"https://new.example/paid"}' --note "moved"`,
  ],
  async run(session, typed) {
    const taskId = checkedId(typed.args[0] as string);
    const fields = fieldsOf(typed);
    const note = typed.text("note");
    if (note !== undefined) fields.set("note", text(note));
    if (typed.flags.has("resolve-original")) fields.set("resolveOriginal", "true" as JsonText);
    const changes = { json: print(fields) };
    const resent = await ask(session, "admin.resend", { taskId, changes })
      .catch(unknownTask(taskId))
      .catch(wrongFields);
    return shown(resent, `${resent.taskId} is sent, a copy of ${taskId}`);
  },
};

const text = (value: string): JsonText => JSON.stringify(value) as JsonText;

const print = (fields: Map<string, JsonText>): string =>
  `{${Array.from(fields, ([name, json]) => `${JSON.stringify(name)}:${json}`).join()}}`;

/** As JSON texts: numbers keep the digits that were typed. @throws Mistake */
function fieldsOf(typed: Typed): Map<string, JsonText> {
  const whole = typed.text("task");
  const fields = whole === undefined ? new Map<string, JsonText>() : objectIn("--task", whole);
  const set = (name: string, json: JsonText | undefined) => json !== undefined && fields.set(name, json);
  const option = (name: string, form: (given: string) => JsonText) => {
    const given = typed.text(name);
    return given === undefined ? undefined : form(given);
  };
  const whole1 = (name: string) =>
    option(name, (given) => String(numberOf(`--${name}`, given, "a whole number")) as JsonText);
  set(
    "requestMethod",
    option("method", (given) => text(given.toUpperCase())),
  );
  set(
    "requestParam",
    option("param", (given) => print(objectIn("--param", given)) as JsonText),
  );
  set(
    "body",
    option("body", (given) => text(contentOf("--body", given))),
  );
  set("contentType", option("type", text));
  set("expectResult", option("expect", text));
  set("limitCallCount", whole1("limit"));
  set("delayMs", whole1("delay"));
  set("sourceAppName", option("source", text));
  set("targetAppName", option("target", text));
  const headers = typed.all("header");
  if (headers.length > 0) fields.set("headers", JSON.stringify(headersIn(headers)) as JsonText);
  return fields;
}

function headersIn(lines: string[]): Record<string, string> {
  return Object.fromEntries(
    lines.map((line) => {
      const [, name, value] = /^([^:\s]+)\s*:\s*(.*)$/.exec(line) ?? [];
      if (name === undefined) throw new Mistake(`--header is none: "${line}"; type --header "x-trace: 17"`);
      return [name, value as string];
    }),
  );
}

function objectIn(option: string, given: string): Map<string, JsonText> {
  const json = contentOf(option, given);
  try {
    const object = readObject(json);
    if (object) return object;
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw new Mistake(`${option} is no JSON: ${error.message}`);
  }
  throw new Mistake(`${option} must be a JSON object, such as '{"order":4711}'`);
}

/** `@file` and `-` stand for what is in a file, and what comes from stdin. @throws Mistake */
function contentOf(option: string, given: string): string {
  const file = given === "-" ? 0 : given.startsWith("@") ? given.slice(1) : null;
  if (file === null) return given;
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new Mistake(`${option}: ${(error as Error).message}`);
  }
}

/** Names every wrong field: here they are the task's own, not options. */
function wrongFields(error: unknown): never {
  if (error instanceof BidaError && error.errors.length > 0)
    throw new Mistake(error.errors.map(({ field, message }) => `${field} ${message}`).join("; "));
  throw error;
}

async function waitedFor(session: Session, taskId: string): Promise<Shown> {
  for (;;) {
    const { state } = await askTask(session, taskId);
    if (state !== "pending" && state !== "delivering") {
      const typed: Typed = { args: [taskId], flags: new Set(), text: () => undefined, all: () => [] };
      return { ...(await getTask.run(session, typed)), exit: state === "succeeded" ? 0 : 1 };
    }
    // Anyone who waits no longer learns what became of the task so far.
    session.endsItself = true;
    const over = await Promise.race([aborted(session.signal).then(() => true), pause()]);
    session.endsItself = false;
    if (over) throw new Refused(`${taskId} is ${state} still; "tasks get ${taskId}" shows it later`);
  }
}

const pause = (): Promise<false> => new Promise((resolve) => setTimeout(resolve, LOOK_EVERY, false));
