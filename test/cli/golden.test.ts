/**
 * What the command line says without a Bida, word by word: help on every command, and every kind of mistake. The outputs are
 * in `golden/`; `UPDATE_GOLDEN=1 node test/cli/golden.test.ts` writes them anew, and `docs/reference/cli.md` with them. @takes 35 s
 */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { bench as benchCommand } from "../../cli/commands/checkout.ts";
import { EVERY_COMMAND } from "../../cli/commands/index.ts";
import { GLOBAL_OPTIONS } from "../../cli/options.ts";
import { Mistake } from "../../services/repl/mistake.ts";
import { Paint } from "../../services/repl/paint.ts";
import { execute, type Manner } from "../../services/repl/run.ts";
import { sessionWith } from "../../services/repl/session.ts";
import { temporaryFolder } from "../servers/server.ts";
import { bida, environment, ROOT } from "./command.ts";

const test = suite("command line, word by word");
const GOLDEN = join(import.meta.dirname, "golden");
const REFERENCE = join(ROOT, "docs/reference/cli.md");

/** @param found what was said; compared with what it should be */
function same(file: string, found: string): void {
  const text = `${found.trimEnd()}\n`;
  if (process.env.UPDATE_GOLDEN) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  assert.ok(existsSync(file), `${file} is missing; UPDATE_GOLDEN=1 writes it`);
  assert.fixture(text, readFileSync(file, "utf8"));
}

const MANNER: Manner = { commands: EVERY_COMMAND, program: "bida", names: "full", options: GLOBAL_OPTIONS };
const session = () =>
  sessionWith(() => assert.unreachable("it asks nobody") as never, { paint: new Paint({}) });
const help = async (...words: string[]) => (await execute(session(), ["help", ...words], MANNER)).text;
const shownCommands = EVERY_COMMAND.filter(({ hidden }) => !hidden);

test("help on every command", async () => {
  const groups = new Set(
    shownCommands
      .map(({ name }) => name.split(" "))
      .flatMap((way) => (way.length > 1 ? [way[0] as string] : [])),
  );
  const texts: [name: string, text: string][] = [["all", await help()]];
  for (const name of [...groups, ...shownCommands.map((one) => one.name)])
    texts.push([name, await help(...name.split(" "))]);
  const text = texts.map(([name, said]) => `### ${name}\n\n${said}`).join("\n\n");
  same(join(GOLDEN, "help.txt"), text);
});

test("the reference is what help says", async () => {
  const parts = [
    "# Reference of the command line",
    "",
    "Made from `bida help`; see [the command line](../cli.md).",
    "",
  ];
  parts.push("```", await help(), "```", "");
  for (const { name } of shownCommands) {
    // Options of all commands stand above.
    const own = (await help(...name.split(" "))).replace(/\nGlobal Options:\n(?: .*\n)+/, "");
    parts.push(`## bida ${name}`, "", "```", own, "```", "");
  }
  same(REFERENCE, parts.join("\n"));
});

test("every command has examples that its grammar takes", async () => {
  for (const { name, examples, raw } of shownCommands) {
    assert.ok(examples.length > 0, name);
    for (const example of examples) assert.ok(example.startsWith(name), `${name}: ${example}`);
    if (!raw) assert.match(await help(...name.split(" ")), /^Usage: bida /);
  }
});

const MISTAKES: string[][] = [
  ["frobnicate"],
  ["taks"],
  ["tasks", "lst"],
  ["tasks", "list", "extra"],
  ["tasks", "list", "--stat", "exhausted"],
  ["tasks", "list", "--state"],
  ["tasks", "list", "--state", "exausted"],
  ["tasks", "list", "--limit", "many"],
  ["tasks", "list", "--from", "yesterday"],
  ["tasks", "list", "--due=yes"],
  ["tasks", "get"],
  ["tasks", "get", "17"],
  ["tasks", "retry"],
  ["tasks", "export", "--format", "xml"],
  ["destinations", "pause", "stock"],
  ["destinations", "set", "https://stock.example"],
  ["destinations", "replay", "https://stock.example"],
  ["users", "create", "wang"],
  ["users", "create", "wang", "--role", "operater"],
  ["apps", "set", "shop"],
  ["send"],
  ["send", "http://x", "--param", "[1]"],
  ["send", "http://x", "--param", "{"],
  ["send", "http://x", "--header", "nonsense"],
  ["send", "http://x", "--task", "@/does/not/exist"],
  ["listen", "--port", "99999"],
  ["listen", "--port", "1.5"],
  ["listen", "--status", "199"],
  ["listen", "--count", "0"],
  ["listen", "--count", "1000001"],
  ["listen", "--fail", "900%"],
  ["listen", "--fail", "101%"],
  ["listen", "--fail", "1000001"],
  ["listen", "--fail", "-1"],
  ["listen", "--fail", "some"],
  ["listen", "--delay", "61m"],
  ["listen", "--delay", "999999999d"],
  ["listen", "--secret", "x"],
  ["listen", "--delay", "soon"],
  ["completion", "tcsh"],
  ["reseal", "--url", "https://bida.example", "--user", "admin:secret"],
  ["migrate", "--key", "bida_1"],
  ["check", "--user", "admin:secret"],
  ["start", "--cluster", "--repl"],
];

test("every mistake is one line that says what to type instead, and exit code 2", async () => {
  const said: string[] = [];
  for (const args of MISTAKES) {
    const error = await execute(session(), args, MANNER).then(
      () => assert.unreachable(args.join(" ")) as never,
      (thrown: Error) => thrown,
    );
    assert.instance(error, Mistake, `${args.join(" ")}: ${error.message}`);
    assert.is((error as Mistake).exit, 2, args.join(" "));
    assert.is(error.message.split("\n").length, 1, error.message);
    said.push(`$ bida ${args.join(" ")}\n${error.message}\n`);
  }
  same(join(GOLDEN, "mistakes.txt"), said.join("\n"));
});

test("the process: one line on stderr, nothing on stdout, exit code 2", async () => {
  const env = environment({ BIDA_DATA_DIR: temporaryFolder("cli") });
  const wrong: [args: string[], line: RegExp][] = [
    [["tasks", "lst"], /^bida: there is no command "tasks lst"; did you mean "tasks list"\?\n$/],
    [["nodes", "--url", "ftp://x"], /^bida: --url must be an http or https URL, such as /],
    [
      ["nodes", "--url", "http://u:p@x"],
      /^bida: --url must hold no credentials; type --user name:password\n$/,
    ],
    [["nodes", "--key", "k"], /^bida: --key and --user go with --url\n$/],
    [
      ["nodes", "--url", "http://x", "--user", "admin"],
      /^bida: --user needs a password: --user name:password\n$/,
    ],
  ];
  for (const [args, line] of wrong) {
    const { code, out, err } = await bida(args, env);
    assert.equal([code, out], [2, ""], err);
    assert.match(err, line);
  }
});

test("as JSON a mistake is JSON too, on stderr", async () => {
  const { code, out, err } = await bida(["tasks", "get", "17", "--json"]);
  assert.equal([code, out], [2, ""]);
  assert.match(JSON.parse(err).error, /^"17" is no task id/);
});

test("as JSON a wrong call is JSON too, on stderr, wherever --json stands", async () => {
  const wrong: [args: string[], error: RegExp][] = [
    [["--json", "foo"], /^there is no command "foo"/],
    [["foo", "--json"], /^there is no command "foo"/],
    [["--json", "tasks", "--bogus"], /^tasks has no option --bogus/],
    [["import", "--json"], /^import needs more/],
    [["--json", "help", "foo"], /^there is no command "foo"/],
    [["--json", "bench", "--only", "nothing"], /^"nothing" is none of single, /],
    [["bench", "--bogus", "--json"], /--bogus/],
    [["import", "kkbida", "--json"], /^name one database/],
  ];
  for (const [args, error] of wrong) {
    const { code, out, err } = await bida(args);
    assert.equal([code, out], [2, ""], `${args.join(" ")}: ${err}`);
    assert.match(JSON.parse(err).error, error);
  }
});

test("--help and --json of what is no command of ours, and of help itself", async () => {
  const bench = await bida(["bench", "--help"]);
  assert.is(bench.code, 0, bench.err);
  assert.match(bench.out, /\n {2}--json .*\n {2}--json FILE .*\n {2}--help /);
  const imported = await bida(["import", "kkbida", "--help"]);
  assert.is(imported.code, 0, imported.err);
  assert.match(imported.out, /\n {2}--json +print the summary as one JSON object/);
  for (const args of [["help", "--json"], ["--json"], ["--json", "help"], ["--help", "--json"]])
    assert.match(JSON.parse((await bida(args)).out).help, /^Usage: bida <command>/, args.join(" "));
  const tasks = await bida(["help", "tasks", "list", "--help"]);
  assert.match(tasks.out, /^Usage: bida tasks /, tasks.err);
  assert.type(JSON.parse((await bida(["--version", "--json"])).out).version, "string");
  assert.is((await bida(["complete", "tasks", "list", "--json"])).out, "--json\n");
});

test("help on a program that is not here is what this one knows of it", async () => {
  const [missing, ...others] = [{ ...benchCommand, helpHere: true }, ...EVERY_COMMAND];
  const manner = { ...MANNER, commands: [missing, ...others.filter(({ name }) => name !== "bench")] };
  const { text } = await execute(session(), ["bench", "--quick", "--help"], manner);
  assert.match(text, /^Usage: bida bench \[options\]\n/);
});

test("check: all mistakes at once, and names that are none", async () => {
  const wrong = {
    BIDA_PORT: "x",
    BIDA_LEASE_MS: "1",
    BIDA_PRT: "80",
    BIDA_PORT_FILE: "/run/secrets/port",
    BIDA_SECRET_KEY_FILE: "/does/not/exist",
    BIDA_DATABASE_URL: "mysql://root:s3cret@h/",
  };
  const { code, out, err } = await bida(["check"], environment(wrong));
  assert.is(code, 2);
  assert.is(err, "");
  same(join(GOLDEN, "check.txt"), out);
  assert.not.match(out, "s3cret");
  const sound = await bida(["check", "--json"], environment({ BIDA_DATA_DIR: "./data" }));
  assert.equal([sound.code, JSON.parse(sound.out)], [0, { sound: true, mistakes: [], unknown: [] }]);
});

test("completion: groups, commands, options", async () => {
  const found = async (...words: string[]) => (await bida(["complete", ...words])).out.trim().split("\n");
  assert.equal(await found("tasks", "re"), ["retry", "resolve", "resend"]);
  assert.equal(await found("tasks", "list", "--st"), ["--state", "--status"]);
  assert.equal(await found("tasks", "list", "--js"), ["--json"]);
  assert.equal(await found("do"), ["doctor"]);
  const script = await bida(["completion", "bash"]);
  assert.match(script.out, /complete -o default -F _bida bida\n$/);
});

test("output that cannot be written is a failure; a reader that has gone away is none", async () => {
  const shell = async (line: string) => {
    const { stdout, stderr } = await promisify(execFile)(
      "bash",
      ["-c", line, "bash", process.execPath, join(ROOT, "bin/bida.mjs")],
      {
        env: environment({}),
      },
    );
    return [stdout.trim(), stderr.trim()];
  };
  const [code, said] = await shell('"$1" "$2" help > /dev/full; echo $?');
  assert.is(code, "1");
  assert.match(said ?? "", /^bida: the output cannot be written: .*ENOSPC[^\n]*$/);
  assert.equal(await shell('"$1" "$2" help --json | head -c 10 > /dev/null; echo "${PIPESTATUS[0]}"'), [
    "0",
    "",
  ]);
});

test.run();
