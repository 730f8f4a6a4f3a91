/** The command line of the benchmark. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readOptions } from "../../bench/options.ts";
import { thrown } from "../core/helpers.ts";

test("--json: to stdout; with a file behind it, there", () => {
  const places = [
    [],
    ["--json"],
    ["--json", "r.json"],
    ["--quick", "--json", "r.json"],
    ["--json", "--quick"],
  ];
  assert.equal(
    places.map((args) => [readOptions(args)?.json, readOptions(args)?.file]),
    [
      [false, null],
      [true, null],
      [false, "r.json"],
      [false, "r.json"],
      [true, null],
    ],
  );
});

test("--help; and one line for what it does not take", async () => {
  assert.is(readOptions(["--quick", "--help"]), null);
  const wrong = [["--bogus"], ["file"], ["--json", "a", "b"], ["--quick", "a", "--json"], ["--only", "all"]];
  for (const args of [...wrong, ["--only"]]) {
    const { message } = (await thrown(() => readOptions(args))) as Error;
    assert.match(message, /^[^\n]+; npm run bench -- --help lists the options$/, args.join(" "));
  }
});

test.run();
