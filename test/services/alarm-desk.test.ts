// The notifier's desk by itself: what it does every minute, and what it does without an event.

import type { Logger } from "moleculer";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { destinationOf, parseChannel } from "../../core/alarm/channel.ts";
import { epochMs, type ManualClock, millis, minutes, systemClock } from "../../core/clock.ts";
import { loadConfig } from "../../core/config.ts";
import { EgressPolicy } from "../../core/egress.ts";
import { laneOf } from "../../core/ids.ts";
import { MemoryDueSet } from "../../due/memory.ts";
import type { Resources } from "../../services/node/resources.ts";
import { AlarmDesk } from "../../services/notifier/desk.ts";
import { DueRepeats } from "../../services/tasks/due-repeats.ts";
import { insertAlarms } from "../../store/alarms.ts";
import { messagesOf } from "../../store/channel-messages.ts";
import { closeDatabase, type Database } from "../../store/database.ts";
import { addOrigins } from "../../store/destinations.ts";
import { SecretBox } from "../../store/secret-box.ts";
import { createWebhook, findWebhook } from "../../store/webhooks.ts";
import { until } from "../e2e/kit/until.ts";
import { clock, freshDatabase, given, inMs, KINDS, taskIn } from "../store/fixtures.ts";

const test = suite("alarm desk");
const box = new SecretBox(Buffer.alloc(32, 1));
const spec = (more: Record<string, unknown> = {}) =>
  parseChannel({ url: "https://oapi.dingtalk.com/robot/send?access_token=a", ...more }, new EgressPolicy([]));

let db: Database;
let desk: AlarmDesk;
let resources: Resources;
let lines: [level: string, fields: Record<string, unknown>, text: string][];

test.before.each(async () => {
  db = await freshDatabase(KINDS[0]!);
  const due = new MemoryDueSet(systemClock, { leaseMs: millis(10_000), window: 256 } as never);
  const config = { ...loadConfig({}), retentionDays: 1 };
  const write = (level: string) => (fields: Record<string, unknown>, text: string) =>
    void lines.push([level, fields, text]);
  const log = { error: write("error"), info: write("info"), warn: write("warn") } as unknown as Logger;
  resources = {
    db,
    box,
    clock: clock as ManualClock,
    due,
    repeats: new DueRepeats(due, log),
    config,
  } as unknown as Resources;
  lines = [];
  desk = new AlarmDesk(resources, log);
});
test.after.each(async () => {
  await desk.stop();
  await closeDatabase(db);
});

const alarm = () => ({
  kind: "exhausted" as const,
  taskId: null,
  sourceAppName: "shop",
  destination: "https://a.example",
  errorCode: "timeout",
  facts: {},
  createdAt: clock.now(),
});
const open = async (more = {}) => (await createWebhook(db, box, spec(more), clock.now())) as number;
const kinds = async () => (await db.knex("alarms").orderBy("id")).map(({ kind, only_to }) => [kind, only_to]);

test("a backlog: told to each channel by its own limit, once, and again after it was gone", async () => {
  const [ten, hour, never] = [
    await open(),
    await open({ backlogMinutes: 60 }),
    await open({ backlogMinutes: 0 }),
  ];
  await desk.check();
  assert.equal(await kinds(), []);
  await given(db, { nextCallAt: inMs(-minutes(11)) });
  await desk.check();
  await desk.check();
  assert.equal(await kinds(), [["backlog", ten]]);
  clock.advance(minutes(60));
  await desk.check();
  assert.equal(await kinds(), [
    ["backlog", ten],
    ["backlog", hour],
  ]);
  await db.knex("tasks").delete();
  await desk.check();
  assert.is((await findWebhook(db, box, ten)).backlogAlarmedAt, null);
  await given(db, { nextCallAt: inMs(-minutes(12)) });
  await desk.check();
  assert.equal((await kinds()).length, 3);
  assert.is((await findWebhook(db, box, never)).backlogAlarmedAt, null);
});

test("a breaker whose event was lost is found open", async () => {
  await addOrigins(db, ["https://a.example"], clock.now());
  const lane = laneOf("https://a.example");
  const status = { breaker: "half_open", openedAt: clock.now(), failures: 20 };
  Object.assign(resources.due, {
    troubledLanes: async () => [lane],
    lanes: async () => new Map([[lane, status]]),
  });
  await desk.check();
  await desk.check();
  assert.equal(await kinds(), [["breaker", null]]);
});

test("a backlog that is gone is told to those who were told of it and can say so, once", async () => {
  const legacy = '{"msgtype":"text","text":{"content":"回调异常 ${taskId}"}}';
  const told = await open();
  const silent = await open({ recovered: false });
  // Of failed tasks only: it was not told of the backlog either.
  const old = await open({ content: legacy });
  await given(db, { nextCallAt: inMs(-minutes(11)) });
  await desk.check();
  desk.start();
  const texts = async (id: number) => {
    const messages = await messagesOf(db, id, 9, null);
    const bodies = await Promise.all(messages.map(({ taskId }) => taskIn(db, taskId)));
    return bodies.map(({ body }) => JSON.parse(body ?? "").markdown?.title).reverse();
  };
  await until("the alarms", async () => (await texts(told)).length + (await texts(silent)).length === 2);
  await db.knex("tasks").where("app_id", 0).delete();
  await desk.check();
  await desk.check();
  desk.wake();
  await until("the end", async () => (await texts(told)).length === 2);
  assert.equal(await texts(told), ["[必达] 任务积压: dingtalk", "[必达] 已恢复: dingtalk"]);
  assert.equal([(await texts(silent)).length, (await texts(old)).length], [1, 0]);
});

test("an alarm that no event told of is found, and its message is on its way", async () => {
  const id = await open();
  desk.start();
  await insertAlarms(db.knex, [alarm(), alarm()]);
  await until("two messages", async () => (await messagesOf(db, id, 9, null)).length === 2);
  await until("both to wait", async () => Object.values(await resources.due.counts()).some((n) => n === 2));
});

test("a channel that is made while the desk looks hears of an alarm that is raised at once", async () => {
  await open();
  let made: Promise<number> | undefined;
  db.knex.on("query-response", (_rows: unknown, { sql }: { sql: string }) => {
    if (!/^select .* from `webhooks`/.test(sql)) return;
    // The next to have the connection: behind the desk's list of channels, before its search for alarms.
    made ??= db.knex.transaction(async (trx) => {
      const id = (await createWebhook({ ...db, knex: trx }, box, spec(), clock.now())) as number;
      await insertAlarms(trx, [{ ...alarm(), onlyTo: id }]);
      return id;
    });
  });
  desk.start();
  const id = await until("the channel", () => made);
  await until("its message", async () => (await messagesOf(db, id, 9, null)).length === 1);
});

test("filters decide who hears; an alarm about a channel is not for it", async () => {
  const [all, picky, own] = [
    await open(),
    await open({ filter: { sourceAppNames: ["other"] } }),
    await open(),
  ];
  await insertAlarms(db.knex, [alarm(), { ...alarm(), kind: "channel", notTo: own }]);
  desk.start();
  await until("messages", async () => (await messagesOf(db, all, 9, null)).length === 2);
  assert.is((await messagesOf(db, picky, 9, null)).length, 1);
  assert.is((await messagesOf(db, own, 9, null)).length, 1);
});

test("a message that is not delivered for half an hour: its channel is broken, which is logged, as is its end", async () => {
  const id = await open({ name: "slow-one" });
  await insertAlarms(db.knex, [alarm()]);
  desk.start();
  const [message] = await until("a message", async () => {
    const found = await messagesOf(db, id, 9, null);
    return found.length > 0 ? found : null;
  });
  clock.advance(minutes(31));
  await desk.check();
  const { brokenSince, lastError } = await findWebhook(db, box, id);
  assert.is(brokenSince, clock.now());
  assert.match(lastError ?? "", /not delivered since/);
  assert.ok(message);
  desk.start();
  await until("a log line", () =>
    lines.some(([level, , text]) => level === "error" && /is broken/.test(text)),
  );
  await db.knex("webhooks").update({ broken_since: null });
  desk.start();
  await until("its end", () => lines.some(([level, , text]) => level === "info" && /works again/.test(text)));
});

test("where nothing waits, a look is two statements, once the desk has had its turn to check", async () => {
  await open();
  let asked: string[] = [];
  db.knex.on("query", ({ sql }: { sql: string }) => asked.push(sql));
  const isTurn = (sql: string) => /update `alarm_desk` set `checked_at`/.test(sql);
  desk.start();
  await until("its turn", () => asked.some(isTurn));
  await until("the next look", () => {
    const from = asked.findLastIndex((sql) => sql.startsWith("SELECT EXISTS"));
    if (from <= asked.findIndex(isTurn) || !asked[from + 1]) return false;
    asked = asked.slice(from);
    return true;
  });
  await desk.stop();
  assert.equal(asked.length, 2, asked.join("; "));
  assert.match(asked[1] as string, /from `webhooks`/);
});

test("what is older than the retention goes", async () => {
  await insertAlarms(db.knex, [{ ...alarm(), createdAt: epochMs(clock.now() - 25 * 3_600_000) }, alarm()]);
  await desk.check();
  assert.is((await kinds()).length, 1);
});

test("the lane of a channel is that of its URL's origin", () => {
  assert.is(destinationOf(spec()).lane, destinationOf(spec({ url: "https://oapi.dingtalk.com/other" })).lane);
});

test("a database that fails is told once, and its return too", async () => {
  const id = await open();
  await db.knex.schema.renameTable("alarms", "gone");
  desk.start();
  await until("the line", () =>
    lines.some(([level, , text]) => level === "error" && /cannot be told/.test(text)),
  );
  await db.knex.schema.renameTable("gone", "alarms");
  await insertAlarms(db.knex, [alarm()]);
  desk.start();
  await until("the message", async () => (await messagesOf(db, id, 9, null)).length === 1);
  assert.is(lines.filter(([, , text]) => /cannot be told/.test(text)).length, 1);
  await until("the end", () => lines.some(([, , text]) => /are told again/.test(text)));
});

test.run();
