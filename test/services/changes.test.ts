/** The log lines about tasks: their fields are promised in docs/operations.md. */
import { readFileSync } from "node:fs";
import type { Logger } from "moleculer";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { epochMs, millis } from "../../core/clock.ts";
import { laneOf, newTaskId } from "../../core/ids.ts";
import type { AttemptRecord } from "../../core/outcome.ts";
import { announceChange, attemptLine } from "../../services/tasks/changes.ts";
import type { StoredTask } from "../../store/rows.ts";

const test = suite("changes");

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

test("a change is one line, and every field of both lines is documented", () => {
  const lines: [object, string][] = [];
  const log = { info: (fields: object, text: string) => lines.push([fields, text]) } as unknown as Logger;
  announceChange(log, "exhausted", task, attempt);
  announceChange(log, "canceled", { ...task, url: "http://plain" });
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

test.run();
