/** A node prunes by itself: what finished long ago is gone soon after the start. @takes 8 s */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { closeDatabase, openDatabase } from "../../store/database.ts";
import { startAgain, startEmbedded } from "./kit/embedded.ts";
import { until } from "./kit/until.ts";

test("retention: a task that finished 31 days ago is gone, one of 29 days ago and an open one are there", async () => {
  const world = await startEmbedded();
  const { receiver } = world;
  const submit = (more = {}) => world.submit({ url: receiver.url(), ...more });
  const [old, young, open] = [await submit(), await submit(), await submit({ delayMs: 3_600_000 })];
  for (const taskId of [old, young]) await world.ended(taskId);
  const node = world.nodes[0]!;
  await node.stop();
  const db = openDatabase({ databaseUrl: null, dataDir: node.env.BIDA_DATA_DIR as string });
  const age = async (taskId: string, days: number) => {
    const at = Date.now() - days * 86_400_000;
    const times = { created_at: at, updated_at: at, finished_at: taskId === open ? null : at };
    await db
      .knex("tasks")
      .where("task_id", Buffer.from(taskId.replaceAll("-", ""), "hex"))
      .update(times);
  };
  await age(old, 31);
  await age(young, 29);
  await age(open, 31);
  await closeDatabase(db);

  await startAgain(world);
  await until(
    "the old task to be gone",
    async () => (await world.api("GET", `/v1/tasks/${old}`)).status === 404,
  );
  assert.is((await world.task(young)).state, "succeeded");
  assert.is((await world.task(open)).state, "pending");
  const line = await until("its log line", () => world.nodes[0]!.records("pruned")[0]);
  assert.is(line.tasks, 1);
  await world.stop();
});

test.run();
