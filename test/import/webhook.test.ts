// kkbida's notification webhooks. Channels are kept by a sink of the test's own: what counts here is what reaches it.
import { test as single, suite } from "uvu";
import * as assert from "uvu/assert";
import { hours } from "../../core/clock.ts";
import { LEGACY_SETTINGS } from "../../core/profile.ts";
import { closeDatabase, type Database } from "../../store/database.ts";
import { importKkbida } from "../../store/kkbida/import.ts";
import type { Remark, WebhookRequest, WebhookSink } from "../../store/kkbida/options.ts";
import type { SourceWebhook } from "../../store/kkbida/rows.ts";
import { Source } from "../../store/kkbida/source.ts";
import { mapWebhook } from "../../store/kkbida/webhook.ts";
import { freshDatabase, KINDS } from "../store/fixtures.ts";
import { emptyKkbida, insert, type Kkbida } from "./kkbida.ts";

const CONTENT = '{"msgtype":"text","text":{"content":"回调异常，taskId：${taskId}，url：${url}"}}';

const hook = (more: Record<string, unknown> = {}) => ({
  requestMethod: "POST",
  url: "https://oapi.dingtalk.com/robot/send?access_token=abc",
  contentType: "application/json; charset=utf-8",
  memo: "值班群",
  content: CONTENT,
  ...more,
});

const mapped = (more: Record<string, unknown>) => mapWebhook({ id: 1, ...hook(more) } as SourceWebhook);

single("a webhook is taken as it is, its variables included", () => {
  assert.equal(mapped({}), hook() as never);
  assert.equal(mapped({ contentType: null, memo: " " }), hook({ memo: null }) as never);
  assert.is((mapped({ memo: "长".repeat(300) }) as WebhookRequest).memo?.length, 255);
});

single("webhooks that kkbida never sent, or nobody can", () => {
  assert.match(mapped({ requestMethod: "GET" }) as string, /^requestMethod/);
  for (const content of [null, "", "  "]) assert.match(mapped({ content }) as string, /^content is empty/);
  for (const url of [null, "", "oapi.dingtalk.com", "ftp://host/", "http://[::1"])
    assert.match(mapped({ url }) as string, /^url/);
});

single.run();

for (const kind of KINDS) {
  const test = suite(`webhooks into ${kind.name}`);
  let kkbida: Kkbida;
  let db: Database;
  let created: { request: WebhookRequest; sourceKey: string }[];
  let remarks: Remark[];
  let failing: boolean;

  const sink: WebhookSink = {
    problem: ({ content }) => (content.includes("broken") ? "content does not make valid JSON" : null),
    async create(within, request, sourceKey) {
      // In the transaction that remembers the import.
      await within.knex.raw("SELECT 1");
      created.push({ request, sourceKey });
      if (failing) throw new Error("the disk is full");
    },
  };

  async function importAll(write = true, webhooks: WebhookSink | null = sink) {
    const source = await Source.open(kkbida.url);
    const options = {
      batch: 500,
      zone: hours(8),
      legacy: LEGACY_SETTINGS,
      endedOnly: false,
      oldBefore: null,
      webhooks,
    };
    try {
      const { tally } = await importKkbida(source, db, write, {
        ...options,
        onPage: () => true,
        onRemark: (remark) => void remarks.push(remark),
      });
      return tally.webhooks;
    } finally {
      await source.close();
    }
  }

  test.before.each(async () => {
    [kkbida, db] = [await emptyKkbida(), await freshDatabase(kind)];
    [created, remarks, failing] = [[], [], false];
  });
  test.after.each(async () => {
    await kkbida.close();
    await closeDatabase(db);
  });

  test("each once, in order; a second run changes nothing; a new one is added", async () => {
    await insert(kkbida, "web_hook", [hook(), hook({ memo: null }), hook({ content: "broken ${url}" })]);
    assert.equal(await importAll(false), { total: 3, imported: 2, known: 0, leftOut: 1 });
    assert.is(created.length, 0, "a dry run");
    assert.equal(await importAll(), { total: 3, imported: 2, known: 0, leftOut: 1 });
    assert.equal(
      created.map(({ request }) => request),
      [hook(), hook({ memo: null })] as never,
    );
    assert.match(created[0]?.sourceKey ?? "", /^kkbida:[0-9a-f]{32}$/);
    assert.equal(remarks[0], {
      table: "web_hook",
      id: "3",
      result: "left out",
      reason: "content does not make valid JSON",
    });
    await insert(kkbida, "web_hook", [hook({ memo: "new" })]);
    assert.equal(await importAll(), { total: 4, imported: 1, known: 2, leftOut: 1 });
    assert.is(created.length, 3);
  });

  test("one that cannot be stored is not remembered", async () => {
    await insert(kkbida, "web_hook", [hook()]);
    failing = true;
    await importAll().then(
      () => assert.unreachable("it did not fail"),
      (error: Error) => assert.match(error.message, /disk is full/),
    );
    failing = false;
    assert.equal(await importAll(), { total: 1, imported: 1, known: 0, leftOut: 0 });
  });

  test("without channels they are left out, and imported once there are some", async () => {
    await insert(kkbida, "web_hook", [hook()]);
    assert.equal(await importAll(true, null), { total: 1, imported: 0, known: 0, leftOut: 1 });
    assert.equal(await importAll(), { total: 1, imported: 1, known: 0, leftOut: 0 });
  });

  test.run();
}
