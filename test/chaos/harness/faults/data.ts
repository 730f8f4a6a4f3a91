/** What is stored is damaged, incomplete, or of another time. */
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Redis } from "ioredis";
import { createConnection } from "mysql2/promise";
import { type TaskId, taskIdToBytes } from "../../../../core/ids.ts";
import { until } from "../../../e2e/kit/until.ts";
import { temporaryFolder } from "../../../servers/server.ts";
import { readDatabase } from "../database.ts";
import { canDump, dump, restore } from "../dump.ts";
import type { FaultContext, FaultKind } from "../fault.ts";
import type { Random } from "../random.ts";
import type { System } from "../system.ts";
import { SUPERVISOR } from "./nodes.ts";
import { EXCUSES_OF } from "./servers.ts";

/** Columns of JSON. */
const JSON_COLUMNS = ["retry", "request_param", "headers", "expect"] as const;
/** Rows that are spoilt at a time. */
const SPOILT = 12;
/** They are due this long after they are handed over, in ms: time to spoil them. */
const SPOIL_WITHIN = 6_000;
/** One that is due sooner than this, in ms, is left as it is: it may be called while it is spoilt. */
const TOO_LATE = 1_000;
/** An unreadable row is set aside within this once it is due, in ms. */
const ASIDE_WITHIN = 20_000;

/** Runs statements as root, past everything. */
async function statements<T>(system: System, run: (query: Query) => Promise<T>): Promise<T> {
  const connection = await createConnection({ uri: system.databaseUrl });
  try {
    return await run(async (sql, values) => (await connection.query(sql, values))[0]);
  } finally {
    await connection.end();
  }
}
type Query = (sql: string, values?: unknown[]) => Promise<unknown>;

/** Rows whose JSON is broken, in the middle of others. They end without a call; the others do not notice. */
const corrupt: FaultKind = {
  name: "rows become unreadable",
  excuses: [],
  outage: false,
  spares: true,
  async run(context) {
    const { load, system, violation } = context;
    const tasks = Array.from({ length: SPOILT }, () => load.add({ waitMs: SPOIL_WITHIN }));
    await load.answered(tasks);
    const ids: Buffer[] = [];
    await statements(system, async (query) => {
      for (const [i, task] of tasks.entries()) {
        // A caller whose scheduler has just died may have waited for long.
        if (task.taskId === null || (task.callAt as number) - Date.now() < TOO_LATE) continue;
        const column = JSON_COLUMNS[i % JSON_COLUMNS.length] as string;
        const id = taskIdToBytes(task.taskId as TaskId);
        task.fate = "spoilt";
        ids.push(id);
        await query(`UPDATE tasks SET ${column} = ? WHERE task_id = ?`, ['{"broken', id]);
      }
      if (ids.length === 0) return;
      const open = async () => {
        const rows = await query("SELECT 1 FROM tasks WHERE finished_at IS NULL AND task_id IN (?)", [ids]);
        return (rows as unknown[]).length === 0;
      };
      await until("unreadable rows to be set aside", open, SPOIL_WITHIN + ASIDE_WITHIN, 250).catch(
        async (error: Error) => {
          violation(error.message);
          // Whatever they still hold up goes on.
          await query("DELETE FROM tasks WHERE task_id IN (?)", [ids]);
          for (const task of tasks) if (task.fate === "spoilt") task.fate = "undone";
        },
      );
    });
    return `${ids.length} rows`;
  },
};

/** A part of what Redis holds is gone, and nothing says so: no restart, no flush. */
const lostKeys: FaultKind = {
  name: "redis loses part of its keys",
  excuses: EXCUSES_OF.redis,
  outage: false,
  async run({ system, random }) {
    const redis = new Redis(system.servers.redis.url, { maxRetriesPerRequest: 1 });
    try {
      const keys = (await redis.keys("*")).sort();
      let lost = 0;
      for (const key of keys) {
        const [fate, type] = [random.next(), await redis.type(key)];
        if (fate < 0.2) lost += await redis.del(key);
        else if (fate < 0.5) lost += await dropMembers(redis, key, type, random);
      }
      return `${lost} of ${keys.length} keys or members`;
    } finally {
      redis.disconnect();
    }
  },
};

async function dropMembers(redis: Redis, key: string, type: string, random: Random): Promise<number> {
  const some = (members: string[]) => members.sort().filter(() => random.next() < 0.3);
  if (type === "zset") {
    const members = some(await redis.zrange(key, 0, -1));
    return members.length > 0 ? redis.zrem(key, ...members) : 0;
  }
  if (type === "hash") {
    const fields = some(await redis.hkeys(key));
    return fields.length > 0 ? redis.hdel(key, ...fields) : 0;
  }
  if (type === "set") {
    const members = some(await redis.smembers(key));
    return members.length > 0 ? redis.srem(key, ...members) : 0;
  }
  return 0;
}

/** Somebody gave Redis a policy that evicts, and too little memory for a while. */
const evicts: FaultKind = {
  name: "redis evicts",
  excuses: EXCUSES_OF.redis,
  outage: true,
  async run({ system, outageMs }) {
    const redis = new Redis(system.servers.redis.url, { maxRetriesPerRequest: 1 });
    try {
      const used = Number(/used_memory:(\d+)/.exec(await redis.info("memory"))?.[1]);
      const before = Number((await redis.info("stats")).match(/evicted_keys:(\d+)/)?.[1]);
      await redis.config("SET", "maxmemory-policy", "allkeys-random");
      const end = Date.now() + outageMs;
      while (Date.now() < end) {
        // Some keys at a time, as under a steady squeeze.
        await redis.config("SET", "maxmemory", String(Math.round(used * 0.97)));
        await pause(200);
        await redis.config("SET", "maxmemory", "0");
        await pause(1_000);
      }
      const after = Number((await redis.info("stats")).match(/evicted_keys:(\d+)/)?.[1]);
      return `redis, ${after - before} keys`;
    } finally {
      await redis.config("SET", "maxmemory", "0");
      await redis.config("SET", "maxmemory-policy", "noeviction");
      redis.disconnect();
    }
  },
};

/** NATS comes back with a limit that is smaller than what a backlog needs. */
const smallMessages: FaultKind = {
  name: "nats with a small max_payload",
  excuses: EXCUSES_OF.nats,
  outage: false,
  async run({ system, load, far, violation }) {
    await system.restartNats(64 * 1024);
    try {
      // Through a scheduler's queue, so claims are answered with many at once.
      const tasks = Array.from({ length: 40 }, () => load.add({ padding: 30_000, waitMs: 2_000 }));
      await load.answered(tasks);
      const called = () =>
        tasks.every(({ taskId }) => taskId !== null && far.ledger.calls(taskId).length > 0);
      await until("tasks of 30 KB to be called", called, 40_000, 100).catch((error: Error) =>
        violation(error.message),
      );
    } finally {
      await system.restartNats();
    }
    return "nats, 64 KB";
  },
};

/** All nodes stop, the database is set back to a backup, Redis is as it was, all nodes start. */
const setBack: FaultKind = {
  name: "database restored beside an old redis",
  excuses: ["repeat"],
  outage: true,
  needs: canDump,
  async run({ system, load, far }: FaultContext) {
    const file = join(temporaryFolder("dump"), "dump.sql");
    await dump(system.databaseUrl, file);
    await pause(4_000);
    await Promise.all(system.seats.map((seat) => seat.end("SIGTERM")));
    await restore(system.databaseUrl, file);
    const { tasks } = await readDatabase(system.databaseUrl);
    const there = new Set(tasks.map(({ taskId }) => taskId));
    for (const one of load.submissions)
      if (one.taskId !== null && !there.has(one.taskId)) one.fate = "undone";
    for (const [taskId] of far.ledger.tasks()) if (!there.has(taskId)) system.undone.add(taskId);
    await pause(SUPERVISOR);
    for (const seat of system.seats) seat.start();
    return "all nodes";
  },
};

export const DATA_FAULTS: FaultKind[] = [corrupt, lostKeys, evicts, smallMessages, setBack];
