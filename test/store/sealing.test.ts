/** Payloads and answers at rest, and how keys are changed, over SQLite and MariaDB. @takes 15 s */
import { createHmac, randomBytes } from "node:crypto";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { taskIdToBytes } from "../../core/ids.ts";
import { readJson } from "../../core/json/text.ts";
import { acceptTasks, newTask } from "../../store/accept.ts";
import { createApp, signingSecrets } from "../../store/apps.ts";
import { listAttempts } from "../../store/attempts.ts";
import { closeDatabase, type Database, openDatabase } from "../../store/database.ts";
import { migrate } from "../../store/migrate.ts";
import { findTask, findTasks } from "../../store/read.ts";
import { recordOutcomes } from "../../store/record.ts";
import { resealAll } from "../../store/reseal.ts";
import type { StoredTask } from "../../store/rows.ts";
import { EVERYTHING } from "../../store/scope.ts";
import { hmacOf, keyIdOf, Sealing, UNSEALED } from "../../store/sealing.ts";
import { checkSealingKeys } from "../../store/sealing-keys.ts";
import { SecretBox } from "../../store/secret-box.ts";
import { createWebhook, findWebhook } from "../../store/webhooks.ts";
import { thrown } from "../core/helpers.ts";
import { attemptsIn, clock, KINDS, outcome, type Place, storedTask } from "./fixtures.ts";
import { sealedBefore } from "./sealed-before.ts";

const [FIRST, SECOND] = [randomBytes(32), randomBytes(32)];
const SECRET = "s3cr3t-\u5fc5\u8fbe";
const PAYLOADS: Partial<StoredTask>[] = [
  { requestParam: readJson(`{"a":"${SECRET}","n":10000000000000000001}`) },
  { body: `${SECRET}\n\u{1F600}`, contentType: "text/plain", headers: { "x-a": SECRET } },
  { bodyBase64: Buffer.from(SECRET).toString("base64"), headers: {} },
  { requestMethod: "GET" },
  { body: "" },
];
const ANSWER = { responseHeaders: { "set-cookie": [SECRET] }, responseBody: `${SECRET} ok` };

const pure = suite("sealing");

pure("row keys are HMAC-SHA256", () => {
  for (const length of [0, 1, 55, 64, 65, 500]) {
    const data = randomBytes(length);
    assert.equal(hmacOf(FIRST)(data), createHmac("sha256", FIRST).update(data).digest());
  }
});

pure.run();

for (const kind of KINDS) {
  const test = suite(`${kind.name}: sealed`);
  let place: Place;
  const opened: Database[] = [];
  const open = (sealing: Sealing): Database => {
    const db = openDatabase(place, sealing);
    opened.push(db);
    return db;
  };
  /** One connection to a place at a time, as with SQLite. */
  const closed = async () => {
    for (const db of opened.splice(0)) await closeDatabase(db);
  };
  test.before(async () => {
    place = await kind.place();
    const db = open(UNSEALED);
    await migrate(db);
    await closed();
  });
  test.after.each(closed);

  const add = async (db: Database, ...some: Partial<StoredTask>[]) => {
    const tasks = some.map((one) => storedTask(one));
    await acceptTasks(
      db,
      tasks.map((task) => newTask(task, null, db.sealing)),
    );
    for (const task of tasks) await recordOutcomes(db, [outcome(task, 1, "failed", ANSWER)], clock, () => 0);
    return tasks;
  };
  const payloadOf = ({ requestParam, body, bodyBase64, contentType, headers }: StoredTask) => ({
    ...{ requestParam, body, bodyBase64, contentType, headers },
  });
  const check = async (db: Database, tasks: StoredTask[]) => {
    for (const task of tasks) {
      const found = await findTask(db, EVERYTHING, task.taskId);
      assert.equal([found.corrupt, found.unopened], [undefined, undefined]);
      assert.equal(payloadOf(found), payloadOf(task));
      const [attempt] = await attemptsIn(db, task.taskId);
      assert.equal(
        [attempt?.responseHeaders, attempt?.responseBody],
        [ANSWER.responseHeaders, ANSWER.responseBody],
      );
    }
  };
  const stored = async (db: Database) =>
    JSON.stringify([await db.knex("tasks").select(), await db.knex("attempts").select()]);
  const keysOf = async (db: Database) =>
    new Set(
      (
        await Promise.all(
          ["tasks", "attempts"].map((table) => db.knex(table).distinct("sealed").pluck("sealed")),
        )
      ).flat(),
    );

  let all: StoredTask[] = [];

  test("rows from before, and rows that are not sealed, stand beside sealed ones", async () => {
    const plain = open(new Sealing([FIRST], false));
    all = await add(plain, ...PAYLOADS);
    await check(plain, all);
    assert.match(await stored(plain), SECRET);
    await closed();
    const db = open(new Sealing([FIRST], true));
    assert.ok(await checkSealingKeys(db, 1));
    const sealed = await add(db, ...PAYLOADS);
    all.push(...sealed);
    await check(db, all);
    const ids = sealed.map(({ taskId }) => taskIdToBytes(taskId));
    for (const table of ["tasks", "attempts"]) {
      const rows = await db.knex(table).whereIn("task_id", ids);
      assert.is(rows.length, sealed.length);
      assert.not.match(JSON.stringify(rows), /s3cr3t|czNjcjN0/);
    }
  });

  test("a value that was copied into another row, another column or another attempt does not open", async () => {
    const db = open(new Sealing([FIRST], true));
    const [victim, thief] = (await add(db, { body: SECRET }, { body: "mine" })) as [StoredTask, StoredTask];
    const row = await db.knex("tasks").where("task_id", taskIdToBytes(victim.taskId)).first();
    const own = db.knex("tasks").where("task_id", taskIdToBytes(thief.taskId));
    await own.clone().update({ body: row.body });
    assert.equal((await findTask(db, EVERYTHING, thief.taskId)).corrupt, ["body"]);
    await own.clone().update({ body: null, body_base64: row.body });
    assert.equal((await findTask(db, EVERYTHING, thief.taskId)).corrupt, ["body_base64"]);
    const changed = `${row.body.slice(0, -8)}AAAA${row.body.slice(-4)}`;
    await db.knex("tasks").where("task_id", taskIdToBytes(victim.taskId)).update({ body: changed });
    assert.equal((await findTask(db, EVERYTHING, victim.taskId)).corrupt, ["body"]);
    for (const { taskId } of [victim, thief])
      for (const table of ["tasks", "attempts"])
        await db.knex(table).where("task_id", taskIdToBytes(taskId)).delete();
  });

  test("without the key a task is no ruin: it is unopened, not corrupt, and the node must not start", async () => {
    const db = open(new Sealing([SECOND], true));
    const found = await findTasks(
      db,
      EVERYTHING,
      all.map(({ taskId }) => taskId),
    );
    assert.is(found.filter(({ unopened }) => unopened).length, PAYLOADS.length);
    assert.equal(
      found.flatMap(({ corrupt }) => corrupt ?? []),
      [],
    );
    for (const step of [1, 2, 1_000]) assert.is(await checkSealingKeys(db, 1, step), false);
    await db.knex("sealing_keys").where("key_id", keyIdOf(SECOND)).delete();
  });

  test("rotation: the new key on top, the old one opens; all is sealed anew; the old one can go", async () => {
    const both = open(new Sealing([SECOND, FIRST], true));
    assert.ok(await checkSealingKeys(both, 2));
    all.push(...(await add(both, ...PAYLOADS)));
    await check(both, all);
    assert.equal(await keysOf(both), new Set([null, keyIdOf(FIRST), keyIdOf(SECOND)]));
    const box = new SecretBox(SECOND, [FIRST]);
    const over = AbortSignal.abort(new Error("over"));
    assert.is(((await thrown(() => resealAll(both, box, over))) as Error).message, "over");
    assert.equal(await keysOf(both), new Set([null, keyIdOf(FIRST), keyIdOf(SECOND)]));
    const resealed = await resealAll(both, box);
    assert.equal(resealed, {
      tasks: 2 * PAYLOADS.length,
      attempts: 2 * PAYLOADS.length,
      secrets: 0,
      unopened: 0,
    });
    assert.equal(await keysOf(both), new Set([keyIdOf(SECOND)]));
    assert.equal(await resealAll(both, box), { tasks: 0, attempts: 0, secrets: 0, unopened: 0 });
    await closed();
    const db = open(new Sealing([SECOND], true));
    assert.ok(await checkSealingKeys(db, 3, 2));
    assert.equal(await db.knex("sealing_keys").pluck("key_id"), [keyIdOf(SECOND)]);
    await check(db, all);
    assert.not.match(await stored(db), /s3cr3t|czNjcjN0/);
  });

  test("more rows than a page, several attempts each", async () => {
    const db = open(new Sealing([FIRST, SECOND], true));
    const tasks = Array.from({ length: 205 }, () => storedTask({ body: SECRET }));
    await acceptTasks(
      db,
      tasks.map((task) => newTask(task, null)),
    );
    const [task] = tasks as [StoredTask];
    for (const n of [1, 2]) await recordOutcomes(db, [outcome(task, n, "failed", ANSWER)], clock, () => 0);
    await resealAll(db, new SecretBox(FIRST, [SECOND]));
    assert.equal(await keysOf(db), new Set([keyIdOf(FIRST)]));
    assert.is((await attemptsIn(db, task.taskId))[1]?.responseBody, ANSWER.responseBody);
  });

  test("turned off: what is sealed opens, and can be written plainly again", async () => {
    const off = open(new Sealing([FIRST], false));
    await check(off, all);
    await resealAll(off, new SecretBox(FIRST));
    assert.equal(await keysOf(off), new Set([null]));
    await check(off, all);
    assert.match(await stored(off), SECRET);
  });

  test("what a task is found by is taken out of what is sealed: it is not stored, nor kept by `reseal`", async () => {
    const found = { calledUrl: `https://a.example/${SECRET}`, businessKey: SECRET };
    const plain = open(UNSEALED);
    const [before] = await add(plain, { ...found, body: SECRET });
    const kept = await findTask(plain, EVERYTHING, before?.taskId as StoredTask["taskId"]);
    assert.equal([kept.calledUrl, kept.businessKey], [found.calledUrl, found.businessKey]);
    await closed();
    const sealed = open(new Sealing([FIRST], true));
    await add(sealed, { ...found, body: SECRET });
    await resealAll(sealed, new SecretBox(FIRST));
    const rows = await sealed.knex("tasks").whereNotNull("called_url").orWhereNotNull("business_key");
    assert.equal(rows, []);
    await resealAll(open(new Sealing([FIRST], false)), new SecretBox(FIRST));
  });

  test("secrets of apps and channels: bound to their row, under the new key after a change, those from before too", async () => {
    const db = open(UNSEALED);
    const [old, box] = [new SecretBox(FIRST), new SecretBox(SECOND, [FIRST])];
    const [one, two] = [
      await createApp(db, old, "one", ["whsec_one"], clock.now()),
      await createApp(db, old, "two", ["whsec_two"], clock.now()),
    ];
    const channel = { type: "webhook", name: "c", url: "https://a/", enabled: true, filter: {} } as never;
    const id = (await createWebhook(db, old, channel, clock.now())) as number;
    await db
      .knex("apps")
      .where("id", two.id)
      .update({ sealed_secrets: sealedBefore(FIRST, '["whsec_two"]') });
    const read = async (by: SecretBox) => [
      ...(await signingSecrets(db, by, [one.id, two.id], clock.now())).values(),
      (await findWebhook(db, by, id)).spec.url,
    ];
    assert.equal(await read(box), [["whsec_one"], ["whsec_two"], "https://a/"]);
    assert.is((await resealAll(db, box)).secrets, 3);
    assert.equal(await read(new SecretBox(SECOND)), [["whsec_one"], ["whsec_two"], "https://a/"]);
    assert.equal(await read(old), [null, null, null]);
    const { sealed_secrets } = await db.knex("apps").where("id", one.id).first();
    await db.knex("apps").where("id", two.id).update({ sealed_secrets });
    assert.is((await signingSecrets(db, box, [two.id], clock.now())).get(two.id), null);
  });

  test("a list of calls shows nothing of what is sealed, and the beginning of what is not", async () => {
    const starts = async (db: Database) => {
      const [task] = await add(db, {});
      const filter = { taskId: task?.taskId, withResponses: true };
      return (await listAttempts(db, EVERYTHING, filter, 1, null)).items[0]?.responseStart;
    };
    assert.is(await starts(open(new Sealing([FIRST], true))), null);
    await closed();
    assert.is(await starts(open(UNSEALED)), ANSWER.responseBody?.slice(0, 200));
  });

  test.run();
}
