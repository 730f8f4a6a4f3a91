import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Batcher, type BatcherOptions } from "../../core/batcher.ts";
import { refusal, seeded, thrown } from "./helpers.ts";

const test = suite("batcher");

/** A batcher whose flushes end when the test says so. */
function controlled(more: Partial<BatcherOptions<number, string>> = {}) {
  const flushes: { items: number[]; end: (error?: Error) => void }[] = [];
  let arrived = Promise.withResolvers<void>();
  const batcher = new Batcher<number, string>({
    flush: (items) =>
      new Promise((resolve, reject) => {
        const end = (error?: Error) => (error ? reject(error) : resolve(items.map((item) => `r${item}`)));
        flushes.push({ items, end });
        arrived.resolve();
        arrived = Promise.withResolvers();
      }),
    maxItems: 100,
    maxBytes: 1e9,
    sizeOf: () => 1,
    concurrency: 1,
    maxWaiting: 1000,
    ...more,
  });
  /** Resolves once there were `count` flushes. */
  const flushed = async (count: number) => {
    while (flushes.length < count) await arrived.promise;
    return flushes[count - 1]!;
  };
  const sizes = () => flushes.map(({ items }) => items);
  return { batcher, flushes, flushed, sizes };
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

test("what arrives together is flushed together, what arrives meanwhile forms the next batch", async () => {
  const { batcher, flushed, sizes } = controlled();
  const first = [batcher.add(1), batcher.add(2)];
  await Promise.resolve();
  first.push(batcher.add(3));
  const one = await flushed(1);
  const second = [batcher.add(4), batcher.add(5)];
  await turn();
  assert.equal(sizes(), [[1, 2, 3]]);
  assert.is(batcher.size, 2);
  one.end();
  assert.equal(await Promise.all(first), ["r1", "r2", "r3"]);
  (await flushed(2)).end();
  assert.equal(await Promise.all(second), ["r4", "r5"]);
  assert.equal(sizes(), [
    [1, 2, 3],
    [4, 5],
  ]);
  assert.is(batcher.size, 0);
});

test("patience: few items wait for each other; an urgent one, or enough of them, end the wait", async () => {
  const patience = { gapMs: 3_600_000, items: 3, isUrgent: (item: number) => item < 0 };
  const { batcher, flushes, flushed, sizes } = controlled({ patience, concurrency: 10 });
  // One that comes after a pause begins at once.
  void batcher.add(1);
  await flushed(1);
  void batcher.add(2);
  void batcher.add(3);
  await turn();
  assert.is(flushes.length, 1, "two wait");
  void batcher.add(4);
  await flushed(2);
  void batcher.add(5);
  await turn();
  assert.is(flushes.length, 2, "one waits");
  void batcher.add(-6);
  await flushed(3);
  assert.equal(sizes(), [[1], [2, 3, 4], [5, -6]]);
  for (const { end } of flushes) end();
});

test("nothing waits for a timer: a lone item is flushed at the end of the turn", async () => {
  const { batcher, flushes } = controlled();
  void batcher.add(1);
  assert.is(flushes.length, 0);
  await turn();
  assert.is(flushes.length, 1);
});

test("no batch has more items than allowed", async () => {
  const { batcher, flushed, sizes } = controlled({ maxItems: 2 });
  const all = Promise.all([1, 2, 3, 4, 5].map((n) => batcher.add(n)));
  for (const n of [1, 2, 3]) (await flushed(n)).end();
  await all;
  assert.equal(sizes(), [[1, 2], [3, 4], [5]]);
});

test("no batch has more bytes than allowed, unless it holds one item", async () => {
  const { batcher, flushed, sizes } = controlled({ maxBytes: 10, sizeOf: (n) => n });
  const all = Promise.all([4, 6, 1, 50, 3, 3].map((n) => batcher.add(n)));
  for (const n of [1, 2, 3, 4]) (await flushed(n)).end();
  assert.equal(await all, ["r4", "r6", "r1", "r50", "r3", "r3"]);
  assert.equal(sizes(), [[4, 6], [1], [50], [3, 3]]);
});

test("as many flushes at once as allowed, and no more", async () => {
  const { batcher, flushes, flushed } = controlled({ maxItems: 1, concurrency: 3 });
  const all = Promise.all([1, 2, 3, 4].map((n) => batcher.add(n)));
  await flushed(3);
  await turn();
  await turn();
  assert.is(flushes.length, 3);
  flushes[1]!.end();
  await flushed(4);
  for (const { end } of flushes) end();
  assert.equal(await all, ["r1", "r2", "r3", "r4"]);
});

test("with a gap, what comes too soon after a flush gathers, up to a full batch", async () => {
  const GAP = 60;
  const { batcher, flushes, flushed, sizes } = controlled({ concurrency: 3, maxItems: 3, gapMs: GAP });
  void batcher.add(1);
  await turn();
  const begunAt = performance.now();
  assert.equal(sizes(), [[1]], "after a pause it goes at once");
  void batcher.add(2);
  await turn();
  void batcher.add(3);
  await flushed(2);
  assert.ok(performance.now() - begunAt > GAP - 5);
  assert.equal(sizes(), [[1], [2, 3]]);
  for (const n of [4, 5, 6, 7]) void batcher.add(n);
  await turn();
  await turn();
  assert.equal(sizes().slice(2), [[4, 5, 6]], "a full one waits for nothing");
  for (const { end } of flushes) end();
  assert.equal((await flushed(4)).items, [7]);
});

test("a failure is that batch's only", async () => {
  const { batcher, flushed } = controlled({ maxItems: 2 });
  const adds = [1, 2, 3].map((n) => batcher.add(n));
  const failures = Promise.all(adds.slice(0, 2).map((add) => thrown(() => add)));
  const error = new Error("deadlock");
  (await flushed(1)).end(error);
  assert.equal(await failures, [error, error]);
  (await flushed(2)).end();
  assert.is(await adds[2], "r3");
});

test("a flush that throws at once is a failure too", async () => {
  let calls = 0;
  const { batcher } = controlled({
    flush: () => {
      calls += 1;
      throw new Error("at once");
    },
  });
  assert.match(String(await thrown(() => batcher.add(1))), "at once");
  assert.match(String(await thrown(() => batcher.add(2))), "at once");
  assert.is(calls, 2);
});

test("too many waiting: the caller is refused, and those who wait are not", async () => {
  const { batcher, flushed } = controlled({ maxWaiting: 2 });
  const under = batcher.add(0);
  const one = await flushed(1);
  const waiting = [batcher.add(1), batcher.add(2)];
  const error = await refusal(() => batcher.add(3));
  assert.is(error.code, "unavailable");
  assert.ok(error.retryAfter);
  one.end();
  (await flushed(2)).end();
  assert.equal(await Promise.all([under, ...waiting]), ["r0", "r1", "r2"]);
  void batcher.add(4);
  assert.equal((await flushed(3)).items, [4]);
});

test("everyone gets his own result, whatever the load", async () => {
  const random = seeded(7);
  let under = 0;
  const batcher = new Batcher<number, number>({
    async flush(items) {
      under += 1;
      assert.ok(under <= 4 && items.length <= 17);
      for (let i = Math.floor(random() * 3); i > 0; i--) await turn();
      under -= 1;
      if (items.includes(777)) throw new Error("this batch");
      return items.map((item) => item * 2);
    },
    ...{ maxItems: 17, maxBytes: 60, sizeOf: (item) => item % 9, concurrency: 4, maxWaiting: 1e6 },
  });
  const adds: Promise<number | null>[] = [];
  for (let i = 0; i < 3000; i++) {
    adds.push(batcher.add(i).catch(() => null));
    if (random() < 0.05) await turn();
  }
  const results = await Promise.all(adds);
  const failed = results.filter((result) => result === null).length;
  assert.ok(failed >= 1 && failed <= 17, `${failed} failed`);
  for (const [i, result] of results.entries()) assert.ok(result === null || result === i * 2);
});

test.run();
