/** Searches take turns: two at once, and of one caller the latest only. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Searches } from "../../services/admin/searches.ts";
import { refusal } from "../core/helpers.ts";

/** Searches that end when they are told to. */
function world() {
  const searches = new Searches();
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const ask = (caller: string, text: string): Promise<string> =>
    searches.run(caller, () => {
      begun.push(text);
      return new Promise((done) => ends.set(text, () => done(text)));
    });
  const end = async (text: string, answer: Promise<string>) => {
    ends.get(text)?.();
    assert.is(await answer, text);
  };
  return { ask, begun, end };
}

test("two run; the others wait in turn; what was typed before gives up its place to what is typed now", async () => {
  const { ask, begun, end } = world();
  const [a, b] = [ask("ann", "a"), ask("bob", "b")];
  const first = ask("ann", "47");
  const other = ask("eve", "x");
  const second = ask("ann", "4711");
  assert.is((await refusal(() => first)).code, "too_many_requests");
  assert.equal(begun, ["a", "b"]);
  await end("a", a);
  await end("4711", second);
  await end("x", other);
  await end("b", b);
  assert.equal(begun, ["a", "b", "4711", "x"]);
  const later = ask("ann", "later");
  await end("later", later);
});

test("one that fails gives its place back; too many callers are told to come again", async () => {
  const searches = new Searches();
  const fail = () => searches.run("ann", () => Promise.reject(new Error("no")));
  for (let i = 0; i < 3; i++) {
    const error = await fail().catch((reason: Error) => reason);
    assert.is((error as Error).message, "no");
  }
  const never = () => new Promise<never>(() => undefined);
  for (let i = 0; i < 102; i++) void searches.run(`caller ${i}`, never);
  const refused = await refusal(() => searches.run("one too many", never));
  assert.equal([refused.code, refused.retryAfter], ["too_many_requests", 1]);
});

test.run();
