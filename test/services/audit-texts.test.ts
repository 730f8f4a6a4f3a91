// Whatever the code puts on record has a text in both languages of the console.
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { en } from "../../ui/src/i18n/en.ts";
import { zh } from "../../ui/src/i18n/zh.ts";

const test = suite("texts of the audit log");
const ROOT = join(import.meta.dirname, "../..");

/** The code that records: entries are made beside `recordAudit`, or handed to what calls it. */
const sources = globSync("services/**/*.ts", { cwd: ROOT })
  .map((path) => readFileSync(join(ROOT, path), "utf8"))
  .filter((text) => /\brecordAudits?\b|\baudited\b|\bChannelChange\b/.test(text));
const found = (pattern: RegExp) =>
  new Set(sources.flatMap((text) => Array.from(text.matchAll(pattern), ([, name = ""]) => name)));

/** What stands in names that are put together. */
const PARTS: Record<string, string[]> = {
  "task.${action}": ["task.retry", "task.cancel", "task.resolve"],
  "bulk.${action}": ["bulk.retry", "bulk.cancel", "bulk.resolve"],
  "incident.${verb}": ["incident.mute", "incident.unmute"],
  "alarm.${verb}": ["alarm.mute", "alarm.unmute"],
};
/** Actions between services look alike, and so do events, which say what has happened. */
const OTHERS = /^(scheduler|dispatcher|notifier|admin|api)\.|ed$/;

test("every action that is put on record has one in English and in Chinese", () => {
  const whole = [...found(/"([a-z]+\.[a-z-]+)"/g)].filter((name) => !OTHERS.test(name));
  const parts = [...found(/`([a-z]+\.\$\{\w+\})`/g)];
  assert.ok(whole.includes("view.create") && whole.includes("job.pause"), "the pattern finds actions");
  assert.equal(
    parts.filter((name) => !PARTS[name]),
    [],
  );
  const actions = [...whole, ...parts.flatMap((name) => PARTS[name] ?? [])];
  for (const texts of [en, zh])
    assert.equal(actions.filter((action) => !(`audit.${action}` in texts)).sort(), []);
});

test("and every kind of target", () => {
  const types = [...found(/type: "([a-z]+)", id/g)];
  assert.ok(types.includes("view") && types.includes("mute"), "the pattern finds targets");
  for (const texts of [en, zh]) assert.equal(types.filter((type) => !(`target.${type}` in texts)).sort(), []);
});

test.run();
