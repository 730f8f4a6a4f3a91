/** Who goes first when passwords are checked. @takes 8 s */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { BidaError } from "../../core/errors.ts";
import { type Lane, Passwords } from "../../services/admin/passwords.ts";

const test = suite("passwords");

test("right and wrong passwords; nobody's is never right", async () => {
  const passwords = new Passwords();
  const hash = await passwords.hash("correct horse");
  assert.is(await passwords.verify("correct horse", hash, "known"), true);
  assert.is(await passwords.verify("battery", hash, { account: "a" }), false);
  assert.is(await passwords.verify("correct horse", null, { account: "a" }), false);
});

/** Checks that wait, in the order in which they ended, by name. */
function line() {
  const passwords = new Passwords();
  const ended: string[] = [];
  const ask = (name: string, lane: Lane) =>
    passwords.verify(name, null, lane).then(
      () => ended.push(name),
      (error) => ended.push(`${name} ${(error as BidaError).code}`),
    );
  return { ask, ended };
}

test("a flood of strangers does not keep a known one waiting, nor refused", async () => {
  const { ask, ended } = line();
  const strangers = Array.from({ length: 200 }, (_, i) => ask(`s${i}`, { account: `user-${i}` }));
  await ask("known", "known");
  const checked = ended.filter((name) => !name.includes(" "));
  // The one that was at work, and the known one.
  assert.equal(checked, ["s0", "known"]);
  assert.is(ended.filter((name) => name.endsWith("too_many_requests")).length, 200 - 51);
  void strangers;
});

test("strangers share by account: a flood on one does not refuse the others", async () => {
  const { ask, ended } = line();
  for (let i = 0; i < 100; i++) void ask(`flood ${i}`, { account: "admin" });
  await ask("lin", { account: "lin" });
  assert.ok(ended.includes("lin"));
});

test("a stranger who has waited too long is asked to come back", async () => {
  const { now } = performance;
  const { ask, ended } = line();
  const waiting = [ask("first", { account: "a" }), ask("second", { account: "b" })];
  try {
    performance.now = () => now.call(performance) + 6_000;
    waiting.push(ask("third", { account: "c" }));
    await Promise.all(waiting);
  } finally {
    performance.now = now;
  }
  assert.equal(ended, ["first", "second too_many_requests", "third"]);
});

test.run();
