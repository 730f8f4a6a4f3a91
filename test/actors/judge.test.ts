/** Judging beside the calls: what takes long goes to a thread of its own, which is ended where it takes too long. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Judge, type JudgeOptions } from "../../actors/judge.ts";
import type { Case } from "../../actors/judge-protocol.ts";
import { judgingSteps } from "../../core/expect.ts";
import { json, seeded } from "../core/helpers.ts";

const test = suite("judge");
const random = seeded(5);
/** 64 KiB over which no automaton stays small. */
const NOISE = Array.from({ length: 65_535 }, () => (random() < 0.5 ? "a" : "b")).join("");
/** 22 characters: two CPU seconds over {@link NOISE}. */
const DEAR = "a(?:[ab]{1,31}){31}[cd]";

const one = (body: string, expect: Case["expect"], expectResult: string | null = null): Case => ({
  answer: { statusCode: 200, body, truncated: false },
  expect,
  expectResult,
});

let judge: Judge;
const start = (options: JudgeOptions = {}) => {
  judge = new Judge(options);
};
test.after.each(() => judge.stop());

test("what is usual is judged at once: no thread, no waiting", () => {
  start();
  assert.is(judge.judge(1, one("ok", null, "ok")), null);
  assert.is(judge.judge(1, one(NOISE, { matches: "^[ab]+$" })), null);
  assert.is(judge.judge(1, one('{"a":[1,2]}', { json: { "$.a[1]": json(2) } })), null);
  const failed = judge.judge(1, one("no", { matches: "yes" }));
  assert.ok(failed !== null && !(failed instanceof Promise) && failed.code === "unexpected_result");
});

test("a pattern that cannot be compiled any more is no success, and says so at once", () => {
  start();
  const failed = judge.judge(1, one("x", { matches: "(?:abcdefgh){1000}" }));
  assert.ok(failed !== null && !(failed instanceof Promise) && /2000 instructions/.test(failed.message));
});

test("what may take long is judged elsewhere, to the same result", async () => {
  start({ quickSteps: 0, limitMs: 30_000 });
  const cases: [Case, string | null][] = [
    [one("ab", { matches: "b$" }), null],
    [one("ab", { matches: "c" }), "unexpected_result"],
    [
      one('{"id":7088992364139642881}', { json: { "$.id": json("7088992364139642881" as never) } }),
      "unexpected_result",
    ],
    [one("x", { status: [404], matches: "x" }), "bad_status"],
  ];
  const verdicts = cases.map(([given]) => judge.judge(1, given));
  for (const verdict of verdicts) assert.instance(verdict, Promise);
  assert.equal(
    (await Promise.all(verdicts)).map((error) => error?.code ?? null),
    cases.map(([, code]) => code),
  );
});

test("a judgement that takes too long is ended, alone; this thread goes on meanwhile", async () => {
  start({ limitMs: 300 });
  assert.ok(judgingSteps(one(NOISE, null).answer, { matches: DEAR }) > 100_000_000);
  const before = process.cpuUsage().user;
  const threads = performance.eventLoopUtilization();
  const dear = judge.judge(1, one(NOISE, { matches: DEAR }));
  let turns = 0;
  const turning = setInterval(() => turns++, 5);
  const error = await dear;
  clearInterval(turning);
  assert.equal([error?.code, error?.message], ["overrun", "cannot be judged within 0.3 s"]);
  // The work was done, but not here.
  assert.ok(process.cpuUsage().user - before > 100_000);
  assert.ok(performance.eventLoopUtilization(threads).utilization < 0.5);
  assert.ok(turns > 5, String(turns));
  start({ quickSteps: 0, limitMs: 30_000 });
  assert.is(await judge.judge(1, one("ab", { matches: "b" })), null);
});

test("one app's dear judgements do not stand before another's: apps take turns", async () => {
  start({ limitMs: 200, quickSteps: 0 });
  const ended: string[] = [];
  const note = (name: string) => () => void ended.push(name);
  const dear = Array.from({ length: 4 }, async () => judge.judge(1, one(NOISE, { matches: DEAR })));
  const cheap = Array.from({ length: 2 }, async () => judge.judge(2, one("ab", { matches: "b" })));
  await Promise.all([
    ...dear.map((each) => each.then(note("dear"))),
    ...cheap.map((each) => each.then(note("cheap"))),
  ]);
  assert.equal(ended, ["dear", "cheap", "dear", "cheap", "dear", "dear"]);
});

test.run();
