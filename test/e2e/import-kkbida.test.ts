/** Moving over from kkbida: what was in flight there is called by Bida, at its due time, and judged as kkbida judged. @takes 28 s */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { run } from "../import/command.ts";
import { emptyKkbida, idOf, insert, type Kkbida, logRow, taskRow } from "../import/kkbida.ts";
import { mysqlDatabase, redisUrl } from "../servers/env.ts";
import { dataFolder } from "../servers/server.ts";
import type { Place } from "../store/fixtures.ts";
import { startEmbedded } from "./kit/embedded.ts";
import { Receiver } from "./kit/receiver.ts";

let kkbida: Kkbida;
let receiver: Receiver;

test.before.each(async () => {
  kkbida = await emptyKkbida();
  receiver = await Receiver.start();
});
test.after.each(async () => {
  await kkbida.close();
  await receiver.stop();
});

/** kkbida's wall clock. */
const wall = (ms: number) => new Date(ms + 8 * 3_600_000).toISOString().slice(0, 19).replace("T", " ");
const succeed = { status: 200, body: "处理成功" };

async function imported(place: Place, env: Record<string, string> = {}): Promise<void> {
  const { how, stderr, stdout } = await run([kkbida.url], place, env);
  assert.is(how, "exit 0", stderr + stdout);
}

test("scenario 4, taken over: called at their due time and never early, with their ids and the next numbers", async () => {
  // Whole seconds, as kkbida keeps them, and late enough for an import on a busy machine.
  const dueAt = Math.ceil((Date.now() + 15_000) / 1000) * 1000;
  const row = (n: number, url: string, more: Record<string, unknown>) =>
    taskRow({
      taskId: idOf(n),
      url,
      createDate: wall(dueAt - 300_000),
      lastModifiedDate: wall(dueAt - 60_000),
      ...more,
    });
  await insert(kkbida, "callback_task", [
    row(1, receiver.url(succeed), { expireTimestamp: wall(dueAt) }),
    row(2, receiver.url(succeed), { callCount: 2, expireTimestamp: wall(dueAt - 3_600_000) }),
    row(3, receiver.url({ status: 201, body: "成功" }), { expireTimestamp: wall(dueAt - 3_600_000) }),
    row(4, receiver.url({ status: 200, body: "失败" }), { callCount: 2, expireTimestamp: null }),
    row(5, receiver.url(succeed), { isSuccess: 1, callCount: 1, expireTimestamp: null }),
    row(6, receiver.url(succeed), { callCount: 3, expireTimestamp: null }),
  ]);
  await insert(kkbida, "call_back_log", [
    logRow({ taskId: idOf(1) }),
    ...[1, 2].map(() => logRow({ taskId: idOf(2) })),
    logRow({ taskId: idOf(3) }),
  ]);
  const place: Place = { databaseUrl: null, dataDir: dataFolder("import") };
  await imported(place);
  const world = await startEmbedded({ BIDA_DATA_DIR: place.dataDir }, receiver);
  try {
    const [call] = await receiver.waitForCalls(idOf(1), 1, 60_000);
    assert.ok(call && call.at >= dueAt, "not before its time");
    assert.equal([call.attempt, call.method, call.body.toString()], [2, "POST", '{"city":"上海"}']);
    assert.is((await world.ended(idOf(1))).state, "succeeded");
    assert.equal(
      (await world.attempts(idOf(1))).map(({ n, outcome, node }) => [n, outcome, node === "kkbida"]),
      [
        [1, "failed", true],
        [2, "succeeded", false],
      ],
    );

    assert.is((await world.ended(idOf(2))).state, "succeeded", "overdue: called at once");
    assert.is(receiver.calls(idOf(2))[0]?.attempt, 3);
    const created = await world.when(idOf(3), ({ callCount }) => callCount === 2);
    assert.is(created.state, "pending", "201 is no success of kkbida's");
    const [third] = await receiver.waitForCalls(idOf(3), 1);
    assert.ok(Date.parse(created.nextCallAt ?? "") - (third?.at ?? 0) >= 60_000, "one minute later");
    const failed = await world.ended(idOf(4));
    assert.equal(
      [failed.state, failed.callCount, failed.lastError?.code],
      ["exhausted", 3, "unexpected_result"],
    );
    assert.is((await world.task(idOf(5))).state, "succeeded");
    assert.is((await world.task(idOf(6))).state, "exhausted");
    for (const n of [5, 6]) assert.is(receiver.calls(idOf(n)).length, 0, "what has ended is not called");

    const list = await world.api("GET", "/v1/tasks?limit=3");
    const rest = await world.api("GET", `/v1/tasks?limit=50&cursor=${list.json.nextCursor}`);
    const ids = [...list.json.items, ...rest.json.items].map(({ taskId }) => taskId);
    assert.equal(ids.sort(), [1, 2, 3, 4, 5, 6].map(idOf).sort(), "ids of version 4 are listed and paged");
    const again = await world.api("POST", `/v1/tasks/${idOf(6)}/retry`);
    assert.is(again.status, 200);
    assert.is((await world.ended(idOf(6))).state, "succeeded", "sent again by hand");
  } finally {
    await world.stop();
  }
});

test("into a running Bida with Redis: what is due is called without a restart", async () => {
  const place: Place = { databaseUrl: await mysqlDatabase(), dataDir: dataFolder("import") };
  const env = { BIDA_DATABASE_URL: place.databaseUrl as string, BIDA_REDIS_URL: await redisUrl() };
  const world = await startEmbedded({ ...env, BIDA_DATA_DIR: place.dataDir }, receiver);
  try {
    await insert(kkbida, "callback_task", [taskRow({ taskId: idOf(1), url: receiver.url(succeed) })]);
    await insert(kkbida, "call_back_log", [logRow({ taskId: idOf(1) })]);
    await imported(place, env);
    assert.is((await world.ended(idOf(1), 30_000)).state, "succeeded");
    assert.is(receiver.calls(idOf(1)).length, 1);
  } finally {
    await world.stop();
  }
});

test.run();
