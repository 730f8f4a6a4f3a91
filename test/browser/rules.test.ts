/** Every sentence that the server may say of a field is known to the console, which says it in the reader's language. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { en } from "../../ui/src/i18n/en.ts";
import { zh } from "../../ui/src/i18n/zh.ts";
import { FIELD_RULES, matched } from "../../ui/src/lib/rules.ts";
import { literalsOf } from "./kit/literals.ts";

const ROOT = join(import.meta.dirname, "../..");
/** What checks fields. */
const CHECKS = [
  "core/schema/*.ts",
  "core/alarm/*.ts",
  "core/{task-schema,parse-task,payload,target-url,headers,pattern,addresses,field-sizes,retry,stop,expect,expect-json}.ts",
  "core/{found-by,user-name,weak-passwords,errors,destination,saved-view,bulk,mail}.ts",
  "core/json/{reader,refusal}.ts",
  "services/{admin,notifier,tasks}/*.ts",
  "store/{taken,paging,list-tasks,attempts,audit}.ts",
];
/** How such a sentence begins; in the console's language the field stands before it. */
const BEGINS =
  /^((must|cannot|is|are|takes|has|have|needs|names|may|does|asks|gives|goes|error|payloads|requestParam is|the last|sort=due) |ends too |"….*" \w)/;

/** Sentences that no form can provoke, and why. */
const NEVER: [RegExp, string][] = [
  [
    /^is at most|^is not one of|^has no .+ equal to|^is not JSON$|^does not (contain|equal|match) /,
    "tells of an answer, in a task's last error",
  ],
  [/^is another app's$/, "people see all apps"],
  [/^gives more than .+ points|^the last .+ hours are kept/, "pages ask for periods that fit"],
  [/can never match: /, "is said of proxies, at the start only"],
  [/^goes with a filter: a selection/, "a pace is offered for filters only"],
  [/^goes with a retry only$/, "the schedule is offered for retries only"],
  [/^must be given at most .+ times$/, "states are ticked, each once"],
  [
    /^must have (either filter or taskIds|pace, paused or both|name, query or both)$/,
    "dialogs always send it",
  ],
  [/^must be the number of an attempt, from 1$/, "the console asks for attempts that it shows"],
  [/^must be an origin, without a path$/, "the console changes destinations by their origin"],
  [/^must have the batch's key, and from: /, "is said of messages between services"],
  [/^must be an app's id$/, "no page asks for the statistics of an app"],
  [/^must be a list, with commas, of/, "is written by the console itself"],
  [/^(must be a list of tasks|takes 1 to .+ tasks)$/, "the console hands over one task at a time"],
  [/^must not be (blank|one character again and again)$/, "is said of a password at the start only"],
];

const FILLINGS = ["7", "bytes", "string", "array", '"x"', "line 1, column 2"];
/** The sentence with each of its gaps filled in each way. */
const filled = (parts: string[]): string[] =>
  parts
    .slice(1)
    .reduce(
      (texts, part) => texts.flatMap((text) => FILLINGS.map((one) => text + one + part)),
      [parts[0] ?? ""],
    );

const sentences = globSync(CHECKS, { cwd: ROOT }).flatMap((path) =>
  literalsOf(readFileSync(join(ROOT, path), "utf8"))
    .filter(({ parts, call }) => BEGINS.test(parts.join("…")) && call !== "describe" && call !== "meta")
    .map(({ parts }) => ({ path, parts })),
);

test("the search finds the sentences", () => {
  assert.ok(sentences.length > 150, `${sentences.length}`);
  const found = new Set(sentences.map(({ parts }) => parts.join("…")));
  for (const one of [
    "must begin with http:// or https://",
    "has a placeholder {…} that requestParam does not fill",
    "must have a member …: the platform takes no other",
    "is one of those that are guessed first",
  ])
    assert.ok(found.has(one), one);
});

test("each has a rule, or a reason why no form can provoke it", () => {
  const unknown = sentences
    .filter(({ parts }) => !filled(parts).some((text) => matched(text, FIELD_RULES)))
    .map(({ path, parts }) => `${path}: ${parts.join("…")}`)
    .filter((line) => !NEVER.some(([pattern]) => pattern.test(line.slice(line.indexOf(": ") + 2))));
  assert.equal(Array.from(new Set(unknown)), []);
});

test("what the texts of a rule name is what its sentences name", () => {
  for (const [pattern, key] of FIELD_RULES) {
    const names = new Set(Array.from(pattern.source.matchAll(/\(\?<(\w+)>/g), ([, name]) => name));
    for (const text of [en[key], zh[key]])
      for (const [, name] of text.matchAll(/\{(\w+)\}/g)) assert.ok(names.has(name), `${key}: ${name}`);
    assert.match(zh[key], /\p{Script=Han}/u, key);
  }
});

test.run();
