// A throwaway MariaDB or MySQL, with the durability a real one has.
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { createConnection } from "mysql2/promise";
import { findBinary, needProgram } from "./binaries.ts";
import { startServer, type TestServer } from "./server.ts";

const run = promisify(execFile);

/**
 * Starts a database server; `url` is root's, without a database: `mysql://root@127.0.0.1:PORT/`.
 * @param options more of the server's, which win over ours
 */
export async function start(options: string[] = []): Promise<TestServer> {
  const command = needProgram("mariadb");
  const isMaria = (await run(command, ["--no-defaults", "--version"])).stdout.includes("MariaDB");
  return startServer({
    name: "mariadb",
    command,
    ready: /ready for connections/,
    url: (port) => `mysql://root@127.0.0.1:${port}/`,
    args: (port, folder) => [
      ...common(folder),
      `--port=${port}`,
      "--bind-address=127.0.0.1",
      `--socket=${join(folder, "s")}`,
      `--pid-file=${join(folder, "pid")}`,
      `--init-file=${join(folder, "init.sql")}`,
      "--skip-name-resolve",
      "--skip-log-bin",
      "--character-set-server=utf8mb4",
      "--max-connections=500",
      "--innodb-buffer-pool-size=64M",
      "--innodb-flush-log-at-trx-commit=1",
      "--performance-schema=OFF",
      "--loose-mysqlx=OFF",
      ...options,
    ],
    async prepare(folder) {
      // The system tables know root@localhost only, and without name resolution 127.0.0.1 is not localhost.
      const root = "'root'@'127.0.0.1'";
      const grants = `CREATE USER IF NOT EXISTS ${root};\nGRANT ALL ON *.* TO ${root} WITH GRANT OPTION;\n`;
      await writeFile(join(folder, "init.sql"), grants);
      if (!isMaria) {
        await run(command, [...common(folder), "--initialize-insecure"]);
        return;
      }
      const install = findBinary("mariadb-install-db", "mysql_install_db");
      if (!install) throw new Error(`${basename(command)} is installed, but mariadb-install-db is not`);
      const installing = [
        "--auth-root-authentication-method=normal",
        "--skip-test-db",
        "--skip-name-resolve",
      ];
      await run(install, [...common(folder), ...installing], { cwd: dirname(folder) });
    },
  });
}

/** A fresh, empty utf8mb4 database on a server; returns its URL, `mysql://root@127.0.0.1:PORT/bida_<random>`. */
export async function createDatabase(server: { url: string }): Promise<string> {
  const name = `bida_${randomBytes(6).toString("hex")}`;
  const connection = await createConnection({ uri: server.url });
  try {
    await connection.query(`CREATE DATABASE ${name} CHARACTER SET utf8mb4`);
  } finally {
    await connection.end();
  }
  return new URL(name, server.url).href;
}

/** The options that making the system tables and serving them share. */
function common(folder: string): string[] {
  const user = process.getuid?.() === 0 ? ["--user=root"] : [];
  return [
    "--no-defaults",
    ...user,
    `--datadir=${join(folder, "data")}`,
    `--tmpdir=${folder}`,
    "--loose-innodb-log-file-size=16M",
  ];
}
