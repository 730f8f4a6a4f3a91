/** The command line as a child process, as people type it. */
import { spawn } from "node:child_process";
import { resolve } from "node:path";
import { boundToUs, endWithUs } from "../servers/process.ts";

export const ROOT = resolve(import.meta.dirname, "../..");
const PROGRAM = resolve(ROOT, "bin/bida.mjs");

export interface Done {
  code: number | string;
  out: string;
  err: string;
}

/** Nothing of this machine's settings, and no colours. */
export function environment(more: Record<string, string> = {}): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^(BIDA_|SERVICES|FORCE_COLOR)/.test(name));
  return { ...Object.fromEntries(own), TZ: "Asia/Shanghai", ...more };
}

/** Starts it; `out` grows as it prints. */
export function started(args: string[], env: NodeJS.ProcessEnv = environment()) {
  const child = spawn(...boundToUs(process.execPath, [PROGRAM, ...args]), {
    env,
    stdio: ["pipe", "pipe", "pipe"],
  });
  const said = { out: "", err: "" };
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    said.out += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    said.err += text;
  });
  const closed = new Promise<void>((done) => child.once("close", () => done()));
  const ended = endWithUs(child).then(async (how): Promise<Done> => {
    await closed;
    return { code: how.startsWith("exit ") ? Number(how.slice(5)) : how, ...said };
  });
  return { child, said, ended };
}

/** Runs it to its end. */
export function bida(args: string[], env?: NodeJS.ProcessEnv, input = ""): Promise<Done> {
  const { child, ended } = started(args, env);
  child.stdin?.on("error", () => undefined);
  child.stdin?.end(input);
  return ended;
}
