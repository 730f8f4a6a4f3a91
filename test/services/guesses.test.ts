import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type EpochMs, epochMs } from "../../core/clock.ts";
import { Guesses } from "../../services/api/guesses.ts";

const test = suite("guesses");

/** Guesses with a clock that a test moves. */
function kit() {
  let now = 1_000_000;
  const guesses = new Guesses((): EpochMs => epochMs(now));
  return { guesses, pass: (ms: number) => (now += ms) };
}

test("an address nobody knows: twenty are free, then it waits longer and longer, up to 15 min", () => {
  const { guesses, pass } = kit();
  const waits: number[] = [];
  for (let i = 0; i < 40; i++) {
    const wait = guesses.wait("192.0.2.1", {});
    waits.push(wait);
    pass(wait);
    guesses.wrong("192.0.2.1", {});
  }
  assert.equal(waits.slice(0, 20), new Array(20).fill(0));
  assert.equal(waits.slice(20, 24), [1000, 2000, 4000, 8000]);
  assert.is(waits.at(-1), 900_000);
  assert.is(guesses.wait("192.0.2.2", {}), 0);
});

test("the addresses of one IPv6 network count as one", () => {
  const { guesses } = kit();
  for (let i = 0; i < 20; i++) guesses.wrong(`2001:db8::${i}`, {});
  assert.is(guesses.wait("2001:db8::ffff", {}), 1000);
  assert.is(guesses.wait("2001:db8:0:1::1", {}), 0);
});

test("all unknown addresses together: a hundred are free, then one a second", () => {
  const { guesses, pass } = kit();
  for (let i = 0; i < 200; i++) guesses.wrong(`10.0.${i}.1`, {});
  assert.is(guesses.wait("192.0.2.1", {}), 1000);
  pass(1000);
  assert.is(guesses.wait("192.0.2.1", {}), 0);
});

test("an address that was right waits a second at most, however often it is wrong, and not for others", () => {
  const { guesses, pass } = kit();
  guesses.right("192.0.2.1", {});
  for (let i = 0; i < 200; i++) guesses.wrong(`10.0.${i}.1`, {});
  assert.is(guesses.wait("192.0.2.1", {}), 0);
  for (let i = 0; i < 40; i++) guesses.wrong("192.0.2.1", {});
  assert.is(guesses.wait("192.0.2.1", {}), 1000);
  pass(1000);
  assert.is(guesses.wait("192.0.2.1", {}), 0);
});

test("a connection that was right is not held back, until it is wrong", () => {
  const { guesses } = kit();
  const connection = {};
  guesses.right("192.0.2.1", connection);
  for (let i = 0; i < 40; i++) guesses.wrong("192.0.2.1", {});
  assert.equal([guesses.wait("192.0.2.1", connection), guesses.wait("192.0.2.1", {})], [0, 1000]);
  guesses.wrong("192.0.2.1", connection);
  assert.is(guesses.wait("192.0.2.1", connection), 1000);
});

test("failures are forgotten after an hour; a right password forgives", () => {
  const { guesses, pass } = kit();
  for (let i = 0; i < 30; i++) guesses.wrong("192.0.2.1", {});
  pass(3_600_001);
  assert.is(guesses.wait("192.0.2.1", {}), 0);
  guesses.wrong("192.0.2.1", {});
  assert.is(guesses.wait("192.0.2.1", {}), 0);
  for (let i = 0; i < 30; i++) guesses.wrong("192.0.2.1", {});
  guesses.right("192.0.2.1", {});
  assert.is(guesses.wait("192.0.2.1", {}), 0);
});

test("memory is bounded: addresses that were heard of long ago are forgotten first", () => {
  const { guesses } = kit();
  for (let i = 0; i < 30; i++) guesses.wrong("192.0.2.1", {});
  for (let i = 0; i < 10_000; i++) guesses.right(`10.${i >> 8}.${i & 255}.1`, {});
  // Only the total is left.
  assert.is(guesses.wait("192.0.2.1", {}), 0);
});

test.run();
