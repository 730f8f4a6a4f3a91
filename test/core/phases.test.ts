import { test } from "uvu";
import * as assert from "uvu/assert";
import { type CallPhases, printPhases, readPhases } from "../../core/phases.ts";

const NONE = { reused: false, dns: null, connect: null, tls: null, firstByte: null, body: null };
const CASES: [name: string, phases: CallPhases, text: string][] = [
  [
    "all of them",
    { reused: false, dns: 1.5, connect: 2, tls: 30.1, firstByte: 120, body: 0 },
    "15,20,301,1200,0",
  ],
  ["a kept connection", { ...NONE, reused: true, firstByte: 23.1, body: 0.4 }, "r,,,231,4"],
  ["an address instead of a name", { ...NONE, connect: 0.1, firstByte: 3, body: 0 }, ",1,,30,0"],
  ["the name was not found", { ...NONE, dns: 5000 }, "50000,,,,"],
  ["none", NONE, ",,,,"],
];

for (const [name, phases, text] of CASES) {
  test(`${name}: stored in little, and read as it was`, () => {
    assert.is(printPhases(phases), text);
    assert.equal(readPhases(text), phases);
  });
}

test("the longest that a call can have fits its column", () => {
  const most = 120_000.9;
  const longest = { reused: false, dns: most, connect: most, tls: most, firstByte: most, body: most };
  assert.ok(printPhases(longest).length <= 48);
});

test("what it did not write is no phases", () => {
  for (const text of [
    "",
    "r",
    "1,2,3,4",
    "1,2,3,4,5,6",
    "x,,,1,2",
    "-1,,,1,2",
    "1.5,,,1,2",
    "999999999,,,,",
    null,
    7,
  ])
    assert.is(readPhases(text), undefined, String(text));
});

test.run();
