// The test runner behind `npm test`. `npm test -- due store` runs only the files whose path contains one of the words;
// `npm test -- --watch due store` runs them again when a file that they import changes.
//
// Every test file is a uvu suite in a process, a process group and a temporary folder of its own, none of which
// outlives it. A file needs a server when its text, or that of a helper it imports from test/, names it the way
// NEEDS below describes; one in a folder `browser` needs Chromium. Only the servers that the chosen files need are
// started. Where one cannot be had, those files do not run, which the end of the output says, and which is a failure
// under CI=true.
import { spawn } from "node:child_process";
import { closeSync, existsSync, globSync, mkdirSync, openSync, readFileSync, rmSync, watch } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { stripVTControlCharacters } from "node:util";
import type { Program } from "./servers/binaries.ts";
import { boundToUs, endWithUs } from "./servers/process.ts";
import { dataParent, temporaryFolder } from "./servers/server.ts";
import { provide } from "./servers/shared.ts";

const TERM_GRACE_MS = 3000;
/** Hundreds of nodes and commands are started: compiling is 40 % of a start. */
const COMPILED = join(import.meta.dirname, "../node_modules/.cache/bida");
const FIGURES = /^ {2}Total: +(\d+)\n {2}Passed: +(\d+)\n {2}Skipped: +(\d+)$/gm;

/** These start whole clusters and browsers, or install all packages, and may take longer. */
const HEAVY = /\/(e2e|chaos|browser|scripts|hostile)\//;

/**
 * What a file may say of itself in its first comment: about how long it takes, and that it measures time, so no
 * other such file may run beside it.
 */
const TAKES = /@takes (\d+) s\b/;
const TIMED = /@timed\b/;

const NEEDS: Record<Program, RegExp> = {
  mariadb: /TEST_MYSQL_URL|\bmysqlDatabase\b|\/mariadb\.ts["']/,
  redis: /TEST_REDIS_URL|\bredisUrl\b|\/redis\.ts["']/,
  nats: /TEST_NATS_URL|\bnatsUrl\b|\/nats\.ts["']/,
  chromium: /["']chromium["']/,
};

/** What a run works on; the defaults are the project's own tests. */
export interface Options {
  /** The folder with the `*.test.ts` files, at any depth. */
  folder: string;
  /** Only files whose path contains one of these; none: all. */
  filters: string[];
  /** True: suites that cannot run count as failed. */
  ci: boolean;
  say(line: string): void;
  provide: typeof provide;
  /** Files with servers that run beside each other. Half of a test's time is waiting, for servers, leases, silences: five keep two cores busy. */
  atOnce: number;
  limitMs(path: string): number;
  /** How long a file may take to end by itself once its figures are out: some have installed packages to delete. */
  lingerMs: number;
}

interface TestFile {
  /** From the project's root, with `/`. */
  path: string;
  absolute: string;
  needs: Program[];
  takesS: number;
  timed: boolean;
}

interface Count {
  passed: number;
  failed: number;
  skipped: number;
}

const PROJECT: Options = {
  folder: import.meta.dirname,
  filters: [],
  ci: /^(1|true)$/i.test(process.env.CI ?? ""),
  say: (line) => console.log(line),
  provide,
  atOnce: 5,
  limitMs: (path) => (HEAVY.test(path) ? 1_200_000 : 600_000),
  lingerMs: 30_000,
};

/** Runs the test files and reports through `say`, last `N passed, N failed[, N skipped]`; true when all is well. */
export async function runTests(given: Partial<Options> = {}): Promise<boolean> {
  const options = { ...PROJECT, ...given };
  const files = findFiles(options);
  const data = temporaryFolder("data", dataParent());
  process.env.TEST_DATA = data; // the shared servers are started by this process
  const provided = await options.provide(new Set(files.flatMap((file) => file.needs)), options.say);
  const lacks = (file: TestFile) => file.needs.find((program) => provided.missing.has(program));
  const notRun = files.filter(lacks);
  const ready = files.filter((file) => !lacks(file));
  const width = Math.max(0, ...ready.map((file) => file.path.length));
  const scratch = temporaryFolder("run");
  const sum: Count = { passed: 0, failed: 0, skipped: 0 };

  async function runOne(file: TestFile): Promise<void> {
    const own = String(ready.indexOf(file));
    const addresses = {
      ...provided.env,
      TEST_DATA: join(data, own),
      TEST_OPENAPI: join(scratch, "openapi.json"),
    };
    const result = await runFile(file, join(scratch, own), addresses, options);
    const count = judge(result.output, result.how);
    for (const key of ["passed", "failed", "skipped"] as const) sum[key] += count[key];
    const mark = count.failed > 0 ? "✗" : "✓";
    const figures = `${count.passed}/${count.passed + count.failed}`.padStart(7);
    const how = result.how === "exit 0" || result.how === "exit 1" ? "" : `  (${result.how})`;
    options.say(
      `${mark} ${file.path.padEnd(width)} ${figures} ${result.seconds.toFixed(1).padStart(6)} s${how}`,
    );
    // Indented, so nothing a test prints can be taken for the summary.
    if (count.failed > 0) options.say(result.output.trimEnd().replace(/^/gm, "  | "));
  }

  const unit = ready.filter((file) => file.needs.length === 0 && file.takesS === 0);
  const others = ready.filter((file) => !unit.includes(file));
  await Promise.all([
    // Short, and without a server: one at a time they compute while the others wait for theirs.
    inParallel(unit, others.length > 0 ? 1 : options.atOnce, runOne),
    // The longest first, or it would go on when all the others are done.
    inParallel(
      others.sort((a, b) => b.takesS - a.takesS),
      options.atOnce,
      runOne,
      (file, running) => !(file.timed && running.some(({ timed }) => timed)),
    ),
  ]);
  await provided.stop();
  for (const one of [scratch, data]) rmSync(one, { recursive: true, force: true });

  for (const file of notRun) options.say(`! ${file.path} did not run: ${provided.missing.get(lacks(file)!)}`);
  if (files.length === 0) options.say(`No test file matches ${options.filters.join(", ") || options.folder}`);
  if (options.ci) sum.failed += notRun.length;
  const skipped = sum.skipped > 0 ? `, ${sum.skipped} skipped` : "";
  options.say(`${sum.passed} passed, ${sum.failed} failed${skipped}`);
  return sum.failed === 0 && ready.length > 0;
}

function findFiles({ folder, filters }: Options): TestFile[] {
  const root = dirname(folder);
  return globSync("**/*.test.ts", { cwd: folder })
    .sort()
    .map((name) => {
      const absolute = join(folder, name);
      const path = relative(root, absolute).split(sep).join("/");
      const text = withHelpers(absolute, folder);
      const needs = (Object.keys(NEEDS) as Program[]).filter((program) => NEEDS[program].test(text));
      if (path.includes("/browser/") && !needs.includes("chromium")) needs.push("chromium");
      const own = readFileSync(absolute, "utf8");
      const [, takes = 0] = TAKES.exec(own) ?? [];
      return { path, absolute, needs, takesS: Number(takes), timed: TIMED.test(own) };
    })
    .filter(({ path }) => filters.length === 0 || filters.some((word) => path.includes(word)));
}

/** A file's text and that of all it imports from the test folder, except this runner and the servers' own modules. */
function withHelpers(file: string, folder: string, seen = new Set([import.meta.filename])): string {
  if (seen.has(file) || !existsSync(file)) return "";
  seen.add(file);
  let text = readFileSync(file, "utf8");
  for (const [, path] of text.matchAll(/(?:from|import)[\s(]*["'](\.[^"']+)["']/g)) {
    const imported = resolve(dirname(file), path!);
    const isHelper = imported.startsWith(folder + sep) && !imported.startsWith(join(folder, "servers") + sep);
    if (isHelper) text += withHelpers(imported, folder, seen);
  }
  return text;
}

/** Runs one file to its end or time limit. `how` is "exit N", a signal, or words about why it was stopped. */
async function runFile(file: TestFile, folder: string, addresses: Record<string, string>, options: Options) {
  const folders = [folder, addresses.TEST_DATA as string];
  for (const one of folders) mkdirSync(one, { recursive: true });
  const logFile = `${folder}.log`;
  const log = openSync(logFile, "w");
  const started = performance.now();
  const child = spawn(...boundToUs(process.execPath, [file.absolute]), {
    stdio: ["ignore", log, log],
    detached: true, // leads a group of its own, so all it started can be ended with it
    env: { ...cleanEnvironment(), ...addresses, TMPDIR: folder, NODE_COMPILE_CACHE: COMPILED },
  });
  closeSync(log);
  let stopped: string | undefined;
  const timers: NodeJS.Timeout[] = [];
  const stopAfter = (ms: number, why: string) => {
    const stop = () => {
      stopped ??= why;
      child.kill("SIGTERM"); // its exit handlers may have something to end that left the group
      timers.push(setTimeout(() => child.kill("SIGKILL"), TERM_GRACE_MS));
    };
    timers.push(setTimeout(stop, ms));
  };
  const limitMs = options.limitMs(file.path);
  stopAfter(limitMs, `stopped after ${limitMs / 1000} s`);
  // A test that fails often leaves something open: that must not cost the whole time limit.
  const watcher = watch(logFile, () => {
    if (!figuresIn(readFileSync(logFile, "utf8"))) return;
    watcher.close();
    stopAfter(options.lingerMs, "stopped: something it left open kept it from ending");
  });
  const end = await endWithUs(child, true);
  watcher.close();
  for (const timer of timers) clearTimeout(timer);
  const output = readFileSync(logFile, "utf8");
  for (const one of folders) rmSync(one, { recursive: true, force: true, maxRetries: 3 });
  return { how: stopped ?? end, output, seconds: (performance.now() - started) / 1000 };
}

/** The environment without anything that would configure Bida: no test may reach a developer's real database. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const foreign = /^(BIDA_.*|SERVICES|NAMESPACE|TEST_(MYSQL|REDIS|NATS)_URL)$/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
}

/**
 * Counts by uvu's own figures. What they cannot show is one failure: a file that printed none, or that ended badly
 * although all in it passed. (A hook that throws shows in the figures only: uvu then exits with 0.)
 */
function judge(output: string, how: string): Count {
  const figures = figuresIn(output);
  if (!figures) return { passed: 0, failed: 1, skipped: 0 };
  const [total, passed, skipped] = figures;
  return { passed, failed: total - passed || (how === "exit 0" ? 0 : 1), skipped };
}

/** The last total, passed and skipped that uvu printed; undefined before it is done. */
function figuresIn(output: string): [number, number, number] | undefined {
  const last = [...stripVTControlCharacters(output).matchAll(FIGURES)].at(-1);
  return last && (last.slice(1).map(Number) as [number, number, number]);
}

/** Works on `width` items at once, in their order, but on none beside `running` ones that it does not fit. */
async function inParallel<T>(
  items: T[],
  width: number,
  work: (item: T) => Promise<void>,
  fits: (item: T, running: T[]) => boolean = () => true,
): Promise<void> {
  const [queue, running] = [[...items], new Set<T>()];
  const lane = async () => {
    for (;;) {
      // Nothing fits: what runs in another lane does not, and that lane goes on with the rest.
      const at = queue.findIndex((item) => fits(item, [...running]));
      const [item] = at < 0 ? [] : queue.splice(at, 1);
      if (item === undefined) return;
      running.add(item);
      await work(item);
      running.delete(item);
    }
  };
  await Promise.all(Array.from({ length: width }, lane));
}

/** The chosen test files of the project, as absolute paths. */
const chosen = (filters: string[]): string[] =>
  findFiles({ ...PROJECT, filters }).map(({ absolute }) => absolute);

if (import.meta.main) {
  const filters = process.argv.slice(2).filter((word) => word !== "--watch");
  if (filters.length < process.argv.length - 2) {
    const { watchTests } = await import("./watch.ts");
    await watchTests(
      () => chosen(filters),
      (paths) => runTests({ filters: paths }),
    );
  } else process.exitCode = (await runTests({ filters })) ? 0 : 1;
}
