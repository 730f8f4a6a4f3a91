// `npm test -- --watch due store`: runs the chosen files, and after each change those of them that the changed files can matter to.
import { existsSync, readFileSync, watch } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";

const ROOT = resolve(import.meta.dirname, "..");
/** Editors write a file in several steps, and several files at once. */
const SETTLED_MS = 200;
const IGNORED = /(^|\/)(node_modules|dist|data|\.git|\.tmp|cache)(\/|$)|\.log$/;

/**
 * The files that matter after a change: those that are, or import, directly or not, one that changed.
 * @param files tests, as absolute paths
 * @param changed absolute paths; one that is no module of any test (a Lua script, a page) matters to all
 */
export function affected(files: string[], changed: string[]): string[] {
  const modules = files.map((file) => [file, modulesOf(file)] as const);
  const known = new Set(modules.flatMap(([, all]) => [...all]));
  if (changed.some((file) => !known.has(file))) return files;
  return modules.filter(([, all]) => changed.some((file) => all.has(file))).map(([file]) => file);
}

/** A module and all of ours that it imports, directly or not. */
function modulesOf(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file) || !existsSync(file)) return seen;
  seen.add(file);
  for (const [, to = ""] of readFileSync(file, "utf8").matchAll(/(?:from|import)[\s(]*["'](\.[^"']+)["']/g))
    modulesOf(resolve(dirname(file), to), seen);
  return seen;
}

/** Calls `changed` with the paths of each burst of changes below a folder, until the signal. */
export function onChange(folder: string, signal: AbortSignal, changed: (files: string[]) => void): void {
  const files = new Set<string>();
  const burst: { over?: NodeJS.Timeout } = {};
  watch(folder, { recursive: true, signal }, (_event, name) => {
    if (name === null || IGNORED.test(name.split(sep).join("/"))) return;
    files.add(join(folder, name));
    clearTimeout(burst.over);
    burst.over = setTimeout(() => {
      changed([...files]);
      files.clear();
    }, SETTLED_MS);
  });
}

/**
 * Goes on until the process is ended.
 * @param choose the chosen tests as they are now, as absolute paths
 * @param run runs those, by their paths in the project
 */
export async function watchTests(
  choose: () => string[],
  run: (paths: string[]) => Promise<unknown>,
): Promise<never> {
  const waiting: string[] = [];
  const bell: { ring?: () => void } = {};
  onChange(ROOT, new AbortController().signal, (files) => {
    waiting.push(...files);
    bell.ring?.();
  });
  for (let next = choose(); ; ) {
    if (next.length > 0) await run(next.map((file) => relative(ROOT, file).split(sep).join("/")));
    console.log("Waiting for a change; Ctrl-C ends this");
    if (waiting.length === 0)
      await new Promise<void>((done) => {
        bell.ring = done;
      });
    const changed = waiting.splice(0);
    next = affected(choose(), changed);
    console.log(`${changed.length} changed, ${next.length} to run`);
  }
}
