import type fs from "node:fs";
import { mock } from "node:test";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { LogOutput, type WriteCalls } from "../../services/node/log-output.ts";

const test = suite("log output");

type Step = number | string;

/** A file that takes so many bytes, or fails with a code, call after call; the last one repeats. */
function file(...steps: Step[]) {
  const taken: Buffer[] = [];
  let pending: (() => void) | null = null;
  const take = (data: Buffer): number => {
    const step = (steps.length > 1 ? steps.shift() : steps[0]) as Step;
    if (typeof step === "string") throw Object.assign(new Error(step), { code: step });
    const part = data.subarray(0, step);
    taken.push(part);
    return part.length;
  };
  const calls = {
    write(_fd: number, data: Buffer, done: (error: Error | null, written: number) => void) {
      assert.is(pending, null, "one write at a time");
      pending = () => {
        pending = null;
        let written = 0;
        try {
          written = take(data);
        } catch (error) {
          return done(error as Error, 0);
        }
        done(null, written);
      };
    },
    writeSync: (_fd: number, data: Buffer) => take(data),
  } as unknown as WriteCalls & Pick<typeof fs, "write">;
  return {
    calls,
    /** Lets what is being written come to its end, and all that follows from it at once. */
    finish() {
      while (pending) pending();
    },
    get busy() {
      return pending !== null;
    },
    get text() {
      return Buffer.concat(taken).toString();
    },
  };
}

const ALL = Number.MAX_SAFE_INTEGER;

test.before.each(() => mock.timers.enable({ apis: ["setTimeout"] }));
test.after.each(() => mock.timers.reset());

test("lines are gathered for 100 ms, and written in order", () => {
  const to = file(ALL);
  const output = new LogOutput(1, to.calls);
  output.write("a\n");
  output.write("b\n");
  mock.timers.tick(99);
  assert.not.ok(to.busy);
  mock.timers.tick(1);
  output.write("c\n");
  to.finish();
  assert.is(to.text, "a\nb\n");
  mock.timers.tick(100);
  to.finish();
  assert.is(to.text, "a\nb\nc\n");
  assert.is(output.waiting, 0);
});

test("32 KiB do not wait", () => {
  const to = file(ALL);
  const output = new LogOutput(1, to.calls);
  output.write("x".repeat(32 * 1024));
  assert.ok(to.busy);
});

test("a file that takes a little at a time gets every byte once, characters of several bytes too", () => {
  const to = file(7);
  const output = new LogOutput(1, to.calls);
  const line = "必达 delivers\n".repeat(50);
  output.write(line);
  mock.timers.tick(100);
  to.finish();
  assert.is(output.waiting, 0);
  assert.is(to.text, line);
});

for (const code of ["EAGAIN", "ENOSPC", "EIO"]) {
  test(`${code} costs no line: the same ones are tried again later`, () => {
    const to = file(code, 3, code, ALL);
    const output = new LogOutput(1, to.calls);
    output.write("first\n");
    for (let i = 0; i < 5; i++) {
      mock.timers.tick(100);
      to.finish();
    }
    output.write("second\n");
    mock.timers.tick(100);
    to.finish();
    assert.is(to.text, "first\nsecond\n");
  });
}

test("a reader that is gone gets nothing more, and nothing is kept for it", () => {
  const to = file("EPIPE");
  const output = new LogOutput(1, to.calls);
  output.write("a\n");
  mock.timers.tick(100);
  to.finish();
  output.write("b\n");
  assert.is(output.waiting, 0);
  mock.timers.tick(1_000);
  assert.not.ok(to.busy);
});

test("a reader that stands still costs at most 64 MiB of lines", () => {
  const to = file("EAGAIN");
  const output = new LogOutput(1, to.calls);
  const line = "x".repeat(MIB);
  for (let i = 0; i < 200; i++) output.write(line);
  assert.ok(output.waiting <= 66 * MIB, `${output.waiting}`);
});

const MIB = 1024 * 1024;

test("at the end of the process what waits is written at once", () => {
  const to = file(ALL);
  const output = new LogOutput(1, to.calls);
  output.write("last words\n");
  output.flushSync();
  assert.is(to.text, "last words\n");
});

for (const code of ["EAGAIN", "ENOSPC", "EPIPE"]) {
  test(`at the end of the process ${code} does not hold it up`, () => {
    const to = file(code);
    const output = new LogOutput(1, to.calls);
    output.write("last words\n");
    const before = performance.now();
    output.flushSync();
    assert.ok(performance.now() - before < 10_000);
  });
}

test.run();
