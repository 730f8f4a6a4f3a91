/** The client package against the real thing, and signatures that its receivers verify. */
import * as assert from "uvu/assert";
import { CallbackError, createHttpClient, verifySignature } from "../../../client/index.ts";
import type { Suite } from "./suite.ts";

const SECRETS = [1, 2].map((fill) => `whsec_${Buffer.alloc(32, fill).toString("base64")}`) as [
  string,
  string,
];

export function clientSuite({ test, world }: Suite): void {
  test("signing: a task of an app with secrets is signed with each, byte for byte", async () => {
    const app = await world().app("signed", SECRETS);
    const taskId = await world().submit(
      { url: world().receiver.url(500, 200), body: "签名\r\n" },
      app.headers,
    );
    for (const { headers, body } of await world().receiver.waitForCalls(taskId, 2)) {
      for (const secret of SECRETS) assert.ok(verifySignature(headers, body, secret));
      assert.not.ok(verifySignature(headers, Buffer.concat([body, Buffer.from("x")]), SECRETS[0]));
      assert.not.ok(verifySignature(headers, body, `whsec_${Buffer.alloc(32, 9).toString("base64")}`));
    }
  });

  test("client over HTTP: call, waitFor, attempts, batch, retry, cancel, list", async () => {
    const { baseUrl, receiver } = world();
    const client = createHttpClient({ baseUrl, username: "admin", password: "admin" });
    const task = {
      url: receiver.url(500, 200),
      requestMethod: "POST",
      limitCallCount: 2,
      retry: { strategy: "fixed", delayMs: 50 },
    } as const;
    const taskId = await client.call(task, { idempotencyKey: "client-1" });
    const done = await client.waitFor(taskId, { timeoutMs: 10_000 });
    assert.is(done.state, "succeeded");
    assert.equal(
      (await client.attempts(taskId)).map(({ statusCode }) => statusCode),
      [500, 200],
    );
    assert.is(await client.call(task, { idempotencyKey: "client-1" }), taskId);
    const results = await client.callBatch([
      { ...task, delayMs: 60_000 },
      { ...task, limitCallCount: 0 },
    ]);
    assert.ok(results[1] && "errors" in results[1]);
    const waiting = (results[0] as { taskId: string }).taskId;
    assert.is((await client.cancel(waiting)).state, "canceled");
    assert.is((await client.list({ state: ["canceled"], limit: 1 })).items[0]?.taskId, waiting);
    const refused = await client.retry(taskId).catch((error: unknown) => error);
    assert.instance(refused, CallbackError);
    assert.is((refused as CallbackError).code, "state_conflict");
    await client.retry(taskId, { force: true });
    await receiver.waitForCalls(taskId, 3);
  });

  test("client over HTTP: a refused task throws with its fields; a wrong key is `unauthorized`", async () => {
    const { baseUrl } = world();
    const client = createHttpClient({ baseUrl, username: "admin", password: "admin" });
    const error = await client
      .call({ url: "x", requestMethod: "POST", limitCallCount: 0 })
      .catch((e: unknown) => e);
    assert.instance(error, CallbackError);
    const { code, status, errors } = error as CallbackError;
    assert.is(code, "invalid_task");
    assert.is(status, 400);
    assert.equal(errors.map(({ field }) => field).sort(), ["limitCallCount", "url"]);
    const stranger = createHttpClient({ baseUrl, apiKey: "bida_nobody" });
    const denied = await stranger.list().catch((e: unknown) => e);
    assert.is((denied as CallbackError).code, "unauthorized");
  });
}
