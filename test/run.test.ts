import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type Options, runTests } from "./run.ts";
import type { Program } from "./servers/binaries.ts";
import { temporaryFolder } from "./servers/server.ts";
import { affected, onChange } from "./watch.ts";

/** What makes a file need a server, put together here so this file itself needs none. */
const NAMED = {
  mysql: ["mysql", "Database"].join(""),
  redis: ["redis", "Url"].join(""),
  nats: ["TEST_NATS", "URL"].join("_"),
};

/** Runs these files (path → source) as a project's tests, without real servers. */
async function run(files: Record<string, string>, given: Partial<Options> = {}, missing: Program[] = []) {
  const folder = join(temporaryFolder("runner"), "test");
  mkdirSync(folder);
  for (const [path, source] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), source);
  }
  const lines: string[] = [];
  let asked: Program[] = [];
  const good = await runTests({
    folder,
    filters: [],
    ci: false,
    say: (line) => lines.push(line),
    async provide(programs) {
      asked = [...programs];
      const reasons = missing
        .filter((program) => asked.includes(program))
        .map((p) => [p, `no ${p}`] as const);
      return { env: { [NAMED.nats]: "nats://there" }, missing: new Map(reasons), stop: async () => {} };
    },
    ...given,
  });
  return { good, lines, asked, summary: lines.at(-1) };
}

/** A file's source that prints what uvu prints, and then does something. */
function prints(passed: number, total: number, then = "", skipped = 0): string {
  const figures = `\n  Total:     ${total}\n  Passed:    ${passed}\n  Skipped:   ${skipped}\n  Duration:  1ms\n\n`;
  return `process.stdout.write(${JSON.stringify(figures)});\n${then}`;
}

test("adds up what the files report", async () => {
  const { good, summary, lines } = await run({
    "a.test.ts": prints(3, 3),
    "deep/er/b.test.ts": prints(2, 2),
  });
  assert.is(summary, "5 passed, 0 failed");
  assert.is(good, true);
  assert.is(lines.length, 3);
  assert.match(lines.join("\n"), /✓ test\/deep\/er\/b\.test\.ts +2\/2 +\d+\.\d s/);
});

test("a failed test: its file's whole output is shown, and cannot be taken for the summary", async () => {
  const { good, summary, lines } = await run({
    "a.test.ts": `console.log("9 passed, 0 failed");${prints(1, 3, "process.exitCode = 1")}`,
  });
  assert.is(summary, "1 passed, 2 failed");
  assert.is(good, false);
  assert.match(lines[0]!, /^✗ test\/a\.test\.ts +1\/3/);
  assert.match(lines[1]!, /^ {2}\| 9 passed, 0 failed$/m);
});

test("what figures cannot show is one failure", async () => {
  const bad = {
    "throws at the end": prints(2, 2, `throw new Error("late")`),
    "exits 7 after success": prints(2, 2, "process.exit(7)"),
    "never reports": "await Promise.resolve()",
    "crashes at once": `throw new Error("early")`,
    "is killed": `process.kill(process.pid, "SIGKILL")`,
  };
  for (const [what, source] of Object.entries(bad)) {
    const { good, summary } = await run({ "a.test.ts": source });
    assert.match(summary!, /^[02] passed, 1 failed$/, what);
    assert.is(good, false, what);
  }
});

test("a real suite whose hook throws: uvu exits 0, the runner does not believe it", async () => {
  const { good, summary } = await run({
    "a.test.ts": `import { test } from ${JSON.stringify(import.meta.resolve("uvu"))};
      test.before(() => { throw new Error("no database") });
      test("one", () => {});
      test("two", () => {});
      test.run();`,
  });
  assert.is(summary, "0 passed, 2 failed");
  assert.is(good, false);
});

test("a file past its time limit is stopped, with what it started", async () => {
  const sleeper = `import { spawn } from "node:child_process";
    const child = spawn("sleep", ["60"], { stdio: "inherit" });
    process.on("SIGTERM", () => {
      console.log("child " + child.pid + " lives");
      process.exit(0);
    });
    ${prints(1, 1)}`;
  const { good, summary, lines } = await run({ "a.test.ts": sleeper }, { limitMs: () => 1500 });
  assert.is(summary, "1 passed, 1 failed");
  assert.is(good, false);
  assert.match(lines[0]!, /\(stopped after 1\.5 s\)$/);
  const pid = Number(/child (\d+) lives/.exec(lines[1]!)?.[1]);
  const deadline = Date.now() + 5000;
  while (runs(pid) && Date.now() < deadline) await new Promise(setImmediate);
  assert.is(runs(pid), false);
});

test("a file that does not end after its last test is stopped soon, and fails", async () => {
  const { summary, lines } = await run(
    { "a.test.ts": prints(1, 1, "setInterval(() => {}, 1000)") },
    { lingerMs: 300 },
  );
  assert.is(summary, "1 passed, 1 failed");
  assert.match(lines[0]!, /something it left open/);
});

test("skipped tests are named in the summary", async () => {
  const { good, summary } = await run({ "a.test.ts": prints(2, 2, "", 4) });
  assert.is(summary, "2 passed, 0 failed, 4 skipped");
  assert.is(good, true);
});

test("words choose the files; no file is a failure", async () => {
  const files = {
    "due/a.test.ts": prints(1, 1),
    "store/b.test.ts": prints(1, 1),
    "core/c.test.ts": prints(1, 1),
  };
  assert.is((await run(files, { filters: ["due", "store"] })).summary, "2 passed, 0 failed");
  const none = await run(files, { filters: ["nothing like it"] });
  assert.is(none.summary, "0 passed, 0 failed");
  assert.is(none.good, false);
});

test("the longest first, and beside them unit tests, one at a time; never two that measure time", async () => {
  const logFile = join(temporaryFolder("order"), "log");
  const logged = (name: string, comment = "", ms = 0) => `${comment}
    import { appendFileSync } from "node:fs";
    appendFileSync(${JSON.stringify(logFile)}, "${name}+ ");
    process.on("exit", () => appendFileSync(${JSON.stringify(logFile)}, "${name}- "));
    await new Promise((done) => setTimeout(done, ${ms}));
    ${prints(1, 1)}`;
  const files = {
    "a.test.ts": logged("timed1", "/** About time. @takes 90 s @timed */", 500),
    // Long enough for the short one, which starts beside it, to say so before the next one starts.
    "b.test.ts": logged("timed2", "// @takes 80 s @timed", 1_500),
    "c.test.ts": logged("server", `// ${NAMED.nats}`),
    "d.test.ts": logged("short", "// @takes 2 s"),
    "e.test.ts": logged("long", "/** About something. @takes 100 s */", 500),
    "f.test.ts": logged("unit1"),
    "g.test.ts": logged("unit2"),
  };
  await run(files, { atOnce: 2 });
  const order = readFileSync(logFile, "utf8").trim().split(" ");
  const at = (what: string) => order.indexOf(what);
  const before = (...names: string[]) =>
    assert.ok(
      names.every((name, i) => i === 0 || at(names[i - 1]!) < at(name)),
      order.join(" "),
    );
  before("unit1+", "unit1-", "unit2+", "unit2-");
  // They do not wait for the others, which take half a second at least.
  for (const other of ["long-", "timed1-"]) before("unit1+", other);
  before("timed1+", "timed1-", "timed2+");
  before("long+", "short+");
  before("timed1+", "short+", "server+");
});

test("asks only for the servers that the chosen files or their helpers name", async () => {
  const files = {
    "helpers/cluster.ts": `import { link } from "./link.ts"; export const cluster = link;`,
    "helpers/link.ts": `export const link = () => process.env.${NAMED.nats};`,
    "a.test.ts": `import { cluster } from "./helpers/cluster.ts"; if (!cluster()) throw 1; ${prints(1, 1)}`,
    "b.test.ts": `const ${NAMED.mysql} = 1; ${prints(1, 1)}`,
  };
  const one = await run(files, { filters: ["a.test"] });
  assert.equal(one.asked, ["nats"]);
  assert.is(one.summary, "1 passed, 0 failed");
  assert.equal((await run(files)).asked.sort(), ["mariadb", "nats"]);
});

test("a server that cannot be had: the suite is named, and fails under CI only", async () => {
  const files = { "a.test.ts": `const ${NAMED.redis} = 1; ${prints(1, 1)}`, "b.test.ts": prints(1, 1) };
  const athome = await run(files, {}, ["redis"]);
  assert.is(athome.summary, "1 passed, 0 failed");
  assert.is(athome.good, true);
  assert.ok(athome.lines.includes("! test/a.test.ts did not run: no redis"));
  const onCi = await run(files, { ci: true }, ["redis"]);
  assert.is(onCi.summary, "1 passed, 1 failed");
  assert.is(onCi.good, false);
  const nothingElse = await run(files, { filters: ["a.test"] }, ["redis"]);
  assert.is(nothingElse.good, false);
});

test("files do not see a developer's own settings", async () => {
  process.env.BIDA_DATABASE_URL = "mysql://production/";
  const { summary } = await run({
    "a.test.ts": `if (process.env.BIDA_DATABASE_URL) throw 1; ${prints(1, 1)}`,
  }).finally(() => delete process.env.BIDA_DATABASE_URL);
  assert.is(summary, "1 passed, 0 failed");
});

/** False for a process that has ended, also one that nobody has collected yet. */
function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

test("watching: a change matters to the files that import it, directly or not", () => {
  const folder = temporaryFolder("watch");
  const files = {
    "a.test.ts": 'import "./kit.ts";',
    "b.test.ts": 'import { x } from "./lone.ts";',
    "kit.ts": 'export * from "./deep.ts";',
    "deep.ts": 'const lazy = () => import("./kit.ts");',
    "lone.ts": "export const x = 1;",
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const path = (name: string) => join(folder, name);
  const tests = [path("a.test.ts"), path("b.test.ts")];
  assert.equal(affected(tests, [path("deep.ts")]), [path("a.test.ts")]);
  assert.equal(affected(tests, [path("b.test.ts")]), [path("b.test.ts")]);
  assert.equal(affected(tests, [path("deep.ts"), path("lone.ts")]), tests);
  assert.equal(affected(tests, [path("claim.lua")]), tests, "what no module names may matter to any");
});

test("watching: a burst of changes is told once, and packages are none", async () => {
  const folder = temporaryFolder("watch");
  mkdirSync(join(folder, "node_modules"));
  const end = new AbortController();
  const told: string[][] = [];
  onChange(folder, end.signal, (files) => told.push(files));
  const write = () => {
    for (const name of ["one.ts", "two.ts", "node_modules/three.ts"]) writeFileSync(join(folder, name), "");
  };
  // A watcher says nothing of when it has begun to see.
  for (write(); told.length === 0; write()) await pause(300);
  end.abort();
  assert.equal(told[0]?.toSorted(), [join(folder, "one.ts"), join(folder, "two.ts")]);
});

test.run();
