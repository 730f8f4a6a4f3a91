/**
 * `npm run bench:import [-- --tasks 100000] [--target sqlite|mysql|both]`: how long a kkbida database takes to move over,
 * and a second time, when there is nothing left to do. MariaDB and the import run as processes of their own.
 */
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { createDatabase, start } from "../test/servers/mariadb.ts";
import { temporaryFolder } from "../test/servers/server.ts";
import { emptyKkbida, fill } from "../test/import/kkbida.ts";

const ROOT = resolve(import.meta.dirname, "..");
const TARGETS = ["sqlite", "mysql"];

const { values } = parseArgs({
  options: { tasks: { type: "string", default: "100000" }, target: { type: "string", default: "both" } },
});
const tasks = Number(values.tasks);
const targets = values.target === "both" ? TARGETS : TARGETS.filter((name) => name === values.target);
if (!(tasks >= 1) || targets.length === 0) {
  console.error("usage: npm run bench:import -- [--tasks 100000] [--target sqlite|mysql|both]");
  process.exit(2);
}

const server = await start();
try {
  const kkbida = await emptyKkbida(await createDatabase(server));
  const filled = await fill(kkbida, tasks);
  await kkbida.close();
  console.log(`kkbida: ${JSON.stringify(filled)}`);
  for (const target of targets) {
    const place: Record<string, string> =
      target === "sqlite"
        ? { BIDA_DATA_DIR: temporaryFolder("bench") }
        : { BIDA_DATABASE_URL: await createDatabase(server) };
    for (const what of ["--dry-run", "first", "second"]) run(kkbida.url, place, target, what);
  }
} finally {
  await server.stop();
}

function run(source: string, place: Record<string, string>, target: string, what: string): void {
  const args = [resolve(ROOT, "scripts/import-kkbida.ts"), source, ...(what.startsWith("--") ? [what] : [])];
  const startedAt = performance.now();
  const result = spawnSync(process.execPath, args, {
    cwd: ROOT,
    env: { PATH: process.env.PATH, BIDA_RETENTION_DAYS: "0", ...place },
    encoding: "utf8",
  });
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`${target}, ${what}: ${seconds} s, exit ${result.status}`);
  if (result.status !== 0) console.log(result.stdout, result.stderr);
  else if (what !== "--dry-run")
    console.log(result.stdout.slice(result.stdout.lastIndexOf("tasks in kkbida")));
}
