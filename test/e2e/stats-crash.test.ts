/** Killed in the middle of accepting and recording: what was counted is what the tables hold. @takes 35 s */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { ALL_APPS } from "../../core/stats.ts";
import { STORED_STATES } from "../../core/task.ts";
import type { Database } from "../../store/database.ts";
import { readOverview } from "../../store/stats/overview.ts";
import { startCluster } from "./kit/cluster.ts";
import { startAgain, startEmbedded } from "./kit/embedded.ts";
import { EventReader } from "./kit/events.ts";
import { until } from "./kit/until.ts";
import { quick, type World } from "./kit/world.ts";

/** Totals, and what the tables hold, in one snapshot each; nothing may be running. */
async function compare(db: Database): Promise<number> {
  const { totals } = await readOverview(db, ALL_APPS, []);
  const tasks = await db.knex("tasks").select("state").count({ n: "*" }).groupBy("state");
  const calls = await db.knex("attempts").select("succeeded").count({ n: "*" }).groupBy("succeeded");
  const rows = (list: Record<string, unknown>[], column: string, value: number) =>
    Number(list.find((row) => Number(row[column]) === value)?.n ?? 0);
  const states = STORED_STATES.map((state, i) => [state, rows(tasks, "state", i)]);
  assert.equal(totals, {
    states: Object.fromEntries(states),
    accepted: tasks.reduce((sum, { n }) => sum + Number(n), 0),
    callsSucceeded: rows(calls, "succeeded", 1),
    callsFailed: rows(calls, "succeeded", 0),
  });
  return totals.callsSucceeded + totals.callsFailed;
}

/** Keeps handing over tasks until told to stop; half of them fail once. */
function flood(world: World): { stop(): Promise<void> } {
  let going = true;
  const url = world.receiver.url();
  const work = async () => {
    while (going) {
      const tasks = Array.from({ length: 20 }, (_, i) =>
        quick({ url: i % 2 ? url : world.receiver.url(500, 200), requestParam: { i } }),
      );
      await world.api("POST", "/v1/tasks/batch", { tasks }).catch(() => undefined);
    }
  };
  const workers = [work(), work(), work()];
  return {
    async stop() {
      going = false;
      await Promise.all(workers);
    },
  };
}

const callsBeyond = (world: World, count: number) =>
  world.receiver.waitFor(`${count} calls`, () => world.receiver.ledger.length > count);

test("kill -9 of the process, three times in the middle: totals equal the tables", async () => {
  const world = await startEmbedded();
  try {
    for (const round of [1, 2, 3]) {
      const running = flood(world);
      await callsBeyond(world, world.receiver.ledger.length + 150);
      await world.nodes[0]?.kill();
      await running.stop();
      const calls = await world.withDatabase(compare);
      assert.ok(calls > 0, `round ${round}`);
      await startAgain(world);
    }
  } finally {
    await world.stop();
  }
});

test("kill -9 of one of two schedulers in the middle: totals equal the tables", async () => {
  const world = await startCluster();
  try {
    const running = flood(world);
    await callsBeyond(world, 300);
    await world.nodes[1]?.kill();
    await callsBeyond(world, world.receiver.ledger.length + 300);
    await running.stop();
    await world.withDatabase(async (db) => {
      const open = () => db.knex("tasks").where("state", 0).first();
      await until("everything to be delivered", async () => !(await open()), 60_000);
      await compare(db);
      // The other scheduler goes on summing up.
      await until("all to be summed up", async () => !(await db.knex("stats_deltas").first()), 60_000);
      await compare(db);
    });
  } finally {
    await world.stop();
  }
});

test("SIGTERM does not wait for those who follow the events, and ends their streams", async () => {
  const world = await startEmbedded();
  const readers = await Promise.all([1, 2, 3].map(() => EventReader.open(world)));
  await until("a tick", () => readers.every(({ stats }) => stats.length > 0));
  const startedAt = performance.now();
  assert.is(await world.nodes[0]?.stop(), "exit 0");
  assert.ok(performance.now() - startedAt < 10_000);
  assert.equal(await Promise.all(readers.map(({ ended }) => ended)), ["end", "end", "end"]);
  await world.receiver.stop();
});

test.run();
