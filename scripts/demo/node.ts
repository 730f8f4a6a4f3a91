/** Runs one Bida node as a child process, the way `npm start` does, and ends it with us. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { dirname } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { START } from "../start-command.ts";

const ROOT = dirname(dirname(import.meta.dirname));
/** A stopping node finishes its calls; more than its own 30 s is a hang. */
const STOP_WITHIN_MS = 35_000;

export interface BidaNode {
  /** Ends it with SIGTERM; resolves when it is gone. */
  stop(): Promise<void>;
  /** What it printed so far. */
  output(): string;
  /** Resolves with how it ended. */
  ended: Promise<string>;
}

/** Starts a node. `settings` are its whole configuration: nothing of ours is inherited. */
export function startNode(settings: Record<string, string>): BidaNode {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(BIDA_|SERVICES|NAMESPACE)/.test(name));
  const child = spawn(process.execPath, START, {
    cwd: ROOT,
    env: { ...Object.fromEntries(inherited), ...settings },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  const ended = once(child, "exit").then(([code, signal]) => String(signal ?? `exit code ${code}`));
  const kill = () => child.kill("SIGKILL");
  process.on("exit", kill);
  return {
    ended,
    output: () => output,
    async stop() {
      child.kill("SIGTERM");
      const deadline = setTimeout(kill, STOP_WITHIN_MS);
      await ended;
      clearTimeout(deadline);
      process.off("exit", kill);
    },
  };
}

/**
 * Resolves once `/readyz` of `baseUrl` says that everything is usable.
 * @throws Error with the node's output where it ends first, or is not ready in time
 */
export async function readiness(node: BidaNode, baseUrl: string, withinMs = 20_000): Promise<void> {
  let end: string | null = null;
  void node.ended.then((how) => {
    end = how;
  });
  for (const deadline = performance.now() + withinMs; performance.now() < deadline; await pause(50)) {
    if (end !== null) throw new Error(`Bida ended (${end}):\n${node.output()}`);
    const ready = await fetch(`${baseUrl}/readyz`).catch(() => null);
    await ready?.arrayBuffer();
    if (ready?.ok) return;
  }
  throw new Error(`Bida is not ready after ${withinMs} ms:\n${node.output()}`);
}
