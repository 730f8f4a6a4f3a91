/** Idempotency keys as people use them: what counts as the same request, how long, and which keys are the same. */
import { createHash, randomUUID } from "node:crypto";
import * as assert from "uvu/assert";
import { parseTaskId, taskIdToBytes } from "../../../core/ids.ts";
import { Cluster } from "../kit/cluster.ts";
import { until } from "../kit/until.ts";
import { ADMIN } from "../kit/world.ts";
import type { Suite } from "./suite.ts";

const keyed = (key: string) => ({ ...ADMIN, "idempotency-key": key });
const sha256 = (text: string) => createHash("sha256").update(text).digest();

export function idempotencySuite({ test, world }: Suite): void {
  const post = (text: string, key: string) => world().api("POST", "/v1/tasks", text, keyed(key));
  const batch = (items: string[], key?: string) =>
    world().api("POST", "/v1/tasks/batch", `{"tasks":[${items.join()}]}`, key ? keyed(key) : ADMIN);
  const idOf = async (text: string, key: string): Promise<string> => {
    const reply = await post(text, key);
    assert.is(reply.status, 202, reply.text);
    return reply.json.taskId;
  };
  const conflict = async (text: string, key: string) => {
    const reply = await post(text, key);
    assert.equal([reply.status, reply.json.code], [422, "idempotency_conflict"], reply.text);
  };
  const taskWith = (fields: string) =>
    `{"url":"${world().receiver.url()}","requestMethod":"POST","limitCallCount":1,${fields}}`;

  test("idempotency: another last digit is another body", async () => {
    const task = taskWith('"requestParam":{"id":7088992364139642881}');
    const taskId = await idOf(task, "digits");
    await conflict(task.replace("2881}", "2880}"), "digits");
    await conflict(task.replace("2881}", "2881.0}"), "digits");
    assert.is(await idOf(task, "digits"), taskId);
  });

  test("idempotency: white space, escapes, nulls and the order of fields make no other body", async () => {
    const url = world().receiver.url();
    const first = `{"url":"${url}","requestMethod":"POST","requestParam":{"a":1.50,"b":"上"},"limitCallCount":1}`;
    const taskId = await idOf(first, "order");
    const same = [
      `{ "limitCallCount" : 1,\n"requestParam":{ "a" :1.50 ,"b":"\\u4e0a"}, "requestMethod":"POST","url":"${url}" }`,
      first.replace('"limitCallCount"', '"body":null,"orderKey":null,"limitCallCount"'),
    ];
    for (const text of same) assert.is(await idOf(text, "order"), taskId, text);
    for (const other of [
      first.replace("1.50", "1.5"),
      first.replace('{"a":1.50,"b":"上"}', '{"b":"上","a":1.50}'),
      first.replace('"limitCallCount":1', '"limitCallCount":2'),
      first.replace('"limitCallCount"', '"timeoutMs":10000,"limitCallCount"'),
    ])
      await conflict(other, "order");
  });

  test("idempotency: a repetition after `expiresAt` gets the same id, another request 422", async () => {
    const url = world().receiver.url(500);
    const expiresAt = new Date(Date.now() + 5_000).toISOString();
    const retry = '"retry":{"strategy":"fixed","delayMs":60000}';
    const task = `{"url":"${url}","requestMethod":"POST","limitCallCount":5,"expiresAt":"${expiresAt}",${retry}}`;
    const taskId = await idOf(task, "late");
    const item = task.replace("{", '{"idempotencyKey":"late",');
    const [own] = (await batch([item])).json.results;
    const [whole] = (await batch([task], "late")).json.results;
    const original = await idOf(taskWith('"requestParam":{"n":1.50}'), randomUUID());
    const resend = `{"url":"${url}","expiresAt":"${expiresAt}","limitCallCount":5,${retry}}`;
    const again = (text: string) =>
      world().api("POST", `/v1/tasks/${original}/resend`, text, keyed("late-copy"));
    const copy = (await again(resend)).json.taskId;
    for (const id of [taskId, own.taskId, whole.taskId, copy])
      assert.is((await world().ended(id)).lastError?.code, "expired");

    // They end as soon as nothing can come in time any more; nodes may think it a little earlier than we do.
    await until("the moment to pass", () => Date.now() > Date.parse(expiresAt) + 100);
    assert.is(await idOf(task, "late"), taskId);
    assert.equal((await batch([item])).json.results, [own]);
    assert.equal((await batch([task], "late")).json.results, [whole]);
    assert.is((await again(resend)).json.taskId, copy);
    await conflict(task.replace('"limitCallCount":5', '"limitCallCount":6'), "late");
    await conflict(task.replace('"limitCallCount":5', '"limitCallCount":0'), "late");
    assert.is((await again(resend.replace(":5", ":6"))).status, 422);
    assert.is((await post(task, "never used")).status, 400);
    assert.is((await again(resend.replace("{", '{"timeoutMs":9000,'))).status, 422);
  });

  test("idempotency: keys of items, of batches and of requests never are the same", async () => {
    const task = taskWith('"requestParam":{"n":1}');
    const item = (key: string) => task.replace("{", `{"idempotencyKey":${JSON.stringify(key)},`);
    const single = await idOf(task, "k");
    const [own, same, keyless] = (await batch([item("k"), item("k"), task], undefined)).json.results;
    assert.equal(own, same);
    const [inBatch, second] = (await batch([task, item("k")], "k")).json.results;
    const hash = await idOf(task, "k#0");
    const ids = [single, own.taskId, keyless.taskId, inBatch.taskId, hash];
    assert.is(new Set(ids).size, ids.length);
    assert.equal(second, own, "the item's own key counts, whatever batch it comes in");
    // Each finds its own again.
    assert.is(await idOf(task, "k"), single);
    assert.is(await idOf(task, "k#0"), hash);
    assert.equal((await batch([task, item("k")], "k")).json.results, [inBatch, second]);
    assert.equal((await batch([item("k")], "other")).json.results, [own]);
    const [other] = (await batch([item("k").replace('"n":1', '"n":2')])).json.results;
    assert.match(JSON.stringify(other.errors), /idempotencyKey/);
    for (const key of ['""', '"上"', "5", '" k"', '"a\\nb"']) {
      const [refused] = (await batch([task.replace("{", `{"idempotencyKey":${key},`)])).json.results;
      assert.is(refused.errors?.[0].field, "idempotencyKey", key);
    }
    assert.is((await world().api("POST", "/v1/tasks", item("k"))).json.errors[0].field, "idempotencyKey");
  });

  test("idempotency: the same key over REST and RPC is one key", async () => {
    const place = world();
    if (!(place instanceof Cluster)) return;
    const task = taskWith('"requestParam":{"id":7088992364139642881,"v":1.50}');
    const taskId = await idOf(task, "both");
    const meta = { idempotencyKey: "both" };
    const repeated = await place.broker.call("bida.scheduler.submit", { json: task }, { meta });
    assert.equal(repeated, { taskId });
    const other = place.broker
      .call("bida.scheduler.submit", { json: task.replace("1.50", "1.5") }, { meta })
      .then(
        () => assert.unreachable(),
        (error: { type: string }) => error.type,
      );
    assert.is(await other, "idempotency_conflict");
  });

  /**
   * What versions before 0.2 hashed: `JSON.stringify` of the request as they had checked it, defaults and all, and its
   * numbers as JavaScript holds them. Taken from their `parseTask`.
   */
  const former = (url: string, fields: string) =>
    `{"url":"${url}","requestMethod":"POST","requestParam":${fields},"body":null,"contentType":null,"headers":null,"expectResult":null,"expect":null,"limitCallCount":1,"retry":{"strategy":"schedule","delaysMs":[5000,30000,120000,600000,1800000,3600000,10800000,21600000,43200000],"jitter":0.1},"timeoutMs":10000,"start":{"delayMs":0},"expiresAt":null,"sourceAppName":null,"targetAppName":null,"orderKey":null}`;

  test("idempotency: keys that earlier versions stored are found, with the hashes of theirs", async () => {
    const url = world().receiver.url();
    const text = (fields: string) =>
      `{"url":"${url}","requestMethod":"POST","limitCallCount":1,"requestParam":${fields}}`;
    const taskId = await idOf(text('{"of":"an earlier version"}'), randomUUID());
    const row = (key: string, body: string) => ({
      app_id: 0,
      key_hash: sha256(key),
      task_id: taskIdToBytes(parseTaskId(taskId) as never),
      body_hash: sha256(body),
      created_at: Date.now() - 60_000,
      scheme: 0,
    });
    const expired = new Date(Date.now() - 30_000);
    await world().withDatabase((db) =>
      db
        .knex("idempotency_keys")
        .insert([
          row("old", former(url, '{"a":1.5,"城":"上海"}')),
          row("old-digits", former(url, '{"id":7088992364139643000}')),
          row("old-batch#1", former(url, '{"n":2}')),
          row(
            "old-expired",
            former(url, '{"n":3}').replace('"expiresAt":null', `"expiresAt":${expired.getTime()}`),
          ),
        ]),
    );
    assert.is(await idOf(text('{"a":1.5,"城":"上海"}'), "old"), taskId);
    assert.is(await idOf(text('{ "a" : 1.50, "城":"\\u4e0a海" }'), "old"), taskId);
    await conflict(text('{"a":1.6,"城":"上海"}'), "old");
    // They could not tell these two apart; what they accepted stays accepted.
    assert.is(await idOf(text('{"id":7088992364139642881}'), "old-digits"), taskId);
    const [fresh, known] = (await batch([text('{"n":1}'), text('{"n":2}')], "old-batch")).json.results;
    assert.is(known.taskId, taskId);
    assert.is.not(fresh.taskId, taskId);
    const late = text('{"n":3}').replace("}}", `},"expiresAt":"${expired.toISOString()}"}`);
    assert.is(await idOf(late, "old-expired"), taskId);
  });
}
