/** Calls and their repetition: what is called, how often, and when. */
import * as assert from "uvu/assert";
import { timely } from "../kit/timely.ts";
import { until } from "../kit/until.ts";
import type { Suite } from "./suite.ts";

/** How late a retry may be at the receiver, in ms. */
const TOLERANCE = 60;

export function deliverySuite({ test, world }: Suite): void {
  test("a URL's own query arrives as it was written, with parameters behind it: a signed URL stays valid", async () => {
    const query = "?wsdl&sig=a%20b~c*d'e&x=(1)!;:@,|^`{}[]%e4";
    const { receiver } = world();
    const requests: [more: Record<string, unknown>, sent: string][] = [
      [{}, query],
      [{ requestParam: { a: 1 } }, query],
      [{ requestMethod: "GET" }, query],
      [
        { requestMethod: "GET", requestParam: { city: "上海", n: [1, 2] } },
        `${query}&city=%E4%B8%8A%E6%B5%B7&n=1&n=2`,
      ],
      [{ requestMethod: "DELETE", requestParam: { a: "b" } }, `${query}&a=b`],
    ];
    for (const [more, sent] of requests) {
      const url = receiver.url();
      const taskId = await world().submit({ url: url + query, ...more });
      const [call] = await receiver.waitForCalls(taskId, 1);
      assert.is(call?.path, new URL(url).pathname + sent, JSON.stringify(more));
    }
  });

  test("proof of success is found behind the first 64 KiB, which are what is kept", async () => {
    const url = world().receiver.url({ body: `${"x".repeat(700 * 1024)}成功` });
    const found = await world().submit({ url, expect: { contains: "成功" }, limitCallCount: 1 });
    const missed = await world().submit({
      url,
      expect: { contains: "成功", maxBytes: 65_536 },
      limitCallCount: 1,
    });
    assert.is((await world().ended(found)).state, "succeeded");
    const [attempt] = await world().attempts(found);
    assert.equal([attempt?.responseTruncated, attempt?.responseBody?.length], [true, 65_535]);
    assert.match((await world().ended(missed)).lastError?.message ?? "", /only its first 64 KiB were read/);
    const refused = await world().api("POST", "/v1/tasks", {
      url,
      requestMethod: "POST",
      limitCallCount: 1,
      expect: { maxBytes: 1 },
    });
    assert.equal([refused.status, refused.json.errors[0].field], [400, "expect.maxBytes"]);
  });

  test("scenario 1: 500 then 200: called again, success recorded, both attempts kept", async () => {
    const url = world().receiver.url({ status: 500, body: "no" }, { status: 200, body: "yes" });
    const taskId = await world().submit({ url, requestParam: { a: 1 } });
    const task = await world().ended(taskId);
    assert.is(task.state, "succeeded");
    assert.is(task.callCount, 2);
    assert.is(task.lastError, null);
    assert.is(task.nextCallAt, null);
    assert.ok(task.finishedAt);
    const attempts = await world().attempts(taskId);
    assert.equal(
      attempts.map(({ n, outcome, statusCode, responseBody, errorCode }) => [
        n,
        outcome,
        statusCode,
        responseBody,
        errorCode,
      ]),
      [
        [1, "failed", 500, "no", "bad_status"],
        [2, "succeeded", 200, "yes", null],
      ],
    );
    assert.equal(
      world()
        .receiver.calls(taskId)
        .map(({ attempt }) => attempt),
      [1, 2],
    );
  });

  test("scenario 2: exactly as many calls as the limit when all fail, and one alarm", async () => {
    const url = world().receiver.url(500);
    const limits = [1, 2, 5];
    const ids = await Promise.all(limits.map((limitCallCount) => world().submit({ url, limitCallCount })));
    for (const [i, taskId] of ids.entries()) {
      const task = await world().ended(taskId);
      assert.is(task.state, "exhausted");
      assert.is(task.callCount, limits[i]);
      assert.is(world().receiver.calls(taskId).length, limits[i]);
      await until("the alarm", () => world().alarms(taskId) > 0);
    }
    // One more task from end to end: by then a second alarm or call would have come.
    const last = await world().submit({ url, limitCallCount: 3 });
    await world().ended(last);
    await until("the alarm", () => world().alarms(last) > 0);
    for (const [i, taskId] of ids.entries()) {
      assert.is(world().alarms(taskId), 1);
      assert.is(world().receiver.calls(taskId).length, limits[i]);
    }
  });

  test("scenario 3: a 308 is a failure, and its target is never contacted", async () => {
    const target = world().receiver.url();
    const ids = await Promise.all(
      [301, 302, 307, 308].map((status) =>
        world().submit({
          url: world().receiver.url({ status, headers: { location: target } }),
          limitCallCount: 1,
        }),
      ),
    );
    for (const taskId of ids) {
      const task = await world().ended(taskId);
      assert.is(task.state, "exhausted");
      assert.is(task.lastError?.code, "bad_status");
    }
    assert.is(world().receiver.ledger.filter(({ path }) => target.endsWith(path)).length, 0);
  });

  test("scenario 4: a retry is never early, and at most 60 ms late", async () => {
    await assertPunctual(() => retryPauses(world, 8));
  });

  test("scenario 5: the raw body arrives byte for byte, at the first call and at retries", async () => {
    const body = 'é\r\n\u{1F600}\u{20BB7}\n\0\t"{}\\ \u2028 end\r\n';
    const url = world().receiver.url(500, 500, 200);
    const taskId = await world().submit({
      url,
      body,
      contentType: "application/x-own; charset=utf-8",
      limitCallCount: 3,
    });
    const calls = await world().receiver.waitForCalls(taskId, 3);
    for (const call of calls) {
      assert.ok(call.body.equals(Buffer.from(body)), `attempt ${call.attempt}`);
      assert.is(call.headers["content-type"], "application/x-own; charset=utf-8");
      assert.is(call.headers["content-length"], String(Buffer.byteLength(body)));
    }
    assert.is((await world().ended(taskId)).body, body);
  });

  test("scenario 7: Retry-After as seconds, as a date, as garbage, as a month", async () => {
    const month = 30 * 86_400;
    const date = new Date(Date.now() + 3_600_000).toUTCString();
    const cases: [value: string, pause: number | null][] = [
      ["120", 120_000],
      [date, null],
      ["soon", 20_000],
      ["-5", 20_000],
      [String(month), 86_400_000],
      ["0", 20_000],
    ];
    for (const status of [429, 503]) {
      for (const [value, pause] of cases) {
        const url = world().receiver.url({ status, headers: { "retry-after": value } });
        const taskId = await world().submit({
          url,
          limitCallCount: 2,
          retry: { strategy: "fixed", delayMs: 20_000 },
        });
        const task = await world().when(
          taskId,
          ({ callCount, state }) => callCount === 1 && state === "pending",
        );
        const next = Date.parse(task.nextCallAt ?? "");
        const endedAt = world().receiver.calls(taskId)[0]?.endedAt ?? 0;
        // Never early, seen from the answer; never later than asked for, seen from the record.
        const least = pause === null ? Date.parse(date) : endedAt + pause - 1;
        const most = pause === null ? Date.parse(date) : Date.parse(task.updatedAt) + pause;
        const text = `${status} Retry-After ${value}: answered ${endedAt}, recorded ${task.updatedAt}, next ${next}`;
        assert.ok(next >= least && next <= most + 1_000, text);
        await world().api("POST", `/v1/tasks/${taskId}/cancel`);
      }
    }
  });

  test("every call carries its id, time and number, and the caller's own headers", async () => {
    const headers = { "X-Own": "1", "User-Agent": "mine" };
    const taskId = await world().submit({ url: world().receiver.url(500, 200), headers });
    const calls = await world().receiver.waitForCalls(taskId, 2);
    assert.equal(
      calls.map((call) => call.headers["bida-attempt"]),
      ["1", "2"],
    );
    for (const call of calls) {
      assert.is(call.headers["webhook-id"], taskId);
      assert.ok(Math.abs(Number(call.headers["webhook-timestamp"]) - call.at / 1000) < 30);
      assert.is(call.headers["x-own"], "1");
      assert.is(call.headers["user-agent"], "mine");
      assert.is(call.headers["webhook-signature"], undefined);
    }
  });
}

/**
 * None may be early. Late is judged by the median: one pause of a shared machine, or of code that runs for the first
 * time, says nothing about the schedule.
 */
export async function assertPunctual(measure: () => Promise<number[]>): Promise<void> {
  await timely("half of the retries that are due after 100 ms", 100 + TOLERANCE, async () => {
    const sorted = (await measure()).toSorted((a, b) => a - b);
    const [first = 0, median = 0] = [sorted[0], sorted[Math.floor(sorted.length / 2)]];
    console.log(
      `retries after 100 ms: first ${first.toFixed(1)}, median ${median.toFixed(1)}, last ${sorted.at(-1)?.toFixed(1)}`,
    );
    assert.ok(first >= 100, `a retry came after ${first} ms instead of 100`);
    return median;
  });
}

/** The pauses between the end of one answer and the next call, of tasks with a retry delay of 100 ms. */
export async function retryPauses(world: Suite["world"], tasks: number): Promise<number[]> {
  const { receiver } = world();
  const pauses: number[] = [];
  for (let i = 0; i < tasks; i++) {
    const retry = { strategy: "fixed", delayMs: 100 };
    const taskId = await world().submit({ url: receiver.url(500, 500, 200), limitCallCount: 3, retry });
    const calls = await receiver.waitForCalls(taskId, 3);
    for (const [n, call] of calls.slice(1).entries()) pauses.push(call.at - (calls[n]?.endedAt ?? 0));
  }
  return pauses;
}
