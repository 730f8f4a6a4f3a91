import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ThreadGauges } from "../../actors/gauges.ts";
import { Slots } from "../../actors/slots.ts";

const test = suite("gauges of a thread");

test("what one side writes the other reads", () => {
  const written = new ThreadGauges();
  const read = new ThreadGauges(written.buffer);
  assert.equal([read.inFlight, read.delayMicros], [0, 0]);
  written.inFlight = 7;
  written.delayMicros = 1234.5;
  for (let i = 0; i < 3; i++) written.countStale();
  assert.equal([read.inFlight, read.delayMicros, read.stale], [7, 1235, 3]);
});

test("slots tell how many are taken", () => {
  const seen: number[] = [];
  const slots = new Slots(2, (taken) => seen.push(taken));
  const accounts = Array.from({ length: 3 }, () => slots.open(1, () => undefined));
  for (const account of accounts) account.want("first");
  for (const account of accounts) account.give("first");
  assert.equal(seen, [1, 2, 1, 2, 1, 0]);
});

test.run();
