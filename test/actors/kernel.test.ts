import { suite } from "uvu";
import * as assert from "uvu/assert";
import { spawn } from "../../actors/kernel.ts";

const test = suite("kernel");
const options = { name: "a", mailbox: 1000 };
const boom = new Error("boom");

test("messages are handled in order, each after the one before, also when handling takes a while", async () => {
  const log: string[] = [];
  let under = 0;
  const ref = spawn<number>(
    {
      async receive(n) {
        under += 1;
        assert.is(under, 1);
        log.push(`+${n}`);
        if (n % 2) await new Promise(setImmediate);
        log.push(`-${n}`);
        under -= 1;
      },
    },
    options,
  );
  for (let n = 0; n < 10; n++) assert.ok(ref.tell(n));
  await new Promise(setImmediate);
  for (let n = 10; n < 20; n++) assert.ok(ref.tell(n));
  await ref.stop();
  assert.equal(log, Array.from({ length: 20 }, (_, n) => [`+${n}`, `-${n}`]).flat());
});

test("tell never handles at once", async () => {
  let handled = false;
  const ref = spawn<null>(
    {
      receive() {
        handled = true;
      },
    },
    options,
  );
  ref.tell(null);
  assert.not.ok(handled);
  await ref.stop();
  assert.ok(handled);
});

test("the mailbox is bounded, and has room again when messages were handled", async () => {
  const gate = Promise.withResolvers<void>();
  const got: number[] = [];
  const ref = spawn<number>(
    {
      async receive(n) {
        await gate.promise;
        got.push(n);
      },
    },
    { ...options, mailbox: 2 },
  );
  ref.tell(0);
  await Promise.resolve();
  await Promise.resolve();
  assert.is(ref.size, 0);
  assert.equal([ref.tell(1), ref.tell(2), ref.tell(3), ref.size], [true, true, false, 2]);
  gate.resolve();
  await new Promise(setImmediate);
  assert.ok(ref.tell(4));
  await ref.stop();
  assert.equal(got, [0, 1, 2, 4]);
});

for (const [how, fail] of [
  [
    "throws",
    () => {
      throw boom;
    },
  ],
  ["rejects", () => Promise.reject(boom)],
] as const) {
  test(`one that ${how} is ended: its message and those behind it are handed over, and it says goodbye`, async () => {
    const [seen, failed, ends]: [(number | string)[], unknown[], boolean[]] = [[], [], []];
    const ref = spawn<number>(
      {
        receive(n) {
          if (n < 0) return fail();
          seen.push(n);
        },
        stopped: () => void seen.push("stopped"),
      },
      {
        ...options,
        onFailure: (error, message) => failed.push([error, message]),
        onEnd: (it) => ends.push(it),
      },
    );
    for (const n of [1, 2, -1, 5, -1, 7]) ref.tell(n);
    await ref.stop();
    await new Promise(setImmediate);
    assert.equal(seen, [1, 2, "stopped"]);
    assert.equal(
      failed,
      [-1, 5, -1, 7].map((n) => [boom, n]),
    );
    assert.equal(ends, [true]);
  });
}

test("the first failure ends it, and nobody's message disappears silently", async () => {
  const failed: number[] = [];
  const ended = Promise.withResolvers<boolean>();
  const ref = spawn<number>(
    {
      receive: () => {
        throw boom;
      },
    },
    {
      ...options,
      onFailure: (_, message) => failed.push(message),
      onEnd: ended.resolve,
    },
  );
  ref.tell(1);
  ref.tell(2);
  assert.is(await ended.promise, true);
  await ref.stop();
  await new Promise(setImmediate);
  assert.equal(failed, [1, 2]);
  assert.equal([ref.tell(3), ref.size], [false, 0]);
});

test("stop: no more messages are taken, those taken are handled, then it ends once", async () => {
  const got: (number | string)[] = [];
  const ref = spawn<number>(
    {
      async receive(n) {
        await new Promise(setImmediate);
        got.push(n);
      },
      stopped: () => void got.push("stopped"),
    },
    { ...options, onEnd: (failed) => got.push(`end ${failed}`) },
  );
  for (const n of [1, 2, 3]) ref.tell(n);
  const stops = [ref.stop(), ref.stop()];
  assert.not.ok(ref.tell(4));
  await Promise.all(stops);
  assert.equal(got, [1, 2, 3, "stopped", "end false"]);
  await ref.stop();
});

test("an actor that never got a message ends too", async () => {
  const ends: boolean[] = [];
  await spawn<null>({ receive() {} }, { ...options, onEnd: (failed) => ends.push(failed) }).stop();
  assert.equal(ends, [false]);
});

test.run();
