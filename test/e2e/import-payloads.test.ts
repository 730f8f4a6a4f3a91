/** Payloads that lay in kkbida's tables are sent as they stood there, by both databases. @takes 15 s */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { run } from "../import/command.ts";
import { emptyKkbida, idOf, insert, logRow, taskRow } from "../import/kkbida.ts";
import { mysqlDatabase, redisUrl } from "../servers/env.ts";
import { dataFolder } from "../servers/server.ts";
import { startEmbedded } from "./kit/embedded.ts";
import { isLegacy } from "./kit/payload-entries.ts";
import { judge } from "./kit/payload-judge.ts";
import { REFUSED } from "./kit/payload-refusals.ts";
import { PAYLOADS, type Payload } from "./kit/payload-table.ts";

/** kkbida's column is a TEXT. */
const isStored = (row: Payload): boolean => isLegacy(row) && Buffer.byteLength(row.param ?? "") < 65_536;

/** Of a key that stands twice fastjson keeps the last value, at the place of the first. */
const TWICE = REFUSED.flatMap(({ name, param, legacy }): Payload[] =>
  param === undefined || legacy === undefined ? [] : [{ name, param, body: legacy }],
);

const wall = (ms: number) => new Date(ms + 8 * 3_600_000).toISOString().slice(0, 19).replace("T", " ");

async function imported(
  database: { BIDA_DATABASE_URL: string; BIDA_REDIS_URL: string } | null,
): Promise<void> {
  const place = { databaseUrl: database?.BIDA_DATABASE_URL ?? null, dataDir: dataFolder("import") };
  const kkbida = await emptyKkbida();
  const world = await startEmbedded({ ...database, BIDA_DATA_DIR: place.dataDir });
  const send = async (rows: Payload[], url: string): Promise<string[]> => {
    const expireTimestamp = wall(Date.now() - 60_000);
    const tasks = rows.map(({ method = "POST", param, suffix = "" }, n) => {
      const request = { url: url + suffix, requestMethod: method, requestParamTxt: param };
      return taskRow({ taskId: idOf(n), ...request, expectResult: "ok", expireTimestamp });
    });
    await insert(kkbida, "callback_task", tasks);
    await insert(
      kkbida,
      "call_back_log",
      tasks.map((_, n) => logRow({ taskId: idOf(n) })),
    );
    const { how, stdout, stderr } = await run([kkbida.url], place, { ...database });
    assert.is(how, "exit 0", stderr + stdout);
    return tasks.map((_, n) => idOf(n));
  };
  try {
    await judge(world, { name: "import:kkbida", takes: isStored, kkbida: true, send }, [
      ...PAYLOADS,
      ...TWICE,
    ]);
  } finally {
    await world.stop();
    await kkbida.close();
  }
}

test("payloads out of kkbida's tables, into SQLite", () => imported(null));

test("payloads out of kkbida's tables, into MariaDB", async () =>
  imported({ BIDA_DATABASE_URL: await mysqlDatabase(), BIDA_REDIS_URL: await redisUrl() }));

test.run();
