import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Recheck, type Standing } from "../../services/api/recheck.ts";

const test = suite("recheck");

/** Questions that a test answers. */
function kit() {
  const questions: ((standing: Standing) => void)[] = [];
  let ended = 0;
  const recheck = new Recheck(
    () => new Promise((resolve) => questions.push(resolve)),
    () => ended++,
  );
  return { recheck, questions, ended: () => ended };
}

test("good goes on, over ends", async () => {
  const { recheck, questions, ended } = kit();
  const first = recheck.now();
  questions[0]?.("good");
  await first;
  assert.is(ended(), 0);
  const second = recheck.now();
  questions[1]?.("over");
  await second;
  assert.is(ended(), 1);
});

test("what changes while a question is under way is asked about once more, however often", async () => {
  const { recheck, questions, ended } = kit();
  const first = recheck.now();
  await Promise.all([recheck.now(), recheck.now()]);
  assert.is(questions.length, 1);
  questions[0]?.("good");
  await Promise.resolve();
  await Promise.resolve();
  assert.is(questions.length, 2);
  questions[1]?.("over");
  await first;
  assert.equal([questions.length, ended()], [2, 1]);
});

test("while nobody can be asked it goes on, for ten minutes", async () => {
  const { now } = performance;
  const { recheck, questions, ended } = kit();
  const answered = async (standing: Standing) => {
    const done = recheck.now();
    questions.at(-1)?.(standing);
    await done;
  };
  try {
    const begun = now.call(performance);
    await answered("unknown");
    performance.now = () => begun + 599_000;
    await answered("unknown");
    assert.is(ended(), 0);
    await answered("good");
    performance.now = () => begun + 1_198_000;
    await answered("unknown");
    assert.is(ended(), 0);
    performance.now = () => begun + 1_200_000;
    await answered("unknown");
    assert.is(ended(), 1);
  } finally {
    performance.now = now;
  }
});

test.run();
