/**
 * `npm run bench:import [-- --tasks 100000] [--target sqlite|mysql|both]`: how long a kkbida database takes to move over,
 * and a second time, when there is nothing left to do. MariaDB and the import run as processes of their own.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { closeDatabase, openDatabase } from "../store/database.ts";
import { emptyKkbida, fill } from "../test/import/kkbida.ts";
import { createDatabase, start } from "../test/servers/mariadb.ts";
import { temporaryFolder } from "../test/servers/server.ts";

const ROOT = resolve(import.meta.dirname, "..");
const KEYS: [table: string, key: string[]][] = [
  ["tasks", ["task_id"]],
  ["attempts", ["task_id", "n"]],
  ["destinations", ["lane"]],
  ["kkbida_imports", ["kind", "id"]],
];
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
    run(kkbida.url, place, target, "--dry-run");
    run(kkbida.url, place, target, "first");
    const first = await fingerprint(place);
    run(kkbida.url, place, target, "second");
    const same = first === (await fingerprint(place));
    console.log(
      `${target}: ${same ? "the second changed nothing" : "THE SECOND CHANGED ROWS"} (SHA-256 ${first})`,
    );
    if (!same) process.exitCode = 1;
  }
} finally {
  await server.stop();
}

/** Of all rows that an import writes, in the order of their keys. */
async function fingerprint(place: Record<string, string>): Promise<string> {
  const db = openDatabase({
    databaseUrl: place.BIDA_DATABASE_URL ?? null,
    dataDir: place.BIDA_DATA_DIR ?? "unused",
  });
  const hash = createHash("sha256");
  for (const [table, key] of KEYS) {
    const page = 20_000;
    let after: unknown[] | null = null;
    for (;;) {
      const query = db
        .knex(table)
        .orderBy(key.map((column) => ({ column })))
        .limit(page);
      if (after) query.whereRaw(`(${key}) > (${key.map(() => "?")})`, after as never[]);
      const rows: Record<string, unknown>[] = await query;
      for (const row of rows) hash.update(JSON.stringify(row));
      const last = rows.at(-1);
      if (!last || rows.length < page) break;
      after = key.map((column) => last[column]);
    }
  }
  await closeDatabase(db);
  return hash.digest("hex");
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
