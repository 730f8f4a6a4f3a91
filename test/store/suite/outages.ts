import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Alarm, NewAlarm } from "../../../core/alarm/alarm.ts";
import { type ChannelSpec, parseChannel } from "../../../core/alarm/channel.ts";
import { epochMs, hours, millis, minutes } from "../../../core/clock.ts";
import { EgressPolicy } from "../../../core/egress.ts";
import { laneOf } from "../../../core/ids.ts";
import {
  endBacklog,
  endOldIncidents,
  noteFailing,
  raiseBacklog,
  raiseOnce,
  unheardBreakers,
} from "../../../store/alarm-checks.ts";
import { atDesk, closeChannel, routeAlarms } from "../../../store/alarm-desk.ts";
import { breakChannel, healChannel, insertAlarms } from "../../../store/alarms.ts";
import { addBreakerEvent } from "../../../store/breaker-events.ts";
import type { Database } from "../../../store/database.ts";
import { listIncidents } from "../../../store/incidents.ts";
import { up } from "../../../store/migrations/026_inbox.ts";
import { addMute, allMutes, endMutes, type Mute, mutesAt, pruneMutes } from "../../../store/mutes.ts";
import { endIncidents, lookForEnds } from "../../../store/outages.ts";
import { recordOutcomes } from "../../../store/record.ts";
import { SecretBox } from "../../../store/secret-box.ts";
import { foldStats } from "../../../store/stats/fold.ts";
import { createWebhook, deleteWebhook } from "../../../store/webhooks.ts";
import { refusal } from "../../core/helpers.ts";
import { clock, closeDatabase, freshDatabase, given, type Kind, outcome } from "../fixtures.ts";

const ORIGIN = "https://a.example";
const NOTHING = { destination: null, sourceAppName: null, errorCode: null, incident: null };

export function outages(kind: Kind): void {
  const test = suite(`${kind.name}: what was raised is over`);
  const box = new SecretBox(Buffer.alloc(32, 1));
  const spec = (): ChannelSpec =>
    parseChannel({ url: "https://oapi.dingtalk.com/robot/send?access_token=a" }, new EgressPolicy([]));
  let db: Database;
  let channel: number;
  const another = async () => (await createWebhook(db, box, spec(), clock.now())) as number;
  test.before.each(async () => {
    db = await freshDatabase(kind);
    clock.advance(minutes(1));
    channel = await another();
  });
  test.after.each(() => closeDatabase(db));

  const quietly = async () => undefined;
  /** Routes as the desk does: what is over goes to those that heard of it. */
  let told: Alarm[] = [];
  const route = async (to: number[] = [channel]) => {
    told = [];
    await routeAlarms(db, () => (alarm, heard) => {
      const ids = alarm.kind === "recovered" ? to.filter((id) => heard.has(id)) : to;
      if (ids.length > 0) told.push(alarm);
      return ids;
    });
    return told.map(({ kind: what, facts: { of } }) => (of ? `${what} ${of}` : what));
  };
  const raised = async (state: "open" | "ended" = "open") =>
    (await listIncidents(db, { state }, 50, null)).items.map((one) => one.kind).sort();
  const breaker = (): NewAlarm => ({
    ...{ kind: "breaker", taskId: null, sourceAppName: null, destination: ORIGIN, errorCode: null },
    ...{ facts: { since: clock.now(), failures: 20 }, createdAt: clock.now() },
  });
  const event = (opened: boolean) =>
    addBreakerEvent(db, laneOf(ORIGIN), { at: clock.now(), opened, failures: null });
  const end = () => endOldIncidents(db, clock.now());

  async function calls(n: number, how: "failed" | "succeeded"): Promise<void> {
    const one = { url: `${ORIGIN}/x`, lane: laneOf(ORIGIN), limitCallCount: 1 };
    const tasks = await given(db, ...Array.from({ length: n }, () => one));
    await recordOutcomes(
      db,
      tasks.map((task) => outcome(task, 1, how)),
      clock,
      () => 0,
    );
    while (await foldStats(db, clock.now(), millis(0)));
  }

  test("a breaker that stays closed: told once, and only to those who were told that it opened", async () => {
    const other = await another();
    await event(true);
    await insertAlarms(db.knex, [breaker()]);
    assert.equal(await route(), ["breaker"]);
    await end();
    assert.equal(await raised(), ["breaker"]);
    await event(false);
    clock.advance(minutes(4));
    await end();
    assert.equal(await route(), [], "it may open again at once");
    clock.advance(minutes(2));
    await end();
    await end();
    assert.equal(await route([channel, other]), ["recovered breaker"]);
    const [row] = await db.knex("alarm_deliveries").orderBy("alarm_id", "desc");
    assert.is(row.webhook_id, channel);
    assert.equal([told[0]?.destination, told[0]?.facts.alarms], [ORIGIN, 1]);
    assert.equal([await raised(), await raised("ended"), await route()], [[], ["breaker"], []]);
  });

  test("one that opens again meanwhile was not closed; after its end it is told anew, however soon", async () => {
    const since = epochMs(clock.now() - minutes(10));
    await event(true);
    await raiseOnce(db, breaker(), since);
    await route();
    clock.advance(1000);
    await event(false);
    clock.advance(minutes(3));
    await event(true);
    await raiseOnce(db, breaker(), since);
    assert.equal(await route(), []);
    clock.advance(minutes(3));
    await end();
    assert.equal(await raised(), ["breaker"]);
    await event(false);
    clock.advance(minutes(5));
    await end();
    assert.equal(await route(), ["recovered breaker"]);
    await event(true);
    await raiseOnce(db, breaker(), since);
    assert.equal(await route(), ["breaker"]);
  });

  test("one that opens again between the look and the end was not closed, whether that is told or not", async () => {
    const since = epochMs(clock.now() - minutes(60));
    await event(true);
    await raiseOnce(db, breaker(), since);
    await route();
    const look = async () => {
      clock.advance(1000);
      await event(false);
      clock.advance(minutes(6));
      const { over } = await lookForEnds(db, clock.now(), 0);
      assert.is(over.length, 1);
      return over;
    };
    const first = await look();
    await event(true);
    await raiseOnce(db, breaker(), since);
    await atDesk(db, (trx) => endIncidents(trx, first, clock.now()));
    assert.equal([await route(), await raised()], [[], ["breaker"]]);
    // Told anew, but not yet routed.
    const second = await look();
    await event(true);
    await raiseOnce(db, breaker(), clock.now());
    await atDesk(db, (trx) => endIncidents(trx, second, clock.now()));
    assert.equal([await route(), await raised()], [["breaker"], ["breaker"]]);
    // An alarm of before takes nothing back.
    await raiseOnce(db, { ...breaker(), createdAt: since }, epochMs(0));
    const [one] = (await listIncidents(db, { state: "open" }, 5, null)).items;
    assert.is(one?.lastAt, clock.now());
  });

  test("an alarm that is not routed yet keeps what it is about from its end, and nothing else", async () => {
    await calls(1, "failed");
    await route();
    await db.knex("tasks").update({ state: 1 });
    const { over } = await lookForEnds(db, clock.now(), 0);
    const [{ facts }] = await db.knex("alarms");
    const about = (more: Partial<NewAlarm>): NewAlarm => ({
      ...{ kind: "exhausted", taskId: null, sourceAppName: null, destination: ORIGIN },
      ...{ errorCode: "bad_status", facts: JSON.parse(facts), createdAt: clock.now(), ...more },
    });
    const end = () => atDesk(db, (trx) => endIncidents(trx, over, clock.now()));
    await insertAlarms(db.knex, [about({})]);
    await end();
    assert.equal(await raised(), ["exhausted"]);
    await db.knex("alarms").where("routed", 0).delete();
    await insertAlarms(db.knex, [
      about({ destination: "https://b.example" }),
      about({ errorCode: "timeout" }),
      about({ facts: { statusCode: 503 } as NewAlarm["facts"] }),
    ]);
    await end();
    assert.equal(await raised(), []);
  });

  test("breakers that nothing was raised of since they opened", async () => {
    const opened = { destination: ORIGIN, since: clock.now() };
    const again = { ...opened, since: epochMs(clock.now() + minutes(7)) };
    const other = { destination: "https://b.example", since: clock.now() };
    const unheard = () => unheardBreakers(db, [opened, again, other]);
    assert.equal(await unheard(), [opened, again, other]);
    await event(true);
    await insertAlarms(db.knex, [breaker()]);
    await route();
    assert.equal(await unheard(), [again, other]);
    clock.advance(1);
    await event(false);
    clock.advance(minutes(6));
    await end();
    assert.equal([await raised(), await unheard()], [[], [again, other]]);
    assert.equal(await unheardBreakers(db, [opened]), []);
  });

  test("nobody was told: nobody hears of the end", async () => {
    await event(true);
    await insertAlarms(db.knex, [breaker()]);
    await route([]);
    clock.advance(1000);
    await event(false);
    clock.advance(minutes(6));
    await end();
    assert.equal([await route(), await raised("ended")], [[], ["breaker"]]);
  });

  test("an incident whose tasks are repaired; one that was muted since ends without a word, and its mute with it", async () => {
    await calls(2, "failed");
    assert.equal(await route(), ["exhausted", "exhausted"]);
    await db.knex("tasks").update({ state: 1 });
    await end();
    assert.equal(await route(), ["recovered exhausted"]);
    await calls(1, "failed");
    await route();
    const [incident] = (await listIncidents(db, { state: "open" }, 5, null)).items;
    const mute = { ...NOTHING, incident: incident?.id as number, until: null, note: null, by: "wang" };
    await addMute(db, { ...mute, createdAt: clock.now() }, quietly);
    await db.knex("tasks").update({ state: 1 });
    await end();
    assert.equal([await route(), await allMutes(db.knex)], [[], []]);
  });

  test("an incident of which a task is pruned ends without a word: what became of it nobody knows", async () => {
    await calls(2, "failed");
    await route();
    const [pruned] = await db.knex("tasks").pluck("task_id");
    await db.knex("tasks").where("task_id", pruned).delete();
    await end();
    assert.equal(await raised(), ["exhausted"], "the other one is exhausted");
    await db.knex("tasks").delete();
    await end();
    assert.equal([await route(), await raised()], [[], []]);
  });

  test("a backlog and a broken channel; a channel that is deleted does not work again", async () => {
    const facts = { minutes: 11, channel: "ops" };
    await raiseBacklog(db, channel, { ...breaker(), kind: "backlog", destination: null, facts });
    const other = await another();
    await breakChannel(db.knex, other, "timeout: x", clock.now());
    assert.equal(await route(), ["backlog", "channel"]);
    await end();
    assert.equal(await raised(), ["backlog", "channel"]);
    await endBacklog(db, channel);
    // Saved anew: nobody knows yet whether it works.
    await db.knex("webhooks").where("id", other).update({ broken_since: null });
    await end();
    assert.equal([await route(), await raised()], [["recovered backlog"], ["channel"]]);
    await healChannel(db.knex, other, clock.now());
    await end();
    assert.equal(await route(), ["recovered channel"]);
    await breakChannel(db.knex, other, "timeout: x", clock.now());
    await route();
    await closeChannel(db, other);
    await atDesk(db, (trx) => deleteWebhook(trx, other));
    await end();
    assert.equal([await route(), await raised()], [[], []]);
  });

  test("a destination that fails most calls without a breaker, once its calls go well for five minutes", async () => {
    await calls(4, "failed");
    await route();
    await noteFailing(db, clock.now());
    await noteFailing(db, clock.now());
    assert.equal(await raised(), ["destination", "exhausted"]);
    await end();
    clock.advance(minutes(2));
    await calls(9, "succeeded");
    await end();
    assert.equal(await raised(), ["destination", "exhausted"]);
    clock.advance(minutes(6));
    await end();
    assert.equal(await route(), ["recovered destination"]);
    // Few failures among many calls are none of the destination's.
    await calls(1, "failed");
    await route();
    await noteFailing(db, clock.now());
    assert.equal(await raised(), ["exhausted"]);
  });

  test("where few calls are made, the next one that goes well ends an outage, however long after it", async () => {
    const hourly = async (n: number, how: "failed" | "succeeded") => {
      clock.advance(hours(3));
      await calls(n, how);
    };
    await hourly(4, "failed");
    await insertAlarms(db.knex, [breaker()]);
    await route();
    await db.knex("incidents").where("kind", "breaker").update({ kind: "destination" });
    await insertAlarms(db.knex, [{ ...breaker(), destination: "https://b.example" }]);
    await route();
    await hourly(1, "failed");
    await route();
    await end();
    await hourly(1, "succeeded");
    await end();
    const all = ["breaker", "destination", "exhausted"];
    assert.equal(await raised(), all, "not settled yet");
    clock.advance(minutes(6));
    await end();
    assert.equal(await route(), ["recovered destination"]);
    assert.equal(await raised(), ["breaker", "exhausted"], "nobody has called the other one");
    // The notifiers were away meanwhile, and nobody calls any more; in its hour most calls went well.
    clock.advance(millis(hours(1) - (clock.now() % hours(1))));
    await calls(4, "failed");
    await insertAlarms(db.knex, [breaker()]);
    await route();
    clock.advance(minutes(30));
    await calls(9, "succeeded");
    clock.advance(hours(3));
    await end();
    assert.equal(await route(), ["recovered breaker"]);
    // And one that fails again stays.
    await insertAlarms(db.knex, [breaker()]);
    await route();
    await hourly(1, "succeeded");
    clock.advance(minutes(20));
    await calls(3, "failed");
    await end();
    assert.equal([await route(), (await raised()).length], [["exhausted", "exhausted", "exhausted"], 3]);
  });

  test("a mute fits by all that it names, from now on, until its time is over", async () => {
    const scopes: [Partial<Mute>, NewAlarm, boolean][] = [
      [{ destination: ORIGIN }, breaker(), true],
      [{ destination: "https://b.example" }, breaker(), false],
      [{ errorCode: "timeout" }, { ...breaker(), errorCode: "timeout" }, true],
      [{ sourceAppName: "shop" }, { ...breaker(), sourceAppName: "shop" }, true],
      [{ sourceAppName: "shop" }, breaker(), false],
      [{ destination: ORIGIN, errorCode: "timeout" }, breaker(), false],
    ];
    for (const [scope, alarm, silent] of scopes) {
      const until = epochMs(clock.now() + minutes(5));
      const mute = { ...NOTHING, ...scope, until, note: null, by: "wang", createdAt: clock.now() };
      const { id } = await addMute(db, mute, quietly);
      await insertAlarms(db.knex, [alarm]);
      assert.equal(await route(), silent ? [] : ["breaker"], JSON.stringify(scope));
      await insertAlarms(db.knex, [{ ...alarm, createdAt: until }]);
      assert.equal(await route(), ["breaker"], "its time is over");
      await endMutes(db, { id }, quietly);
    }
  });

  test("mutes: one for the same takes the place of the former; over, they are not listed, and go", async () => {
    const mute = { ...NOTHING, destination: ORIGIN, note: "moving", by: "wang", createdAt: clock.now() };
    const until = (ms: number) => epochMs(clock.now() + ms);
    await addMute(db, { ...mute, until: until(hours(1)) }, quietly);
    await addMute(db, { ...mute, until: until(minutes(1)) }, quietly);
    await addMute(db, { ...mute, errorCode: "timeout", until: until(hours(2)) }, quietly);
    const counts = [(await mutesAt(db, clock.now())).length, (await mutesAt(db, until(minutes(1)))).length];
    assert.equal(counts, [2, 1]);
    await pruneMutes(db, until(minutes(30)));
    assert.equal(
      (await allMutes(db.knex)).map(({ errorCode, note }) => [errorCode, note]),
      [["timeout", "moving"]],
    );
    assert.is((await refusal(() => endMutes(db, { id: 99 }, quietly))).code, "not_found");
    const gone = { ...mute, incident: 99, until: null };
    assert.is((await refusal(() => addMute(db, gone, quietly))).code, "not_found");
    const failing = addMute(db, { ...mute, until: until(5) }, () => Promise.reject(new Error("no audit")));
    assert.match(await failing.then(String, String), /no audit/);
    assert.is((await allMutes(db.knex)).length, 1);
  });

  test("incidents that were muted before mutes had rows stay muted, and a migration that was killed goes on", async () => {
    await db.knex.schema.alterTable("incidents", (table) =>
      table.boolean("muted").notNullable().defaultTo(false),
    );
    const key = Buffer.alloc(16, 1);
    const row = {
      ...{ destination: ORIGIN, error_code: "timeout", status_code: 0, first_at: 1, last_at: 2, tasks: 7 },
      ...{ first_task: key, last_task: key, first_error: "", last_error: "", ended: false, muted: false },
    };
    await db.knex("incidents").insert([row, { ...row, muted: true }, { ...row, muted: true, ended: true }]);
    // As if it had been killed right before its last step.
    await up(db.knex);
    await db.knex.schema.alterTable("incidents", (table) =>
      table.boolean("muted").notNullable().defaultTo(false),
    );
    await db.knex("incidents").where("id", 2).update({ muted: true });
    await up(db.knex);
    assert.equal(
      (await allMutes(db.knex)).map(({ incident, until }) => [incident, until]),
      [[2, null]],
    );
    const items = (await listIncidents(db, { state: "open" }, 50, null)).items;
    assert.equal(
      items.map(({ kind: what, alarms }) => [what, alarms]),
      [
        ["exhausted", 7],
        ["exhausted", 7],
      ],
    );
    assert.is(await db.knex.schema.hasColumn("incidents", "muted"), false);
  });

  test.run();
}
