/** The servers of a run, each in a temporary folder, with the durability that people run them with. */

import { spawnSync } from "node:child_process";
import { chownSync } from "node:fs";
import { findBinary } from "../../test/servers/binaries.ts";
import { start as startMariadb } from "../../test/servers/mariadb.ts";
import { start as startNats } from "../../test/servers/nats.ts";
import { freePort } from "../../test/servers/ports.ts";
import { launch } from "../../test/servers/process.ts";
import { start as startRedis } from "../../test/servers/redis.ts";
import { type TestServer, temporaryFolder } from "../../test/servers/server.ts";

export interface NatsServer extends TestServer {
  /** Where it tells its figures. */
  monitorUrl: string;
}

/** Every commit is synced, as by default; memory and log as a small server has them. */
export const mariadb = (): Promise<TestServer> =>
  startMariadb(["--innodb-buffer-pool-size=1G", "--innodb-log-file-size=512M", "--max-allowed-packet=64M"]);

/**
 * - `default`: Redis as it comes: a snapshot now and then.
 * - `everysec`: an append-only file, as in docker-compose.yml.
 * - `always`: synced before each answer, as durable as a commit.
 */
export function redis(persistence: "default" | "everysec" | "always"): Promise<TestServer> {
  const snapshots = ["--save", "3600 1 300 100 60 10000"];
  const log = ["--appendonly", "yes", "--appendfsync", persistence];
  return startRedis([...snapshots, ...(persistence === "default" ? [] : log)]);
}

export async function nats(): Promise<NatsServer> {
  const port = await freePort();
  const server = await startNats(["--http_port", String(port)]);
  return Object.assign(server, { monitorUrl: `http://127.0.0.1:${port}` });
}

/** PostgreSQL with its defaults; null where it is not installed. It refuses to run as root. */
export async function postgres(): Promise<{ url: string; pid: number; stop(): Promise<void> } | null> {
  const [server, init] = [findBinary("postgres"), findBinary("initdb")];
  if (!server || !init) return null;
  const folder = temporaryFolder("postgres");
  const asRoot = process.getuid?.() === 0;
  const user = asRoot ? ids("postgres") : null;
  if (asRoot && !user) return null;
  if (user) chownSync(folder, user[0], user[1]);
  const prefix = user
    ? ["setpriv", `--reuid=${user[0]}`, `--regid=${user[1]}`, "--clear-groups", "--pdeathsig", "KILL"]
    : [];
  const [command = "", ...args] = [...prefix, init, "-D", `${folder}/data`, "-U", "bench", "-A", "trust"];
  const made = spawnSync(command, args, { cwd: folder, encoding: "utf8" });
  if (made.status !== 0) throw new Error(made.stderr);
  const port = await freePort();
  const [program = "", ...rest] = [
    ...prefix,
    server,
    "-D",
    `${folder}/data`,
    "-p",
    String(port),
    "-k",
    folder,
  ];
  const running = launch(program, rest, { cwd: folder });
  await running.printed(/database system is ready to accept connections/);
  return {
    url: `postgres://bench@127.0.0.1:${port}/postgres`,
    pid: running.pid,
    stop: () => running.stop("SIGINT"),
  };
}

function ids(user: string): [number, number] | null {
  const [uid, gid] = ["-u", "-g"].map((flag) => spawnSync("id", [flag, user], { encoding: "utf8" }));
  return uid?.status === 0 && gid?.status === 0 ? [Number(uid.stdout), Number(gid.stdout)] : null;
}
