/** `bida start` where a setting is wrong: one line that names it, exit code 2, as with `npm start`. @takes 20 s */
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { migrateHere } from "../../cli/migrate.ts";
import { Refused } from "../../services/repl/mistake.ts";
import { sessionWith } from "../../services/repl/session.ts";
import { until } from "../e2e/kit/until.ts";
import { temporaryFolder } from "../servers/server.ts";
import { bida, environment, started } from "./command.ts";

const folder = temporaryFolder("start");
writeFileSync(join(folder, "file"), "");

/** Node's own way of making folders never ends at the second one. */
const NO_FOLDERS: [dataDir: string, reason: string][] = [
  [join(folder, "file/data"), "ENOTDIR: not a directory"],
  ["/proc/nope", "ENOENT: no such file or directory"],
];
for (const [dataDir, reason] of NO_FOLDERS)
  for (const args of [["start"], ["start", "--cluster"], ["migrate"]])
    test(`${args.join(" ")}, BIDA_DATA_DIR=${dataDir.replace(folder, "…")}`, async () => {
      const { code, out, err } = await bida(args, environment({ BIDA_DATA_DIR: dataDir, BIDA_PORT: "0" }));
      assert.equal([code, out.includes("Stopping")], [2, false], err);
      assert.match(err, /^bida: BIDA_DATA_DIR: [^\n]*; set another one\n$/);
      assert.ok(err.includes(reason), err);
    });

test("a port that is taken: the line says what to set", async () => {
  const other = createServer();
  await new Promise<void>((listening) => other.listen(0, "127.0.0.1", listening));
  const { port } = other.address() as { port: number };
  const env = environment({ BIDA_DATA_DIR: folder, BIDA_PORT: String(port) });
  const { code, err } = await bida(["start"], env).finally(() => other.close());
  assert.is(code, 2, err);
  assert.match(err, /^bida: BIDA_PORT: [^\n]* in use by another program; .*, such as BIDA_PORT=\d+\n$/);
});

/** Stands for MariaDB: it does not end with SIGTERM. Its data is complete where a file says that it may be. */
const PROGRAMS = {
  mariadbd:
    '[ "$2" = --version ] && { echo MariaDB; exit; }; trap "" TERM; touch "$0.up"; while :; do sleep 1; done',
  "mariadb-install-db":
    'for a; do case $a in --datadir=*) mkdir -p "${a#*=}";; esac; done; [ -e "$0.whole" ] || { echo full >&2; exit 1; }',
  "redis-server": "exec sleep 600",
  "nats-server": "exec sleep 600",
};

test("start --cluster: half of the system tables is no data; a second signal leaves nobody behind", async () => {
  const [bin, data] = [join(folder, "bin"), join(folder, "data")];
  mkdirSync(bin);
  for (const [name, script] of Object.entries(PROGRAMS))
    writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const env = environment({ BIDA_DATA_DIR: data, BIDA_PORT: "0", PATH: `${bin}:${process.env.PATH}` });
  const full = await bida(["start", "--cluster"], env);
  assert.is(full.code, 1);
  assert.match(full.err, /mariadb-install-db failed: full\n$/);
  const tables = join(data, "cluster/mysql/data");
  assert.not.ok(existsSync(tables));

  writeFileSync(join(bin, "mariadb-install-db.whole"), "");
  const { child, said, ended } = started(["start", "--cluster"], env);
  await until("the database", () => existsSync(join(bin, "mariadbd.up")));
  assert.ok(existsSync(tables));
  child.kill("SIGINT");
  await until("its stop", () => said.out.includes("Stopping"));
  child.kill("SIGINT");
  assert.is((await ended).code, 130);
  const left = () => execFileSync("ps", ["-eo", "args"], { encoding: "utf8" }).includes(bin);
  await until("all to be gone", () => !left());
});

test("migrate that is interrupted ends before the next migration, and says what is left; then it goes on", async () => {
  const before = process.env.BIDA_DATA_DIR;
  process.env.BIDA_DATA_DIR = join(folder, "migrated");
  const session = (signal?: AbortSignal) => sessionWith(null as never, signal ? { signal } : {});
  try {
    const error = await migrateHere(session(AbortSignal.abort()), false).catch((thrown: Error) => thrown);
    assert.instance(error, Refused);
    assert.match((error as Refused).message, /: interrupted; still to run: 001_tasks, .*026_inbox$/);
    assert.match((await migrateHere(session(), false)).text, /: ran 001_tasks, /);
  } finally {
    if (before === undefined) delete process.env.BIDA_DATA_DIR;
    else process.env.BIDA_DATA_DIR = before;
  }
});

test("a command that waits for an answer ends with the signal, and its exit code says which", async () => {
  const silent = createServer();
  await new Promise<void>((listening) => silent.listen(0, "127.0.0.1", listening));
  const { port } = silent.address() as { port: number };
  const url = `http://127.0.0.1:${port}`;
  for (const [args, signal, wanted] of [
    [["doctor", "--url", url], "SIGINT", 130],
    [["tasks", "list", "--url", url, "--json"], "SIGTERM", 143],
  ] as const) {
    const asked = once(silent, "connection");
    const { child, ended } = started([...args], environment());
    await asked;
    const since = Date.now();
    child.kill(signal);
    const { code, err } = await ended;
    assert.equal([code, err], [wanted, ""]);
    assert.ok(Date.now() - since < 10_000, "not only once the answer is overdue");
  }
  silent.close();
});

test.run();
