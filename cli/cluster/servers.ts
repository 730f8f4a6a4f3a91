/** The servers of a cluster on this machine: on loopback, on ports that are free, their data in a folder. */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { Refused } from "../../services/repl/mistake.ts";
import type { Child } from "./children.ts";
import { findBinary, programs } from "./programs.ts";

export interface Servers {
  children: Child[];
  /** Settings of nodes that use them. */
  env: Record<"BIDA_DATABASE_URL" | "BIDA_REDIS_URL" | "BIDA_NATS_URL", string>;
}

/** Where programs with Moleculer look for NATS unless they are told; it is taken where nobody else has it. */
const NATS_PORT = 4222;

/** Root has no password; the server listens on loopback only. */
const DATABASE = "bida";

/**
 * @param folder is there
 * @param signal ends the making of data
 * @throws Refused where a program is missing, or its data cannot be made
 */
export async function servers(folder: string, signal: AbortSignal): Promise<Servers> {
  const found = programs();
  const [database, redis, nats] = await Promise.all([freePort(), freePort(), portFor(NATS_PORT)]);
  const redisFolder = join(folder, "redis");
  mkdirSync(redisFolder, { recursive: true });
  return {
    children: [
      await mysql(found.database, join(folder, "mysql"), database, signal),
      {
        name: "redis",
        command: found.redis,
        args: [
          ...["--port", String(redis), "--bind", "127.0.0.1", "--dir", redisFolder],
          ...["--appendonly", "yes", "--maxmemory-policy", "noeviction", "--daemonize", "no"],
        ],
        ready: /Ready to accept connections/i,
        shown: false,
      },
      {
        name: "nats",
        command: found.nats,
        args: ["--addr", "127.0.0.1", "--port", String(nats)],
        ready: /Server is ready/,
        shown: false,
      },
    ],
    env: {
      BIDA_DATABASE_URL: `mysql://root@127.0.0.1:${database}/${DATABASE}`,
      BIDA_REDIS_URL: `redis://127.0.0.1:${redis}`,
      BIDA_NATS_URL: `nats://127.0.0.1:${nats}`,
    },
  };
}

async function mysql(command: string, folder: string, port: number, signal: AbortSignal): Promise<Child> {
  const data = join(folder, "data");
  // Sockets have short names; a folder's may be long.
  const common = ["--no-defaults", ...(process.getuid?.() === 0 ? ["--user=root"] : [])];
  if (!existsSync(data)) await makeData(command, data, common, signal);
  const init = join(folder, "init.sql");
  const root = "'root'@'127.0.0.1'";
  writeFileSync(
    init,
    [
      `CREATE USER IF NOT EXISTS ${root};`,
      `GRANT ALL ON *.* TO ${root} WITH GRANT OPTION;`,
      `CREATE DATABASE IF NOT EXISTS ${DATABASE} CHARACTER SET utf8mb4;\n`,
    ].join("\n"),
  );
  return {
    name: "database",
    command,
    args: [
      ...common,
      `--datadir=${data}`,
      `--port=${port}`,
      "--bind-address=127.0.0.1",
      "--skip-name-resolve",
      `--socket=${join(folder, "s")}`,
      `--pid-file=${join(folder, "pid")}`,
      `--init-file=${init}`,
      "--character-set-server=utf8mb4",
      "--max-connections=300",
      "--skip-log-bin",
      "--loose-mysqlx=OFF",
    ],
    ready: /ready for connections.*|port: \d+/i,
    shown: false,
  };
}

/** The system tables, once. They get their name when they are complete: half of them would be taken for all. */
async function makeData(command: string, data: string, common: string[], signal: AbortSignal): Promise<void> {
  const unfinished = `${data}.new`;
  const all = [...common, `--datadir=${unfinished}`];
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(dirname(data), { recursive: true });
  if (!(await run(command, ["--no-defaults", "--version"], signal)).includes("MariaDB")) {
    await run(command, [...all, "--initialize-insecure"], signal);
  } else {
    const install = findBinary("mariadb-install-db", "mysql_install_db");
    if (install === null)
      throw new Refused("mariadb-install-db not found; install it (apt install mariadb-server)");
    const how = ["--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve"];
    await run(install, [...all, ...how], signal, dirname(dirname(data)));
  }
  renameSync(unfinished, data);
}

/** @returns what it printed @throws Refused */
async function run(program: string, args: string[], signal: AbortSignal, cwd?: string): Promise<string> {
  try {
    return (await promisify(execFile)(program, args, { signal, ...(cwd ? { cwd } : {}) })).stdout;
  } catch (error) {
    const { stderr = "", message } = error as Error & { stderr?: string };
    throw new Refused(`${program} failed: ${stderr.trim().split("\n").at(-1) || message}`);
  }
}

/** The port if nobody listens on it just now, otherwise another. */
const portFor = (port: number): Promise<number> => freePort(port).catch(() => freePort());

/** @param wanted 0: any that nobody listens on just now */
async function freePort(wanted = 0): Promise<number> {
  const server = createServer();
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.once("error", reject);
  server.listen(wanted, "127.0.0.1", () => {
    const address = server.address();
    server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
  });
  return promise;
}
