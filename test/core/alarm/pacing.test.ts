import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Channel, MAX_DIGEST, nextTurn } from "../../../core/alarm/pacing.ts";
import { DEFAULT_SPACING, type Limit, PLATFORM_LIMITS } from "../../../core/alarm/spacing.ts";
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
const NO_ROW = { messages: 0, lastAt: 0 };
const DINGTALK = channel(PLATFORM_LIMITS.dingtalk);
/** Of a channel that sent these, one after another. */
const rowOf = (sentAt: EpochMs[]) => ({ messages: sentAt.length, lastAt: Math.max(0, ...sentAt) });
const ago = (...ms: number[]): EpochMs[] => ms.map((n) => epochMs(NOW - n));

test("nothing waits: nothing to do", () => {
  assert.equal(nextTurn(DINGTALK, { waiting: 0, sentAt: [], underWay: 0, row: NO_ROW }, NOW), {
    kind: "none",
  });
});

test("a few alarms are messages of their own", () => {
  for (const waiting of [1, 2, 3]) {
    assert.equal(nextTurn(DINGTALK, { waiting, sentAt: [], underWay: 0, row: NO_ROW }, NOW), {
      kind: "singles",
      count: waiting,
      row: 0,
    });
  }
});

test("many are one", () => {
  assert.equal(nextTurn(DINGTALK, { waiting: 4, sentAt: [], underWay: 0, row: NO_ROW }, NOW), {
    kind: "digest",
    row: 0,
  });
  assert.equal(nextTurn(DINGTALK, { waiting: 10_000, sentAt: [], underWay: 0, row: NO_ROW }, NOW), {
    kind: "digest",
    row: 0,
  });
});

test("after several within a minute they are spaced", () => {
  const sentAt = ago(9_000, 8_000, 7_000, 6_000, 5_000, 4_000);
  const turn = nextTurn(DINGTALK, { waiting: 1, sentAt, underWay: 0, row: rowOf(sentAt) }, NOW);
  assert.equal(turn, { kind: "wait", at: NOW + 2_000 });
});

/** When messages go out while failure never ends, in s from the first. */
function steadily(pace: Channel, seconds: number): number[] {
  const sentAt: EpochMs[] = [];
  let row = NO_ROW;
  for (let now = epochMs(NOW); now <= NOW + seconds * 1000; now = epochMs(now + 1_000)) {
    const turn = nextTurn(pace, { waiting: 9, sentAt: sentAt.slice(-50), underWay: 0, row }, now);
    if (turn.kind !== "digest") continue;
    sentAt.push(now);
    row = { messages: (turn.row ?? 0) + 1, lastAt: now };
  }
  return sentAt.map((at) => (at - NOW) / 1000);
}
const gaps = (at: number[]): number[] => at.slice(1).map((one, i) => one - (at[i] as number));

test("where failure goes on and on, digests come less and less often, up to a limit that stays", () => {
  const free = channel([]);
  assert.equal(gaps(steadily(free, 8 * 3_600)).slice(0, 16), [
    ...[1, 1, 1, 1, 1],
    ...[6, 12, 24, 48, 96, 192, 384, 600, 600, 600, 600],
  ]);
  assert.ok(
    gaps(steadily(free, 24 * 3_600))
      .slice(12)
      .every((gap) => gap === 600),
  );
  const own = channel([], { spacing: { seconds: 10, factor: 3, maxSeconds: 60 } });
  assert.equal(gaps(steadily(own, 400)).slice(5, 10), [10, 30, 60, 60, 60]);
  const even = channel([], { spacing: { ...DEFAULT_SPACING, factor: 1 } });
  assert.ok(
    gaps(steadily(even, 400))
      .slice(5)
      .every((gap) => gap === 6),
  );
});

test("after it was quiet for twice the last gap, the next alarm is told at once, and by itself", () => {
  const free = channel([]);
  const sentAt = steadily(free, 500).map((s) => epochMs(NOW + s * 1000));
  const last = sentAt.at(-1) as EpochMs;
  const gap = gaps(sentAt).at(-1) as number;
  const turn = (after: number, waiting: number) =>
    nextTurn(free, { waiting, sentAt, underWay: 0, row: rowOf(sentAt) }, epochMs(last + after));
  assert.equal(turn(gap, 9), { kind: "wait", at: last + 2 * gap });
  assert.equal(turn(2 * gap, 9), { kind: "digest", row: sentAt.length });
  assert.equal(turn(3 * gap, 2), { kind: "digest", row: sentAt.length }, "the row goes on");
  assert.equal(turn(4 * gap + 1, 2), { kind: "singles", count: 2, row: 0 });
});

test("what one digest cannot tell is not made to wait for the next gap", () => {
  const sentAt = steadily(channel([]), 400).map((s) => epochMs(NOW + s * 1000));
  const now = epochMs((sentAt.at(-1) as number) + 1_000);
  const kind = (waiting: number) =>
    nextTurn(channel([]), { waiting, sentAt, underWay: 0, row: rowOf(sentAt) }, now).kind;
  assert.equal([kind(MAX_DIGEST - 1), kind(MAX_DIGEST)], ["wait", "digest"]);
});

test("while messages are under way more is gathered, and a broken channel is tried one at a time", () => {
  const kind = (underWay: number, broken: boolean) =>
    nextTurn(
      { ...DINGTALK, broken },
      { waiting: 9, sentAt: ago(30_000), underWay, row: rowOf(ago(30_000)) },
      NOW,
    ).kind;
  assert.equal(
    [kind(3, false), kind(4, false), kind(0, true), kind(1, true)],
    ["digest", "wait", "digest", "wait"],
  );
});

test("a webhook without limits gets each alarm by itself, at once", () => {
  const webhook = channel([], { digest: false });
  const sentAt = Array.from({ length: 500 }, () => NOW);
  assert.equal(nextTurn(webhook, { waiting: 10_000, sentAt, underWay: 400, row: NO_ROW }, NOW), {
    kind: "singles",
    count: 10_000,
    row: 0,
  });
});

test("and with limits no more than those allow", () => {
  const webhook = channel([{ messages: 5, seconds: 10 }], { digest: false });
  assert.equal(nextTurn(webhook, { waiting: 9, sentAt: ago(1_000, 2_000), underWay: 0, row: NO_ROW }, NOW), {
    kind: "singles",
    count: 3,
    row: 0,
  });
  const full = nextTurn(
    webhook,
    { waiting: 9, sentAt: ago(1, 2, 3, 4, 8_000), underWay: 0, row: NO_ROW },
    NOW,
  );
  assert.is(full.kind, "wait");
  assert.ok("at" in full && full.at > NOW + 2_000 && full.at < NOW + 3_000);
});

/** Alarms that come steadily for a minute, told as nextTurn says. */
function flood(pace: Channel, alarms: number, seconds: number) {
  const sentAt: EpochMs[] = [];
  let [told, waiting, row] = [0, 0, NO_ROW];
  for (let ms = 0; ms < seconds * 1000 + 180_000; ms += 100) {
    const now = epochMs(NOW + ms);
    const come = Math.min(alarms, Math.round((alarms * ms) / (seconds * 1000)));
    waiting = come - told;
    for (;;) {
      const turn = nextTurn(pace, { waiting, sentAt, underWay: 0, row }, now);
      if (turn.kind === "none" || turn.kind === "wait") break;
      const tells = turn.kind === "digest" ? waiting : 1;
      told += tells;
      waiting -= tells;
      sentAt.push(now);
      row = { messages: (turn.row ?? 0) + 1, lastAt: now };
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
