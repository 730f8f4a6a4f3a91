import { randomBytes } from "node:crypto";
import { mock } from "node:test";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type ClaimedPart, Unfinished } from "../../services/bus/unfinished.ts";

const test = suite("unfinished packets");

const MIB = 1024 * 1024;
const part = (more: Partial<ClaimedPart>): ClaimedPart => ({
  ...{ sender: 1, packet: 1, index: 0, count: 2, bytes: Buffer.alloc(1_000, 1) },
  ...more,
});

/** Adds a part that must be dropped. @returns why it was */
function dropped(unfinished: Unfinished, more: Partial<ClaimedPart>): string | undefined {
  let said: string | undefined;
  assert.is(
    unfinished.add(part(more), (why) => {
      said = why;
    }),
    null,
  );
  return said;
}

test("headers that cannot be true are dropped, and nothing is kept for them", () => {
  const unfinished = new Unfinished();
  for (const more of [
    { count: 0 },
    { count: 1 },
    { index: 2 },
    { index: 65_535, count: 65_535 },
    { bytes: Buffer.alloc(0) },
  ])
    assert.match(dropped(unfinished, more) ?? "", /not valid/);
  assert.is(unfinished.cost, 0);
});

test("what claims more than a packet may have is dropped at its first part", () => {
  const unfinished = new Unfinished();
  const bytes = Buffer.alloc(MIB);
  assert.match(dropped(unfinished, { count: 65_535, bytes }) ?? "", /too large/);
  assert.match(dropped(unfinished, { count: 300, bytes }) ?? "", /too large/);
  assert.is(unfinished.cost, 0);
});

test("10,000 headers of 65,535 parts each reserve next to nothing", () => {
  const unfinished = new Unfinished();
  const before = process.memoryUsage();
  for (let packet = 0; packet < 10_000; packet++)
    unfinished.add(part({ packet, count: 65_535, bytes: Buffer.alloc(1) }));
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  const grown = heapUsed - before.heapUsed + arrayBuffers - before.arrayBuffers;
  assert.ok(grown < 64 * MIB, `${Math.round(grown / MIB)} MiB`);
  assert.ok(unfinished.cost >= 10_000 * 1_000);
});

test("one sender fills its own share and nobody else's; all together no more than the total", () => {
  const unfinished = new Unfinished({ packet: 10 * MIB, sender: 2 * MIB, total: 4 * MIB, patience: 60_000 });
  const bytes = Buffer.alloc(MIB / 2);
  const fill = (sender: number) => {
    for (let packet = 0; packet < 100; packet++) {
      const why = dropped(unfinished, { sender, packet, bytes });
      if (why !== undefined) return why;
    }
    return undefined;
  };
  assert.match(fill(1) ?? "", /its sender/);
  assert.match(fill(2) ?? "", /its sender/);
  assert.ok(unfinished.cost <= 4 * MIB);
  assert.match(fill(3) ?? "", /too much is unfinished/);
  assert.ok(unfinished.cost <= 4 * MIB);
});

test("what became whole gives its share back", () => {
  const unfinished = new Unfinished({ packet: MIB, sender: MIB, total: MIB, patience: 60_000 });
  for (let packet = 0; packet < 50; packet++) {
    const data = randomBytes(800_000);
    assert.is(unfinished.add(part({ packet, index: 1, bytes: data.subarray(400_000) })), null);
    const whole = unfinished.add(part({ packet, index: 0, bytes: data.subarray(0, 400_000) }));
    assert.ok(whole?.equals(data));
    assert.is(unfinished.cost, 0);
  }
});

test("parts that contradict each other do not become a packet", () => {
  const unfinished = new Unfinished();
  unfinished.add(part({ count: 3 }));
  assert.match(dropped(unfinished, { index: 1, count: 4 }) ?? "", /contradicts/);
  assert.match(dropped(unfinished, { index: 1, count: 3, bytes: Buffer.alloc(900) }) ?? "", /contradicts/);
  assert.match(dropped(unfinished, { index: 2, count: 3, bytes: Buffer.alloc(1_001) }) ?? "", /contradicts/);
  assert.is(dropped(unfinished, { count: 3 }), undefined, "the same part once more is no mistake");
});

test("a packet that does not become whole in time is dropped, also where nothing else comes", () => {
  const { now } = performance;
  mock.timers.enable({ apis: ["setTimeout"] });
  let at = 0;
  performance.now = () => at;
  const pass = (ms: number) => {
    at += ms;
    mock.timers.tick(ms);
  };
  try {
    const unfinished = new Unfinished({ packet: MIB, sender: MIB, total: MIB, patience: 1_000 });
    unfinished.add(part({ packet: 1 }));
    pass(600);
    unfinished.add(part({ packet: 2 }));
    const both = unfinished.cost;
    pass(500);
    assert.is(unfinished.cost, both / 2);
    pass(600);
    assert.is(unfinished.cost, 0);
  } finally {
    performance.now = now;
    mock.timers.reset();
  }
});

test.run();
