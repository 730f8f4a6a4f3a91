// The command line of the import, and its summary.
import { test } from "uvu";
import * as assert from "uvu/assert";
import { hours } from "../../core/clock.ts";
import { type Options, readOptions, UsageError } from "../../scripts/import-kkbida/options.ts";
import { summary } from "../../scripts/import-kkbida/summary.ts";
import { newTally, note } from "../../store/kkbida/tally.ts";
import { thrown } from "../core/helpers.ts";

const URL = "mysql://root:p%40ss@db:3306/callcenterdb";

test("defaults, and all of them given", () => {
  const defaults: Options = {
    source: URL,
    dryRun: false,
    yes: false,
    batch: 500,
    endedOnly: false,
    zone: hours(8),
    report: null,
    json: false,
    followMs: null,
  };
  assert.equal(readOptions([URL]), defaults);
  assert.equal(
    readOptions([
      "--dry-run",
      "-y",
      "--batch",
      "20",
      "--ended-only",
      "--zone",
      "+00:00",
      "--report",
      "r",
      "--json",
      URL,
    ]),
    {
      source: URL,
      dryRun: true,
      yes: true,
      batch: 20,
      endedOnly: true,
      zone: 0,
      report: "r",
      json: true,
      followMs: null,
    } as Options,
  );
  assert.is(readOptions(["jdbc:mysql://db/callcenterdb"])?.source, "mysql://db/callcenterdb");
  assert.is(readOptions([URL, "--ended-only", "--follow", "60"])?.followMs, 60_000);
  assert.is(readOptions([URL, "--help"]), null);
});

test("one line for what is wrong, without the password", async () => {
  for (const args of [
    [],
    [URL, "more"],
    ["http://root:p%40ss@host/db"],
    ["p%40ss"],
    ["mysql://host/"],
    [URL, "--batch", "0"],
    [URL, "--batch", "many"],
    [URL, "--batch", "5001"],
    [URL, "--zone", "Shanghai"],
    [URL, "--follow", "60"],
    [URL, "--ended-only", "--follow", "0"],
    [URL, "--ended-only", "--follow", "soon"],
    [URL, "--frobnicate"],
    [URL, "--report"],
  ]) {
    const error = (await thrown(() => readOptions(args))) as Error;
    assert.instance(error, UsageError, args.join(" "));
    assert.not.match(error.message, /\n|p%40ss/);
  }
});

test("the summary adds up, and names a few of each kind", () => {
  const tally = newTally({ tasks: 1234, logs: 9, webhooks: 1 });
  for (let n = 0; n < 1000; n++) note(tally.leftOut, "taskId is not a UUID", `\u001b[31m${n}`);
  Object.assign(tally.tasks, { read: 1234, pending: 4, succeeded: 200, exhausted: 30, leftOut: 1000 });
  const text = summary(tally, false);
  assert.match(text, /tasks in kkbida +1,234\n {2}imported +234\n/);
  assert.match(text, /Left out:\n +1,000 {2}taskId is not a UUID: \\u001b\[31m0, .*, …/);
  assert.match(summary(tally, true), /would be imported +234\n/);
});

test.run();
