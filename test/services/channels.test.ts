// Channels that several change at once. @takes 12 s

import type { Logger } from "moleculer";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ALARM_APP_ID } from "../../core/alarm/alarm.ts";
import { parseChannel } from "../../core/alarm/channel.ts";
import { messageTask } from "../../core/alarm/message.ts";
import { millis } from "../../core/clock.ts";
import { EgressPolicy } from "../../core/egress.ts";
import { taskIdToBytes } from "../../core/ids.ts";
import { dueEntryOf } from "../../core/job.ts";
import { MemoryDueSet } from "../../due/memory.ts";
import type { BidaContext } from "../../services/bus/types.ts";
import type { Resources } from "../../services/node/resources.ts";
import { type ChannelChange, Channels } from "../../services/notifier/channels.ts";
import { JobMaker } from "../../services/scheduler/jobs.ts";
import { LaneSettings } from "../../services/scheduler/lane-settings.ts";
import { DueRepeats } from "../../services/tasks/due-repeats.ts";
import { makeMessages, routeAlarms } from "../../store/alarm-desk.ts";
import { insertAlarms } from "../../store/alarms.ts";
import { closeDatabase, type Database } from "../../store/database.ts";
import { SecretBox } from "../../store/secret-box.ts";
import { createWebhook, findWebhook } from "../../store/webhooks.ts";
import { refusal } from "../core/helpers.ts";
import { clock, freshDatabase, KINDS, taskIn } from "../store/fixtures.ts";

const box = new SecretBox(Buffer.alloc(32, 1));
const spec = parseChannel(
  { url: "https://oapi.dingtalk.com/robot/send?access_token=a" },
  new EgressPolicy([]),
);
const ctx = { meta: {}, nodeID: "n" } as unknown as BidaContext;
const log = { warn: () => undefined, error: () => undefined } as unknown as Logger;

for (const kind of KINDS) {
  const test = suite(`${kind.name}: channels that several change`);
  let db: Database;
  let due: MemoryDueSet;
  let resources: Resources;
  let channels: Channels;
  let changes: ChannelChange[];
  let id: number;
  test.before.each(async () => {
    db = await freshDatabase(kind);
    due = new MemoryDueSet(clock, { leaseMs: millis(10_000), window: 256 });
    const teller = { tell: () => undefined };
    resources = {
      db,
      box,
      due,
      repeats: new DueRepeats(due, log),
      clock,
      teller,
      config: {},
    } as unknown as Resources;
    changes = [];
    channels = new Channels(
      resources,
      () => new EgressPolicy([]),
      async (_, change) => void changes.push(change),
    );
    id = (await createWebhook(db, box, spec, clock.now())) as number;
  });
  test.after.each(async () => {
    await due.close();
    await closeDatabase(db);
  });

  /** A message, whose task is due. */
  async function message() {
    await insertAlarms(db.knex, [
      {
        ...{ kind: "exhausted", taskId: null, sourceAppName: "shop", destination: null, errorCode: null },
        ...{ facts: {}, createdAt: clock.now() },
      },
    ]);
    await routeAlarms(db, () => () => [id]);
    const compose = (digest: Parameters<typeof messageTask>[1]) => ({
      ...messageTask(spec, digest, "http://x"),
      lane: "lane" as never,
    });
    const [task] = await makeMessages(db, id, clock.now(), 9, () => ({ kind: "singles", count: 1 }), compose);
    return task as NonNullable<typeof task>;
  }
  const open = async () => (await db.knex("tasks").where({ app_id: ALARM_APP_ID, state: 0 })).length;

  test("changes at the same time: each sets what it names, and says what was before it", async () => {
    await Promise.all([
      channels.update(id, { memo: "night" }, ctx),
      channels.update(id, { title: "[ops]" }, ctx),
      channels.update(id, { backlogMinutes: 7 }, ctx),
    ]);
    const { memo, title, backlogMinutes } = (await findWebhook(db, box, id)).spec;
    assert.equal([memo, title, backlogMinutes], ["night", "[ops]", 7]);
    const [last] = changes.slice(-1);
    const set = [last?.before?.memo, last?.before?.title, last?.before?.backlogMinutes];
    assert.is(set.filter((value) => ["night", "[ops]", 7].includes(value as never)).length, 2);
    const wrong = refusal(() => channels.update(id, { backlogMinutes: -1 }, ctx));
    assert.is((await wrong).code, "invalid_body");
    assert.is((await refusal(() => channels.update(99, {}, ctx))).code, "not_found");
  });

  test("one that is switched on while it is deleted is closed again: none of its messages is left", async () => {
    await message();
    let times = 0;
    due.remove = async () => {
      if (times++ > 0) return;
      await channels.update(id, { enabled: true }, ctx);
      await message();
    };
    assert.is(await open(), 1);
    await channels.remove(id, ctx);
    assert.equal([await open(), times], [0, 2]);
    assert.is((await refusal(() => channels.get(id))).code, "not_found");
    assert.equal(
      changes.map(({ action }) => action),
      ["webhook.update", "webhook.delete"],
    );
  });

  test("a change of something else leaves one closed that is being deleted; one that is always switched on stays", async () => {
    await message();
    due.remove = async () => void (await channels.update(id, { memo: "x" }, ctx));
    await channels.remove(id, ctx);
    id = (await createWebhook(db, box, spec, clock.now())) as number;
    await message();
    due.remove = async () => {
      await channels.update(id, { enabled: true }, ctx);
      await message();
    };
    const answer = await refusal(() => channels.remove(id, ctx));
    assert.is(answer.code, "conflict");
    assert.is((await channels.get(id)).id, id);
  });

  test("a message whose channel is gone is canceled when its turn comes", async () => {
    const [stray, sent] = [await message(), await message()];
    await db
      .knex("alarm_messages")
      .whereNotIn("task_id", [taskIdToBytes(sent.taskId)])
      .delete();
    await due.add([stray, sent].flatMap((task) => dueEntryOf(task) ?? []));
    const entries = await due.claim("holder", 9);
    assert.is(entries.length, 2);
    const jobs = await new JobMaker(resources, new LaneSettings(), due, log).load("holder", entries);
    assert.equal(
      jobs.map(({ taskId }) => taskId),
      [sent.taskId],
    );
    assert.is((await taskIn(db, stray.taskId)).state, "canceled");
    assert.equal(await due.counts(), { waiting: 0, ready: 0, leased: 1 });
  });

  test.run();
}
