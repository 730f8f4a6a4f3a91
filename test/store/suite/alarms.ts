import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ALARM_APP_ID } from "../../../core/alarm/alarm.ts";
import { type ChannelSpec, destinationOf, parseChannel } from "../../../core/alarm/channel.ts";
import { messageTask } from "../../../core/alarm/message.ts";
import type { Digest } from "../../../core/alarm/notice.ts";
import type { Turn } from "../../../core/alarm/pacing.ts";
import { epochMs } from "../../../core/clock.ts";
import { EgressPolicy } from "../../../core/egress.ts";
import { laneOf, type TaskId } from "../../../core/ids.ts";
import type { AttemptRecord } from "../../../core/outcome.ts";
import { cancel, retryByHand } from "../../../core/task.ts";
import {
  breakStuckChannels,
  endBacklog,
  oldestDue,
  pruneAlarms,
  raiseBacklog,
  raiseOnce,
  takeTurn,
} from "../../../store/alarm-checks.ts";
import {
  atDesk,
  closeChannel,
  makeMessages,
  routeAlarms,
  waitingChannels,
} from "../../../store/alarm-desk.ts";
import { channelsOfMessages } from "../../../store/alarms.ts";
import { changeTask } from "../../../store/change.ts";
import { messagesOf, openMessagesOf } from "../../../store/channel-messages.ts";
import type { Database } from "../../../store/database.ts";
import { setDestination } from "../../../store/destinations.ts";
import { recordOutcomes } from "../../../store/record.ts";
import { retellRefused } from "../../../store/retelling.ts";
import type { StoredTask } from "../../../store/rows.ts";
import { EVERYTHING } from "../../../store/scope.ts";
import { SecretBox } from "../../../store/secret-box.ts";
import {
  createWebhook,
  deleteWebhook,
  findWebhook,
  listWebhooks,
  updateWebhook,
} from "../../../store/webhooks.ts";
import { refusal } from "../../core/helpers.ts";
import { clock, closeDatabase, freshDatabase, given, inMs, type Kind, outcome, taskIn } from "../fixtures.ts";

const TOKEN = "0123456789abcdef0123456789abcdef";
const spec = (more: Record<string, unknown> = {}): ChannelSpec =>
  parseChannel(
    { url: `https://oapi.dingtalk.com/robot/send?access_token=${TOKEN}`, secret: "SEC-secret", ...more },
    new EgressPolicy([]),
  );

export function alarming(kind: Kind): void {
  const test = suite(`${kind.name}: alarms`);
  const box = new SecretBox(Buffer.alloc(32, 1));
  let db: Database;
  let channel: number;
  test.before.each(async () => {
    db = await freshDatabase(kind);
    channel = (await createWebhook(db, box, spec(), clock.now())) as number;
  });
  test.after.each(() => closeDatabase(db));

  const record = (...outcomes: ReturnType<typeof outcome>[]) => recordOutcomes(db, outcomes, clock, () => 0);
  const exhaust = async (count: number, more: Partial<StoredTask> = {}): Promise<StoredTask[]> => {
    const tasks = await given(db, ...Array.from({ length: count }, () => ({ limitCallCount: 1, ...more })));
    await record(...tasks.map((task) => outcome(task, 1, "failed")));
    return tasks;
  };
  const alarms = () => db.knex("alarms").orderBy("id");
  const route = () => routeAlarms(db, () => () => [channel]);
  const remove = () => atDesk(db, (trx) => deleteWebhook(trx, channel));
  const digests: Digest[] = [];
  const make = (turn: Turn, id = channel) =>
    makeMessages(
      db,
      id,
      clock.now(),
      100,
      () => turn,
      (digest) => {
        digests.push(digest);
        return { ...messageTask(spec(), digest, "http://x"), lane: destinationOf(spec()).lane };
      },
    );

  test("an alarm is written with the outcome that exhausts, and with no other", async () => {
    const [task] = await given(db, { limitCallCount: 2, sourceAppName: "shop" });
    await record(outcome(task!, 1, "failed"));
    assert.is((await alarms()).length, 0);
    await record(outcome(task!, 2, "failed"));
    const [alarm] = await alarms();
    assert.equal([alarm.kind, alarm.source_app_name, alarm.error_code], ["exhausted", "shop", "bad_status"]);
    assert.equal(
      [alarm.destination, JSON.parse(alarm.facts).callCount, JSON.parse(alarm.facts).statusCode],
      ["http://target.example", 2, 500],
    );
    // Reported again, by a node that lost its lease.
    await record(outcome(task!, 2, "failed"));
    assert.is((await alarms()).length, 1);
  });

  test("neither success nor cancellation is one; an expiry is", async () => {
    const [good, gone, late] = await given(db, {}, {}, { expiresAt: inMs(1) });
    await changeTask(db, EVERYTHING, gone!.taskId, clock.now(), (task) => cancel(task, clock.now()));
    await record(outcome(good!, 1, "succeeded"), outcome(gone!, 1, "failed"), outcome(late!, 1, null));
    assert.equal(
      (await alarms()).map(({ error_code }) => error_code),
      ["expired"],
    );
  });

  test("exhausted again after a retry by hand: told again", async () => {
    const [task] = await exhaust(1);
    await changeTask(db, EVERYTHING, task!.taskId, clock.now(), (it) => retryByHand(it, false, false, clock));
    await record(outcome(task!, 2, "failed"));
    assert.is((await alarms()).length, 2);
  });

  test("a digest assigns what it tells of, with its task, in one commit", async () => {
    digests.length = 0;
    await exhaust(7, { sourceAppName: "a" });
    await exhaust(2, { sourceAppName: "b", url: "https://other.example/x" });
    assert.is(await route(), 9);
    assert.is(await route(), 0);
    assert.equal(await waitingChannels(db), [channel]);
    const [task] = await make({ kind: "digest" });
    assert.equal(await waitingChannels(db), []);
    assert.equal(digests[0]?.count, 9);
    assert.equal(digests[0]?.apps, [
      ["a", 7],
      ["b", 2],
    ]);
    assert.equal(digests[0]?.destinations, [
      ["http://target.example", 7],
      ["https://other.example", 2],
    ]);
    assert.equal([digests[0]?.kinds, digests[0]?.errors], [[["exhausted", 9]], [["bad_status", 9]]]);
    assert.is(digests[0]?.first.length, 5);
    const stored = await taskIn(db, task!.taskId);
    assert.equal([stored.appId, stored.state, stored.sourceAppName], [ALARM_APP_ID, "pending", "bida"]);
    assert.equal([...(await channelsOfMessages(db, [task!.taskId]))], [[task!.taskId, channel]]);
    assert.equal(await make({ kind: "digest" }), []);
  });

  test("singles: one message each, oldest first", async () => {
    digests.length = 0;
    const tasks = await exhaust(3);
    await route();
    const made = await make({ kind: "singles", count: 2 });
    assert.equal([made.length, await waitingChannels(db)], [2, [channel]]);
    const told = new Set<TaskId | null | undefined>(digests.map(({ first }) => first[0]?.taskId));
    assert.ok(tasks.filter(({ taskId }) => told.has(taskId)).length === 2);
    assert.equal(await openMessagesOf(db.knex, channel).then((ids) => ids.length), 2);
  });

  test("twenty notifiers at once: each alarm is routed once and told once", async () => {
    digests.length = 0;
    await exhaust(40);
    const routed = await Promise.all(Array.from({ length: 20 }, route));
    assert.is(
      routed.reduce((sum, n) => sum + n, 0),
      40,
    );
    const made = await Promise.all(
      Array.from({ length: 20 }, (_, i) => make(i % 2 ? { kind: "digest" } : { kind: "singles", count: 1 })),
    );
    const history = await messagesOf(db, channel, 200, null);
    assert.is(history.length, made.flat().length);
    assert.is(
      history.reduce((sum, { alarms: n }) => sum + n, 0),
      40,
    );
  });

  test("what the transaction cannot finish leaves everything as it was", async () => {
    await exhaust(3);
    await route();
    const fails = makeMessages(
      db,
      channel,
      clock.now(),
      100,
      () => ({ kind: "digest" }),
      () => {
        throw new Error("killed here");
      },
    );
    assert.match(await fails.then(String, String), /killed here/);
    assert.equal(await waitingChannels(db), [channel]);
    assert.equal(await messagesOf(db, channel, 9, null), []);
    assert.is((await make({ kind: "digest" })).length, 1);
  });

  test("traffic: what waits, what was sent, what is under way", async () => {
    await exhaust(4);
    await route();
    await make({ kind: "singles", count: 1 });
    const seen: unknown[] = [];
    const look = (traffic: unknown): Turn => {
      seen.push(traffic);
      return { kind: "none" };
    };
    await makeMessages(db, channel, clock.now(), 100, look, () => assert.unreachable() as never);
    const row = { messages: 1, lastAt: clock.now() };
    assert.equal(seen, [{ waiting: 3, sentAt: [clock.now()], underWay: 1, row }]);
    // One that goes on counts up; one that begins anew does not.
    const rows = async () => (await db.knex("webhooks").first("row_messages")).row_messages;
    await make({ kind: "singles", count: 2, row: 7 });
    assert.is(await rows(), 9);
    await make({ kind: "digest" });
    assert.is(await rows(), 1);
  });

  test("a message that ends failed breaks its channel once; one that arrives heals it", async () => {
    await exhaust(2);
    await route();
    const [first, second] = await make({ kind: "singles", count: 2 });
    const before = (await alarms()).length;
    const last = async (task: StoredTask, how: "failed" | "succeeded") => {
      for (let n = 1; n < task.limitCallCount && how === "failed"; n++)
        await record(outcome(task, n, "failed"));
      await record(outcome(task, how === "failed" ? task.limitCallCount : 1, how));
    };
    await last(first!, "failed");
    const broken = await findWebhook(db, box, channel);
    assert.ok(broken.brokenSince);
    assert.match(broken.lastError ?? "", "bad_status");
    const raised = (await alarms()).slice(before);
    assert.equal(
      raised.map(({ kind: what, not_to }) => [what, not_to]),
      [["channel", channel]],
    );
    await last(second!, "succeeded");
    const healed = await findWebhook(db, box, channel);
    assert.equal([healed.brokenSince, healed.lastError, healed.lastSuccessAt], [null, null, clock.now()]);
    assert.is((await alarms()).length, before + 1);
  });

  const refused = (task: StoredTask) =>
    record({
      ...outcome(task, 1, "failed"),
      attempt: {
        ...(outcome(task, 1, "failed").attempt as AttemptRecord),
        statusCode: 200,
        error: { code: "unexpected_result", message: "no errcode 0" },
        responseBody: '{"errcode":460101,"errmsg":"message too long, exceed 20000 bytes"}',
      },
    });
  const retell = (usable = [channel]) =>
    retellRefused(db, clock.now(), usable, (_, digest) => {
      digests.push(digest);
      return {
        ...messageTask(spec(), digest, "http://x", undefined, true),
        lane: destinationOf(spec()).lane,
      };
    });

  test("what the platform refuses for what it says is not sent again: a short one is, once, and then the channel is broken", async () => {
    await exhaust(7);
    await route();
    const [task] = await make({ kind: "digest" });
    assert.equal(await retell(), []);
    await refused(task as StoredTask);
    assert.is((await taskIn(db, (task as StoredTask).taskId)).state, "exhausted");
    assert.is((await findWebhook(db, box, channel)).brokenSince, null);
    digests.length = 0;
    const made = (await Promise.all([retell(), retell(), retell()])).flat();
    assert.equal([made.length, digests[0]?.count, digests[0]?.first.length], [1, 7, 5]);
    assert.ok((made[0]?.body ?? "").length < (task?.body ?? "").length);
    const short = made[0] as StoredTask;
    const history = () => messagesOf(db, channel, 9, null);
    assert.equal(
      (await history()).map(({ refused: is, insteadOf, alarms: n }) => [is, insteadOf, n]),
      [
        [false, task?.taskId, 7],
        [true, null, 7],
      ],
    );
    assert.match((await history())[1]?.error ?? "", /refuses what the message says.*message too long/);
    await refused(short);
    assert.equal(await retell(), []);
    assert.equal(
      (await history()).map(({ refused: is }) => is),
      [true, true],
    );
    assert.match((await findWebhook(db, box, channel)).lastError ?? "", /message too long/);
  });

  test("a robot that is gone for good, or switched off, gets no short one", async () => {
    await exhaust(1);
    await route();
    const [gone] = await make({ kind: "singles", count: 1 });
    const report = outcome(gone as StoredTask, 1, "failed");
    await record({ ...report, attempt: { ...(report.attempt as AttemptRecord), statusCode: 410 } });
    assert.equal(await retell(), []);
    assert.ok((await findWebhook(db, box, channel)).brokenSince);
    await exhaust(1);
    await route();
    const [late] = await make({ kind: "singles", count: 1 });
    await refused(late as StoredTask);
    await db.knex("webhooks").update({ enabled: 0 });
    assert.equal(await retell(), []);
    await db.knex("webhooks").update({ enabled: 1 });
    assert.is((await retell()).length, 1);
  });

  test("refused messages of channels that cannot be used hold up none of others; of one whose alarms are gone nothing is told", async () => {
    await exhaust(1);
    await route();
    const [task] = await make({ kind: "singles", count: 1 });
    await refused(task as StoredTask);
    const other = (await createWebhook(db, box, spec(), clock.now())) as number;
    const rows = Array.from({ length: 60 }, (_, i) => ({
      ...{ task_id: Buffer.alloc(16, i), webhook_id: other, alarms: 1, created_at: clock.now(), refused: 1 },
    }));
    await db.knex("alarm_messages").insert(rows);
    assert.is((await retell()).length, 1);
    const left = async () => (await db.knex("alarm_messages").where("refused", 1)).length;
    assert.equal([await retell([]), await left()], [[], 60]);
    for (let i = 0; i < 2; i++) assert.equal(await retell([other]), []);
    assert.is(await left(), 0);
  });

  test("secrets are sealed, and come back; other keys cannot open them", async () => {
    const row = await db.knex("webhooks").where("id", channel).first();
    for (const secret of [TOKEN, "SEC-secret"]) assert.not.ok(JSON.stringify(row).includes(secret));
    assert.equal((await findWebhook(db, box, channel)).spec.secret, "SEC-secret");
    assert.match((await findWebhook(db, box, channel)).spec.url ?? "", TOKEN);
    const [other] = await listWebhooks(db, new SecretBox(Buffer.alloc(32, 2)));
    assert.equal([other?.opened, other?.spec.url], [false, null]);
    const smtp = { host: "m.example", user: "u", password: "p4ssw0rd", from: "a@b.c", to: ["a@b.c"] };
    const mail = spec({ type: "email", url: null, secret: null, smtp });
    const id = (await createWebhook(db, box, mail, clock.now())) as number;
    assert.not.ok(JSON.stringify(await db.knex("webhooks").where("id", id).first()).includes("p4ssw0rd"));
    assert.is((await findWebhook(db, box, id)).spec.smtp?.password, "p4ssw0rd");
  });

  test("imported twice: stored once", async () => {
    assert.type(await createWebhook(db, box, spec({ name: "k" }), clock.now(), "kkbida:1"), "number");
    assert.is(await createWebhook(db, box, spec({ name: "other" }), clock.now(), "kkbida:1"), null);
    assert.is((await listWebhooks(db, box)).length, 2);
  });

  test("without a key nothing is stored, and the refusal says why", async () => {
    const error = await refusal(() => createWebhook(db, new SecretBox(null), spec(), clock.now()));
    assert.equal([error.code, /BIDA_SECRET_KEY/.test(error.message)], ["unavailable", true]);
  });

  test("other settings forget what was wrong; what does not exist is not found", async () => {
    await db.knex("webhooks").update({ broken_since: 1, last_error: "x" });
    await updateWebhook(db, box, channel, spec({ name: "new" }), clock.now());
    const after = await findWebhook(db, box, channel);
    assert.equal([after.spec.name, after.brokenSince, after.lastError], ["new", null, null]);
    assert.is((await refusal(() => updateWebhook(db, box, 99, spec(), clock.now()))).code, "not_found");
    await closeChannel(db, channel);
    assert.is(await remove(), true);
    assert.is((await refusal(() => findWebhook(db, box, channel))).code, "not_found");
    assert.is((await refusal(remove)).code, "not_found");
  });

  test("a channel is deleted once it is closed and none of its messages is under way", async () => {
    await exhaust(1);
    await route();
    const [task] = await make({ kind: "singles", count: 1 });
    assert.is(await remove(), false, "it is open");
    await closeChannel(db, channel);
    assert.is((await findWebhook(db, box, channel)).spec.enabled, false);
    assert.is(await remove(), false, "its message is under way");
    await changeTask(db, EVERYTHING, (task as StoredTask).taskId, clock.now(), (it) =>
      cancel(it, clock.now()),
    );
    await updateWebhook(db, box, channel, spec(), clock.now());
    assert.is(await remove(), false, "it was opened again");
    assert.is((await messagesOf(db, channel, 9, null)).length, 1);
    await closeChannel(db, channel);
    assert.is(await remove(), true);
    assert.is((await db.knex("alarm_messages")).length, 0);
  });

  test("a message that waits for long breaks its channel, unless a later one arrived", async () => {
    await exhaust(2);
    await route();
    const stuck = async () => {
      await breakStuckChannels(db, inMs(-60_000), clock.now());
      return (await findWebhook(db, box, channel)).brokenSince !== null;
    };
    await make({ kind: "singles", count: 1 });
    clock.advance(50_000);
    assert.is(await stuck(), false);
    const [later] = await make({ kind: "singles", count: 1 });
    clock.advance(50_000);
    assert.is(await stuck(), true);
    const before = (await alarms()).length;
    await record(outcome(later as StoredTask, 1, "succeeded"));
    for (let minute = 0; minute < 3; minute++) {
      clock.advance(60_000);
      assert.is(await stuck(), false, "it works");
    }
    assert.is((await alarms()).length, before);
    await exhaust(1);
    await route();
    await make({ kind: "singles", count: 1 });
    clock.advance(70_000);
    assert.is(await stuck(), true, "none that was made since has arrived");
  });

  test("a channel that is closed gets no message", async () => {
    await exhaust(1);
    await route();
    await db.knex("webhooks").update({ enabled: 0 });
    assert.equal(await make({ kind: "digest" }), []);
  });

  const about = (what: "breaker" | "backlog") => ({
    kind: what,
    taskId: null,
    sourceAppName: null,
    destination: what === "breaker" ? "https://a.example" : null,
    errorCode: null,
    facts: {},
    createdAt: clock.now(),
  });

  test("many dispatchers open their breakers: one alarm", async () => {
    const since = epochMs(clock.now() - 1_000);
    await Promise.all(Array.from({ length: 5 }, () => raiseOnce(db, about("breaker"), since)));
    assert.is((await alarms()).length, 1);
    clock.advance(5_000);
    await raiseOnce(db, about("breaker"), epochMs(clock.now() - 1_000));
    assert.is((await alarms()).length, 2);
  });

  test("a backlog is told once until it is gone, to the channel whose limit it is", async () => {
    await Promise.all(Array.from({ length: 5 }, () => raiseBacklog(db, channel, about("backlog"))));
    await endBacklog(db, channel);
    await raiseBacklog(db, channel, about("backlog"));
    assert.equal(
      (await alarms()).map(({ only_to }) => only_to),
      [channel, channel],
    );
  });

  test("the oldest that is due; one node per minute looks", async () => {
    assert.is(await oldestDue(db, clock.now()), null);
    const due = inMs(-90_000);
    await given(db, { nextCallAt: inMs(60_000) }, { nextCallAt: due }, { nextCallAt: inMs(-5) });
    assert.is(await oldestDue(db, clock.now()), due);
    // What a paused destination has waiting is no backlog.
    const paused = "http://paused.example";
    await given(db, { nextCallAt: inMs(-500_000), lane: laneOf(paused) });
    await setDestination(db, paused, { paused: true }, clock.now());
    assert.is(await oldestDue(db, clock.now()), due);
    await setDestination(db, paused, { paused: false }, clock.now());
    assert.is(await oldestDue(db, clock.now()), inMs(-500_000));
    const turns = await Promise.all(Array.from({ length: 6 }, () => takeTurn(db, clock.now(), 60_000)));
    assert.is(turns.filter(Boolean).length, 1);
    assert.is(await takeTurn(db, inMs(59_000), 60_000), false);
    assert.is(await takeTurn(db, inMs(60_000), 60_000), true);
  });

  test("old alarms and messages are pruned, a part at a time", async () => {
    await exhaust(5);
    await route();
    await make({ kind: "digest" });
    clock.advance(10);
    await exhaust(1);
    assert.is(await pruneAlarms(db, clock.now(), 4), true);
    assert.is(await pruneAlarms(db, clock.now(), 4), false);
    const left = await Promise.all(
      ["alarms", "alarm_deliveries", "alarm_messages"].map(async (table) => (await db.knex(table)).length),
    );
    assert.equal(left, [1, 0, 0]);
  });

  test("history in pages, newest first", async () => {
    await exhaust(5);
    await route();
    await make({ kind: "singles", count: 5 });
    const all = await messagesOf(db, channel, 10, null);
    const first = await messagesOf(db, channel, 2, null);
    const rest = await messagesOf(db, channel, 10, first.at(-1)!.taskId);
    assert.equal([...first, ...rest], all);
  });

  test.run();
}
