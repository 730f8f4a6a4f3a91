/** How a node is started: the arguments of `node`. */
import { spawn } from "node:child_process";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The root of the checkout, or `dist` of the package: where everything lies as in the sources. */
export const ROOT = dirname(import.meta.dirname);
/** `.ts` in a checkout, `.js` in the package. */
const EXTENSION = extname(import.meta.filename);
const RUNNER = join(dirname(fileURLToPath(import.meta.resolve("moleculer"))), "bin", "moleculer-runner.js");

/** The young generation small and the old one collected early: memory stays flat (docs/performance.md). */
const V8 = ["--max-semi-space-size=8", "--heap-growing-percent=50"];

/** @param more words behind it: `--repl` */
export const nodeCommand = (more: string[] = []): string[] => [
  ...V8,
  RUNNER,
  "--config",
  join(ROOT, `moleculer.config${EXTENSION}`),
  "--mask",
  `**/*.service${EXTENSION}`,
  ...more,
  join(ROOT, "services"),
];

/**
 * Goes on as another program, with this process's id, streams and environment: signals reach it without a go-between, and
 * nothing is left behind where this one is killed. Where the system cannot (Windows) it is a child.
 */
export async function becomeNode(args: string[], env: NodeJS.ProcessEnv = process.env): Promise<number> {
  if (typeof process.execve === "function" && process.platform !== "win32") {
    process.execve(process.execPath, [process.execPath, ...args], env as Record<string, string>);
  }
  const child = spawn(process.execPath, args, { stdio: "inherit", env });
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal));
  return new Promise((resolve) => child.once("exit", (code) => resolve(code ?? 1)));
}
