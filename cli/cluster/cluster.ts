/** `bida start --cluster`: a whole cluster on this machine, for trying. It is no way to run one: one machine is one failure. */
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { aborted } from "../../core/aborted.ts";
import { type Config, DEFAULT_PASSWORD, loadConfig } from "../../core/config.ts";
import type { Session } from "../../services/repl/command.ts";
import { Mistake } from "../../services/repl/mistake.ts";
import { makeDataDir } from "../../store/data-dir.ts";
import { END_SIGNALS, exitCodeOf } from "../end-signals.ts";
import { nodeCommand } from "../node-command.ts";
import { Children } from "./children.ts";
import { servers } from "./servers.ts";

/** As `docker-compose.yml` has them, with two dispatchers instead of three. */
const NODES: [name: string, services: string][] = [
  ["scheduler-1", "scheduler"],
  ["scheduler-2", "scheduler"],
  ["dispatcher-1", "dispatcher"],
  ["dispatcher-2", "dispatcher"],
  ["api", "api,admin,notifier"],
];

/** What makes a cluster of other servers. */
const SERVERS = ["BIDA_DATABASE_URL", "BIDA_REDIS_URL", "BIDA_NATS_URL", "SERVICES"];
const READY = /"msg":"Service 'node' started|Service 'node' started/;

/** Runs until Ctrl-C, or until one of its processes ends. @returns the exit code */
export async function runCluster(session: Session): Promise<number> {
  const names = SERVERS.flatMap((name) => [name, `${name}_FILE`]);
  const set = names.filter((name) => process.env[name]);
  if (set.length > 0)
    throw new Mistake(`--cluster starts its own servers; unset ${set.join(", ")}, or type bida start`);
  const config = loadConfig(process.env);
  const folder = resolve(config.dataDir, "cluster");
  makeDataDir(folder);
  // Nobody may read along any more.
  const print = (line: string) => void session.print(line).catch(() => undefined);
  const children = new Children(print);
  // A terminal that is closed takes its output away, and not the others: they are stopped in their order.
  process.stdout.removeAllListeners("error").on("error", () => undefined);
  const over = aborted(session.signal).then(() => null);
  void over.then(() => cutWithSecondSignal(children));
  try {
    const up = startAll(children, config, folder, session).then((natsUrl) => {
      const password = config.adminPassword === DEFAULT_PASSWORD ? `, password ${DEFAULT_PASSWORD}` : "";
      print(
        `The cluster is up: ${config.publicUrl}, user ${config.adminUsername}${password}. Ctrl-C stops it.`,
      );
      print(`Programs with Moleculer reach it at ${natsUrl}; BIDA_NATS_URL=… bida nodes shows it.`);
      return children.failed;
    });
    const failure = await Promise.race([up, over]);
    if (failure === null) return 0;
    process.stderr.write(`bida: ${failure}\n`);
    return 1;
  } finally {
    print("Stopping …");
    await children.stop();
  }
}

/** The servers, then the nodes. @returns where NATS is */
async function startAll(
  children: Children,
  config: Config,
  folder: string,
  { signal, paint }: Session,
): Promise<string> {
  const { children: all, env } = await servers(folder, signal);
  await Promise.all(all.map((child) => children.start(child)));
  const nodeEnv = {
    ...process.env,
    ...env,
    ...(config.secretKey === null ? { BIDA_SECRET_KEY: secretKey(folder) } : {}),
    // As one process on loopback has it.
    BIDA_EGRESS_ALLOW:
      process.env.BIDA_EGRESS_ALLOW ?? [...config.egressAllow, ...config.egressWhileAlone].join(","),
    BIDA_DRAIN_DELAY_MS: process.env.BIDA_DRAIN_DELAY_MS ?? "0",
    BIDA_THREADS: process.env.BIDA_THREADS ?? "1",
    BIDA_LOG_FORMAT: paint.colours ? "text" : "json",
  };
  for (const [name, services] of NODES) {
    const { execPath: command } = process;
    await children.start({
      name,
      command,
      args: nodeCommand(),
      env: { ...nodeEnv, SERVICES: services },
      ready: READY,
      shown: true,
    });
  }
  return env.BIDA_NATS_URL;
}

/** The processes are in groups of their own: nothing but this ends them where nobody waits for their stop. */
function cutWithSecondSignal(children: Children): void {
  for (const signal of END_SIGNALS)
    process.removeAllListeners(signal).once(signal, () => {
      children.kill();
      process.exit(exitCodeOf(signal));
    });
}

/** Made once, and kept with the data that it seals. */
function secretKey(folder: string): string {
  const file = join(folder, "secret.key");
  try {
    writeFileSync(file, randomBytes(32).toString("base64"), { flag: "wx", mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  return readFileSync(file, "utf8").trim();
}
