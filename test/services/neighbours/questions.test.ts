/** Who may have more to tell is asked again and again; where nobody is, nothing wakes the process. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Neighbour, Neighbourhood } from "../../../services/neighbours/neighbourhood.ts";
import { Questions } from "../../../services/neighbours/questions.ts";

const test = suite("questions to neighbours");

test("asked until settled, and again once somebody is not; after the close nobody is", async () => {
  const one = { nodeID: "n1" } as Neighbour;
  let unsettled: Neighbour[] = [];
  let looks = 0;
  let asked = Promise.withResolvers<Neighbour>();
  const neighbourhood = {
    get unsettled() {
      return unsettled;
    },
    get isSettled() {
      looks += 1;
      return unsettled.length === 0;
    },
  };
  const questions = new Questions(neighbourhood, (neighbour) => asked.resolve(neighbour));
  // Its timer keeps no process alive.
  const alive = setInterval(() => undefined, 1_000);
  try {
    questions.repeat();
    assert.is(looks, 1, "nobody: it looked, and waits for nothing");
    unsettled = [one];
    questions.repeat();
    for (let i = 0; i < 3; i++) {
      assert.is(await asked.promise, one);
      asked = Promise.withResolvers();
    }
    questions.close();
    looks = 0;
    questions.repeat();
    assert.is(looks, 0, "it does not even look");
  } finally {
    clearInterval(alive);
  }
});

test("a neighbourhood is settled once the last of its nodes has had its time, and not any more when one changes", () => {
  let now = 0;
  const neighbourhood = new Neighbourhood(() => now);
  assert.is(neighbourhood.isSettled, true);
  const { neighbour } = neighbourhood.heard("n1", "5")!;
  now = 3_000;
  neighbourhood.heard("n2", "5");
  assert.is(neighbourhood.isSettled, false);
  now = 5_000;
  assert.is(neighbourhood.isSettled, false, "the second one came later");
  now = 8_000;
  assert.is(neighbourhood.isSettled, true);
  neighbourhood.unsettle(neighbour);
  assert.equal([neighbourhood.isSettled, neighbourhood.unsettled], [false, [neighbour]]);
  neighbourhood.left("n1");
  assert.is(neighbourhood.isSettled, true);
});

test.run();
