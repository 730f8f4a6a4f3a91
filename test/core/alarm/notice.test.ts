// What a message says of a task that ended before its limit.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Alarm } from "../../../core/alarm/alarm.ts";
import { type Digest, noticeOf } from "../../../core/alarm/notice.ts";
import type { Language } from "../../../core/alarm/words.ts";
import { epochMs } from "../../../core/clock.ts";
import { newTaskId } from "../../../core/ids.ts";

const test = suite("alarm notices");

const WRITING = { prefix: null, consoleUrl: "https://bida.example" };
const REASON = "stopped: status 410 is in expect.stop; last: bad_status, status 410, expected 2xx";

function digest(errorCode: string, lastError: string): Digest {
  const alarm: Alarm = {
    ...{ id: 1, kind: "exhausted", taskId: newTaskId(), sourceAppName: "shop", errorCode },
    destination: "https://stock.example",
    facts: { url: "https://stock.example/a", callCount: 1, limitCallCount: 5, lastError, statusCode: 410 },
    createdAt: epochMs(1_700_000_000_000),
  };
  return { count: 1, first: [alarm], kinds: [["exhausted", 1]], apps: [], destinations: [], errors: [] };
}

const SAID: [Language, calls: string, value: string, error: string][] = [
  ["en", "Calls", "1 (limit 5), stopped early, as the task asks for", "Last error"],
  ["zh", "调用次数", "1 次（上限 5），已按任务设置提前停止", "最后错误"],
];
for (const [language, calls, value, error] of SAID) {
  test(`a stopped task says so, and which rule it was: ${language}`, () => {
    const notice = noticeOf(digest("stopped", REASON), { language, ...WRITING });
    const { lines } = notice;
    const values = notice.values(Number.POSITIVE_INFINITY);
    const of = (label: string) => lines.find((line) => line.label === label)?.value;
    assert.equal([of(calls), of(error)], [value, REASON]);
    assert.equal([values.lastError, values.statusCode], [REASON, "410"]);
    assert.ok(values.summary.includes(value) && values.summary.includes(REASON));
  });
}

test("a task that used up its calls does not", () => {
  const { lines } = noticeOf(digest("bad_status", "bad_status: x"), { language: "en", ...WRITING });
  assert.is(lines.find(({ label }) => label === "Calls")?.value, "1 (limit 5)");
});

test.run();
