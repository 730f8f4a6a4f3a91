/** What is told of tasks, and to whom; the fields of its log lines are promised in docs/operations.md. */
import { readFileSync } from "node:fs";
import { type Logger, ServiceBroker } from "moleculer";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { epochMs, millis } from "../../core/clock.ts";
import type { TaskChange } from "../../core/contract.ts";
import { laneOf, newTaskId } from "../../core/ids.ts";
import type { Outcome } from "../../core/job.ts";
import { type Change, registry } from "../../core/metrics.ts";
import type { AttemptRecord } from "../../core/outcome.ts";
import { attemptLine } from "../../services/tasks/lines.ts";
import { Teller } from "../../services/tasks/tell.ts";
import type { Recorded } from "../../store/record.ts";
import type { StoredTask } from "../../store/rows.ts";

const test = suite("tell");

const SECRET = "s3cr3t";
const task = {
  taskId: newTaskId(),
  appId: 3,
  lane: laneOf("https://shop.example:8443"),
  url: `https://shop.example:8443/hooks/${SECRET}?token=${SECRET}`,
  requestMethod: "POST",
  requestParam: { token: SECRET },
  body: SECRET,
  headers: { authorization: SECRET },
  state: "pending",
  callCount: 2,
  limitCallCount: 5,
  nextCallAt: epochMs(1_700_000_005_000),
  sourceAppName: "shop",
  targetAppName: null,
  lastError: { code: "bad_status", message: "status 500" },
} as unknown as StoredTask;
const attempt: AttemptRecord = {
  n: 2,
  startedAt: epochMs(1_700_000_000_012),
  durationMs: millis(34),
  outcome: "failed",
  statusCode: 500,
  error: { code: "bad_status", message: "status 500" },
  responseHeaders: { "set-cookie": SECRET },
  responseBody: SECRET,
  responseEncoding: "text",
  responseTruncated: false,
  node: "node-1",
  retryAfterMs: null,
};
const entry = {
  taskId: task.taskId,
  app: 3,
  lane: task.lane,
  first: false,
  dueAt: epochMs(1_700_000_000_000),
};

const documented = (text: string) => {
  const docs = readFileSync(new URL(text, new URL("../../docs/", import.meta.url)), "utf8");
  return new Set(
    [...docs.matchAll(/^\|((?:[\s,、]*`\w+`)+)\s*\|/gm)].flatMap(
      ([, names = ""]) => names.match(/\w+/g) ?? [],
    ),
  );
};

test("an attempt is one wide line, without what the caller sent", () => {
  const line = attemptLine(task, attempt, entry);
  assert.equal(line, {
    taskId: task.taskId,
    n: 2,
    outcome: "failed",
    statusCode: 500,
    errorCode: "bad_status",
    durationMs: 34,
    lateMs: 12,
    state: "pending",
    limitCallCount: 5,
    nextCallAt: "2023-11-14T22:13:25.000Z",
    method: "POST",
    target: "https://shop.example:8443",
    appId: 3,
    sourceAppName: "shop",
    targetAppName: null,
    node: "node-1",
  });
  assert.not.match(JSON.stringify(line), SECRET);
});

/** A broker on which somebody listens to `events`, a log, and what both got. */
async function listening(events: string[], logLevel = "info") {
  const broker = new ServiceBroker({ logger: false });
  const lines: [object, string][] = [];
  const heard: [string, unknown][] = [];
  const handlers = events.map((name) => [
    name,
    (ctx: { params: unknown }) => void heard.push([name, ctx.params]),
  ]);
  broker.createService({ name: "listener", events: Object.fromEntries(handlers) });
  await broker.start();
  const write = (fields: object, text: string) => lines.push([fields, text]);
  const teller = new Teller(broker, { info: write, debug: write } as unknown as Logger, logLevel);
  return { teller, lines, heard, stop: () => broker.stop() };
}

const counted = async (change: Change): Promise<number> => {
  const { values } = (await registry.getSingleMetric("bida_task_changes_total")?.get()) ?? { values: [] };
  return values.find(({ labels }) => labels.change === change)?.value ?? 0;
};

const outcome = { ...entry, n: 2, attempt, endedBy: epochMs(1_700_000_000_046) } as unknown as Outcome;
const recorded = (more: Partial<Recorded> = {}): Recorded => ({
  ...{ outcome, written: true, task, released: null },
  ...more,
});

test("a change is one line, and every field of both lines is documented", async () => {
  const { teller, lines, stop } = await listening([]);
  teller.tell({ recorded: [recorded({ task: { ...task, state: "exhausted" } })] });
  teller.tell({ type: "task.canceled", tasks: [{ ...task, url: "http://plain" }] });
  await stop();
  assert.equal(
    lines.map(([, text]) => text),
    ["task changed", "task changed"],
  );
  const [first, second] = lines.map(([fields]) => fields as Record<string, unknown>);
  assert.equal(
    [first?.change, first?.target, first?.durationMs],
    ["exhausted", "https://shop.example:8443", 34],
  );
  assert.equal([second?.target, second?.durationMs], ["http://plain", undefined]);
  assert.not.match(JSON.stringify(lines), SECRET);
  for (const file of ["operations.md", "zh-CN/operations.md"]) {
    const known = documented(file);
    for (const field of [...Object.keys(first ?? {}), ...Object.keys(attemptLine(task, attempt, entry))])
      assert.ok(known.has(field), `${field} is not in docs/${file}`);
  }
});

test("what nobody hears is not put together; a success whose row was not read is a line all the same", async () => {
  const { teller, lines, stop } = await listening(["task.exhausted"]);
  assert.is(teller.wantsSuccesses, false);
  let looks = 0;
  const watched = new Proxy(task, {
    get(target, name) {
      if (name === "requestMethod" || name === "createdAt" || name === "updatedAt") looks += 1;
      return Reflect.get(target, name);
    },
  });
  teller.tell({ type: "task.accepted", tasks: [watched] });
  teller.tell({
    recorded: [recorded({ task: null, unread: true, outcome: { ...outcome, target: "http://a" } })],
  });
  await stop();
  assert.is(looks, 0, "no view was made");
  assert.equal(
    lines.map(([fields]) => (fields as { change: string }).change),
    ["succeeded"],
  );
});

test("outcomes of one transaction are one message of the stream, in order, with an event for each", async () => {
  const events = ["stream.tasks", "task.attempted", "task.succeeded", "task.exhausted"];
  const { teller, heard, stop } = await listening(events);
  assert.is(teller.wantsSuccesses, true);
  const ends = ["pending", "succeeded", "exhausted"] as const;
  const dropped = recorded({ written: false });
  const tasks = ends.map((state) => ({ ...task, state, createdAt: epochMs(0), updatedAt: epochMs(0) }));
  teller.tell({ recorded: [...tasks.map((one) => recorded({ task: one })), dropped] });
  await stop();
  const [streamed, ...more] = heard.filter(([name]) => name === "stream.tasks");
  assert.is(more.length, 0);
  const { items } = streamed![1] as { items: TaskChange[] };
  assert.equal(
    items.map(({ type, attempt: call }) => [type, call?.n]),
    [
      ["task.attempted", 2],
      ["task.succeeded", 2],
      ["task.exhausted", 2],
    ],
  );
  assert.equal(
    heard.map(([name]) => name).filter((name) => name !== "stream.tasks"),
    ["task.attempted", "task.attempted", "task.succeeded", "task.attempted", "task.exhausted"],
  );
});

test("of a change of many there is one line; all are counted", async () => {
  const { teller, lines, heard, stop } = await listening(["stream.tasks", "task.exhausted"]);
  const before = await counted("retried");
  const some = [task, task, task].map((one) => ({ ...one, createdAt: epochMs(0), updatedAt: epochMs(0) }));
  teller.tell({ type: "task.retried", tasks: some, together: true });
  teller.tell({ type: "task.retried", tasks: [], together: true });
  teller.tell({ type: "task.exhausted", tasks: some.slice(0, 1) });
  await stop();
  assert.is((await counted("retried")) - before, 3);
  assert.equal(lines[0], [{ change: "retried", tasks: 3 }, "tasks changed"]);
  assert.is(lines.length, 2);
  // One that ends without a call has its event too.
  assert.equal(
    heard.map(([name]) => name),
    ["stream.tasks", "task.exhausted", "stream.tasks"],
  );
});

test.run();
