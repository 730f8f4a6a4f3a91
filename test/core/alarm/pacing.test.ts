import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Channel, DEFAULT_SPACING, type Limit, nextTurn, PLATFORM_LIMITS } from "../../../core/alarm/pacing.ts";
import { type EpochMs, epochMs } from "../../../core/clock.ts";
import { CHANNEL_TYPES } from "../../../core/schema/webhooks.ts";

const test = suite("pace of alarms");
const NOW = epochMs(1_700_000_000_000);
const channel = (limits: Limit[], more: Partial<Channel> = {}): Channel => ({
  limits,
  digest: true,
  spacing: DEFAULT_SPACING,
  broken: false,
  ...more,
});
const DINGTALK = channel(PLATFORM_LIMITS.dingtalk);
const ago = (...ms: number[]): EpochMs[] => ms.map((n) => epochMs(NOW - n));

test("nothing waits: nothing to do", () => {
  assert.equal(nextTurn(DINGTALK, { waiting: 0, sentAt: [], underWay: 0 }, NOW), { kind: "none" });
});

test("a few alarms are messages of their own", () => {
  for (const waiting of [1, 2, 3]) {
    assert.equal(nextTurn(DINGTALK, { waiting, sentAt: [], underWay: 0 }, NOW), {
      kind: "singles",
      count: waiting,
    });
  }
});

test("many are one", () => {
  assert.equal(nextTurn(DINGTALK, { waiting: 4, sentAt: [], underWay: 0 }, NOW), { kind: "digest" });
  assert.equal(nextTurn(DINGTALK, { waiting: 10_000, sentAt: [], underWay: 0 }, NOW), { kind: "digest" });
});

test("after several within a minute they are spaced", () => {
  const sentAt = ago(9_000, 8_000, 7_000, 6_000, 5_000, 4_000);
  const turn = nextTurn(DINGTALK, { waiting: 1, sentAt, underWay: 0 }, NOW);
  assert.equal(turn, { kind: "wait", at: NOW + 2_000 });
});

test("while messages are under way more is gathered, and a broken channel is tried one at a time", () => {
  const kind = (underWay: number, broken: boolean) =>
    nextTurn({ ...DINGTALK, broken }, { waiting: 9, sentAt: ago(30_000), underWay }, NOW).kind;
  assert.equal(
    [kind(3, false), kind(4, false), kind(0, true), kind(1, true)],
    ["digest", "wait", "digest", "wait"],
  );
});

test("a webhook without limits gets each alarm by itself, at once", () => {
  const webhook = channel([], { digest: false });
  const sentAt = Array.from({ length: 500 }, () => NOW);
  assert.equal(nextTurn(webhook, { waiting: 10_000, sentAt, underWay: 400 }, NOW), {
    kind: "singles",
    count: 10_000,
  });
});

test("and with limits no more than those allow", () => {
  const webhook = channel([{ messages: 5, seconds: 10 }], { digest: false });
  assert.equal(nextTurn(webhook, { waiting: 9, sentAt: ago(1_000, 2_000), underWay: 0 }, NOW), {
    kind: "singles",
    count: 3,
  });
  const full = nextTurn(webhook, { waiting: 9, sentAt: ago(1, 2, 3, 4, 8_000), underWay: 0 }, NOW);
  assert.is(full.kind, "wait");
  assert.ok("at" in full && full.at > NOW + 2_000 && full.at < NOW + 3_000);
});

/** Alarms that come steadily for a minute, told as nextTurn says. */
function flood(pace: Channel, alarms: number, seconds: number) {
  const sentAt: EpochMs[] = [];
  let [told, waiting] = [0, 0];
  for (let ms = 0; ms < seconds * 1000 + 120_000; ms += 100) {
    const now = epochMs(NOW + ms);
    const come = Math.min(alarms, Math.round((alarms * ms) / (seconds * 1000)));
    waiting = come - told;
    for (;;) {
      const turn = nextTurn(pace, { waiting, sentAt, underWay: 0 }, now);
      if (turn.kind === "none" || turn.kind === "wait") break;
      const tells = turn.kind === "digest" ? waiting : 1;
      told += tells;
      waiting -= tells;
      sentAt.push(now);
    }
  }
  return { told, sentAt };
}

for (const type of CHANNEL_TYPES) {
  const pace = channel(PLATFORM_LIMITS[type]);
  for (const alarms of [1, 25, 300, 10_000]) {
    test(`${type}: ${alarms} alarms within a minute are all told, within the limits of every window`, () => {
      const { told, sentAt } = flood(pace, alarms, 60);
      assert.is(told, alarms);
      for (const { messages, seconds } of PLATFORM_LIMITS[type]) {
        for (const from of sentAt) {
          const within = sentAt.filter((at) => at >= from && at < from + seconds * 1000).length;
          assert.ok(within <= messages, `${within} in ${seconds} s`);
        }
      }
      assert.ok(sentAt.length <= 40, `${sentAt.length} messages`);
    });
  }
}

test("ten thousand within a minute: at most 20 messages", () => {
  for (const limits of [PLATFORM_LIMITS.dingtalk, PLATFORM_LIMITS.wecom]) {
    const { sentAt } = flood(channel(limits), 10_000, 60);
    assert.ok(sentAt.filter((at) => at < NOW + 62_000).length <= 20);
  }
});

test.run();
