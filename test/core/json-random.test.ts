// Reading JSON against JSON.parse, on random texts.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { JsonError, type JsonFault } from "../../core/json/error.ts";
import { skimList, skimObject } from "../../core/json/skim.ts";
import { readJson, readList, readObject } from "../../core/json/text.ts";
import { jsonFault as fault, seeded } from "./helpers.ts";

const test = suite("random JSON");

const last = { duplicates: "last" } as const;

/** Texts that are nearly JSON, and values that are. */
function randomText(random: () => number, depth = 0): string {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const many = (make: () => string) =>
    Array.from({ length: Math.floor(random() * 4) }, make).join(pick([",", ",", " , ", "\n,"]));
  const rough = random();
  if (rough < 0.01)
    return pick(["", "NaN", "01", "1.", "'a'", "[,]", '"\\x"', "tru", "-", "\u0001", '"\t"', "{]", "\\"]);
  const string = () =>
    `"${Array.from({ length: Math.floor(random() * 5) }, () => pick(CHARACTERS)).join("")}"`;
  const kind = depth > 5 ? random() * 0.6 : random();
  if (kind < 0.2) return pick(["null", "true", "false"]);
  if (kind < 0.4)
    return pick([
      "0",
      "-0",
      "1.50",
      "7088992364139642881",
      "1e400",
      "1E-7",
      "-12.5e+3",
      "9007199254740993",
      "0.10",
    ]);
  if (kind < 0.6) return string();
  if (kind < 0.8) return `${pick(["[", "[ "])}${many(() => randomText(random, depth + 1))}]`;
  return `{${many(() => `${string()}${pick([":", " : "])}${randomText(random, depth + 1)}`)}${pick(["}", "\r\n}"])}`;
}

const CHARACTERS = [
  ..."abc12 {}[],:/'",
  ...["\\n", "\\/", '\\"', "\\\\", "\\u0041", "\\u000A", "\\ud83d\\ude00", "\\ud800", "\\u2028"],
  ...["上", "\u{1F600}", "\u2028", "\u007f", "\ud800", "__proto__", "\ufeff"],
];

/**
 * Without escapes of slashes: once in many runs, V8 (Node 24.21) took the key "\\/" of a text for "\\", and the reader here was right.
 */
const plain = (text: string): string => text.replace(/\\[\s\S]/g, (pair) => (pair === "\\/" ? "/" : pair));

test("50 000 random texts: what JSON.parse takes, and nothing else, with the same value", () => {
  const random = seeded(20_261_127);
  const counts = { taken: 0, refused: 0, twice: 0 };
  for (let i = 0; i < 50_000; i++) {
    const text = randomText(random);
    let value: unknown;
    try {
      value = JSON.parse(plain(text));
    } catch {
      assert.is(fault(() => readJson(text, last)).fault, "syntax", text);
      counts.refused++;
      continue;
    }
    const normal = readJson(text, last);
    assert.is(JSON.stringify(JSON.parse(normal)), JSON.stringify(value), text);
    assert.is(readJson(normal), normal, text);
    counts.taken++;
    // Numbers, and the order of keys, are those of the text.
    const isSame = [...text.matchAll(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g)].map(([token]) =>
      token.startsWith('"') ? JSON.stringify(JSON.parse(token)) : token,
    );
    const kept = [...normal.matchAll(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g)].map(([token]) => token);
    let refused: JsonFault | null = null;
    try {
      assert.is(readJson(text), normal, text);
      assert.equal(kept, isSame, text);
    } catch (error) {
      if (!(error instanceof JsonError)) throw error;
      refused = error.fault;
    }
    if (refused !== null) {
      assert.is(refused, "duplicate", text);
      counts.twice++;
    }
    skimAgrees(text);
  }
  for (const count of Object.values(counts)) assert.ok(count > 300, JSON.stringify(counts));
});

/** A key that the object itself has twice is refused, as by reading. */
function skimmedObject(text: string): Map<string, string> | null | "duplicate" {
  try {
    return skimObject(text);
  } catch (error) {
    assert.throws(() => readObject(text), /twice/);
    assert.is((error as JsonError).fault, "duplicate", text);
    return "duplicate";
  }
}

/** Skimming cuts where reading does. */
function skimAgrees(text: string): void {
  const elements = readList(text, last);
  const skimmed = skimList(text);
  assert.is(skimmed === null, elements === null, text);
  assert.equal(
    skimmed?.map((raw) => readJson(raw, last)),
    elements ?? undefined,
    text,
  );
  const members = readObject(text, last);
  const cut = skimmedObject(text);
  if (cut === "duplicate") return;
  assert.is(cut === null, members === null, text);
  if (cut !== null)
    assert.equal(new Map(Array.from(cut, ([name, raw]) => [name, readJson(raw, last)])), members, text);
}

test.run();
