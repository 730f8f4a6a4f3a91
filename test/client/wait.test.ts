import { test } from "uvu";
import * as assert from "uvu/assert";
import { CallbackError, type TaskState, type TaskView } from "../../client/index.ts";
import { waitFor } from "../../client/wait.ts";
import { taskView } from "./fake-api.ts";
import { rejection } from "./rejection.ts";

/** Time that passes only while it is slept, and `perPoll` with every question. */
function fakeTime(perPoll = 0) {
  const time = {
    at: 0,
    pauses: [] as number[],
    now: () => time.at,
    sleep: async (ms: number) => {
      time.pauses.push(ms);
      time.at += ms;
    },
    /** Answers the states in turn, then the last for ever. An error is thrown. */
    polls: (answers: (TaskState | Error)[]) => async (): Promise<TaskView> => {
      time.at += perPoll;
      const answer = answers.length > 1 ? answers.shift()! : answers[0]!;
      if (answer instanceof Error) throw answer;
      return taskView({ state: answer, callCount: 2 });
    },
  };
  return time;
}

test("every ended state resolves at once", async () => {
  for (const state of ["succeeded", "exhausted", "canceled", "resolved"] as const) {
    const time = fakeTime();
    assert.is((await waitFor(time.polls([state]), {}, time)).state, state);
    assert.equal(time.pauses, []);
  }
});

test("pauses grow from 50 ms to 2 s", async () => {
  const time = fakeTime();
  const states: TaskState[] = [...Array<TaskState>(15).fill("pending"), "delivering", "succeeded"];
  await waitFor(time.polls(states), { timeoutMs: 600_000 }, time);
  assert.is(time.pauses[0], 50);
  assert.ok(time.pauses.every((pause, i) => i === 0 || pause >= time.pauses[i - 1]!));
  assert.is(time.pauses.at(-1), 2000);
});

test("until decides what to wait for", async () => {
  const time = fakeTime();
  const until = (task: TaskView) => task.state === "resolved";
  const task = await waitFor(time.polls(["pending", "exhausted", "resolved"]), { until }, time);
  assert.is(task.state, "resolved");
});

test("the deadline is kept exactly, and the message tells what was seen", async () => {
  const time = fakeTime(5);
  const error = await rejection(waitFor(time.polls(["pending"]), { timeoutMs: 10_000 }, time));
  assert.is(error.code, "wait_timeout");
  assert.is(error.status, null);
  assert.match(error.message, /within 10000 ms: it is pending after 2 calls/);
  assert.ok(time.at >= 10_000 && time.at <= 10_005, String(time.at));
});

test("an end shortly before the deadline is still seen", async () => {
  const time = fakeTime();
  const get = async () => taskView({ state: time.at >= 9900 ? "succeeded" : "pending" });
  assert.is((await waitFor(get, { timeoutMs: 10_000 }, time)).state, "succeeded");
});

test("the default is one minute, and no poll may outlast what is left", async () => {
  const time = fakeTime();
  const limits: number[] = [];
  const get = async (withinMs: number) => {
    limits.push(withinMs);
    return taskView();
  };
  await rejection(waitFor(get, undefined, time));
  assert.is(limits[0], 60_000);
  assert.ok(limits.every((limit, i) => limit > 0 && (i === 0 || limit < limits[i - 1]!)));
  assert.is(time.at, 60_000);
});

test("passing failures are sat out; the last one is the cause", async () => {
  const time = fakeTime();
  const codes = ["network", "timeout", "unavailable", "unanswered", "too_many_requests", "share_used_up"];
  const passing = codes.map((code) => new CallbackError(code, code));
  assert.is((await waitFor(time.polls([...passing, "succeeded"]), {}, time)).state, "succeeded");
  const error = await rejection(waitFor(time.polls([passing[0]!]), { timeoutMs: 1000 }, time));
  assert.is(error.code, "wait_timeout");
  assert.is(error.cause, passing[0]);
});

test("a refusal that says when to come back is believed, up to the deadline", async () => {
  for (const code of ["too_many_requests", "share_used_up", "unavailable", "unanswered"]) {
    const time = fakeTime();
    const slow = new CallbackError(code, code, { retryAfter: 7 });
    await waitFor(time.polls([slow, "pending", slow, "succeeded"]), {}, time);
    assert.equal(time.pauses, [7000, 75, 7000]);
  }
  const time = fakeTime();
  const late = new CallbackError("too_many_requests", "slow down", { retryAfter: 3600 });
  const error = await rejection(waitFor(time.polls([late]), { timeoutMs: 10_000 }, time));
  assert.equal([error.code, time.at], ["wait_timeout", 10_000]);
  assert.is(error.cause, late);
});

test("any other failure ends the wait at once", async () => {
  const time = fakeTime();
  for (const code of ["not_found", "unauthorized", "bad_response"]) {
    const failure = new CallbackError(code, code);
    assert.is(await rejection(waitFor(time.polls([failure]), {}, time)), failure);
  }
  const bug = new TypeError("bug");
  assert.is(await waitFor(time.polls([bug]), {}, time).catch((error) => error), bug);
  assert.equal(time.pauses, []);
});

test.run();
