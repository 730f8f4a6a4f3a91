/** Calling apps: their keys, addresses, rates and signatures. */
import * as assert from "uvu/assert";
import { verifySignature } from "../../../client/index.ts";
import { until } from "../kit/until.ts";
import { quick } from "../kit/world.ts";
import type { Suite } from "./suite.ts";

const keyed = (key: string) => ({ authorization: `Bearer ${key}` });

export function appSuite({ test, world }: Suite): void {
  const create = async (more: Record<string, unknown> = {}) => {
    const reply = await world().api("POST", "/v1/apps", { name: `app-${Math.random()}`, ...more });
    assert.is(reply.status, 201, reply.text);
    return reply.json;
  };
  const patch = (id: number, body: unknown) => world().api("PATCH", `/v1/apps/${id}`, body);
  const rotate = (id: number, what: string, body?: unknown) =>
    world().api("POST", `/v1/apps/${id}/rotate-${what}`, body);
  const statusWith = async (key: string) =>
    (await world().api("GET", "/v1/tasks?limit=1", undefined, keyed(key))).status;
  const soon = (what: string, key: string, status: number) =>
    until(what, async () => (await statusWith(key)) === status);
  const listed = async (id: number) =>
    (await world().api("GET", "/v1/apps?limit=200")).json.items.find((app: { id: number }) => app.id === id);

  test("an app's key is shown once, and works until it is rotated, disabled or deleted", async () => {
    const { key, signingSecret, ...app } = await create({ ipAllow: ["127.0.0.0/8"], ratePerSecond: 1000 });
    assert.match(key, /^bida_[\w-]{43}$/);
    assert.match(signingSecret, /^whsec_/);
    const list = await world().api("GET", "/v1/apps?limit=200");
    for (const secret of [key, signingSecret]) assert.not.ok(list.text.includes(secret));
    assert.equal(await listed(app.id), app);
    assert.equal([app.ipAllow, app.ratePerSecond, app.signing], [["127.0.0.0/8"], 1000, true]);
    assert.is(await statusWith(key), 200);

    const second = (await rotate(app.id, "key")).json;
    const hours = (Date.parse(second.previousKeyUntil) - Date.now()) / 3_600_000;
    assert.ok(hours > 23.9 && hours < 24.1, String(hours));
    assert.equal([await statusWith(key), await statusWith(second.key)], [200, 200]);
    const third = (await rotate(app.id, "key", { immediately: true })).json;
    assert.is(third.previousKeyUntil, null);
    assert.is(await statusWith(third.key), 200);
    for (const old of [key, second.key]) await soon("the old key to end", old, 401);

    assert.is((await patch(app.id, { disabled: true })).json.disabled, true);
    await soon("the disabled app's key to be refused", third.key, 401);
    await patch(app.id, { disabled: false });
    await soon("the app to be back", third.key, 200);

    assert.is((await world().api("DELETE", `/v1/apps/${app.id}`)).status, 204);
    await soon("the deleted app's key to be refused", third.key, 401);
    assert.is(await listed(app.id), undefined);
    assert.is((await patch(app.id, { disabled: false })).status, 404);
    const again = await create({ name: app.name });
    assert.is.not(again.id, app.id);

    const entries = await world().api("GET", `/v1/audit?target=app:${app.id}`);
    assert.equal(
      entries.json.items.map(({ action }: { action: string }) => action),
      ["app.delete", "app.change", "app.change", "app.rotate-key", "app.rotate-key", "app.create"],
    );
    assert.equal(entries.json.items[2].before, { disabled: false });
    assert.equal(entries.json.items[2].after, { disabled: true });
    assert.not.match(entries.text, /bida_[\w-]{43}|whsec_/);
  });

  test("a deleted app's tasks go on, and are signed", async () => {
    const { id, key, signingSecret } = await create();
    const taskId = await world().submit({ url: world().receiver.url(), delayMs: 700 }, keyed(key));
    assert.is((await world().api("DELETE", `/v1/apps/${id}`)).status, 204);
    assert.is((await world().ended(taskId)).state, "succeeded");
    const [call] = world().receiver.calls(taskId);
    assert.ok(call && verifySignature(call.headers, call.body, signingSecret));
  });

  test("a rotated signing secret: old and new sign; with `immediately` the new one alone", async () => {
    const app = await create();
    /** Which of `secrets` signed a call that is made now. */
    const signers = async (secrets: string[]) => {
      const taskId = await world().submit({ url: world().receiver.url() }, keyed(app.key));
      const [call] = await world().receiver.waitForCalls(taskId, 1);
      return secrets.filter((secret) => call && verifySignature(call.headers, call.body, secret));
    };
    const first = app.signingSecret;
    assert.equal(await signers([first]), [first]);
    const rotated = (await rotate(app.id, "secret")).json;
    const second = rotated.signingSecret;
    const overlap = (Date.parse(rotated.previousSecretUntil) - Date.now()) / 3_600_000;
    assert.ok(overlap > 23.9 && overlap < 24.1, String(overlap));
    await until("both to sign", async () => (await signers([first, second])).length === 2);
    const third = (await rotate(app.id, "secret", { immediately: true })).json.signingSecret;
    await until("the new one alone to sign", async () => {
      const now = await signers([first, second, third]);
      return now.length === 1 && now[0] === third;
    });
  });

  test("an app's allow-list is enforced", async () => {
    const { id, key } = await create({ ipAllow: ["203.0.113.0/24"] });
    const reply = await world().api("POST", "/v1/tasks", quick({ url: world().receiver.url() }), keyed(key));
    assert.equal([reply.status, reply.json.code], [403, "forbidden"]);
    assert.match(reply.json.detail, "127.0.0.1");
    await patch(id, { ipAllow: ["203.0.113.0/24", "127.0.0.1"] });
    await soon("the new list", key, 200);
  });

  test("an app over its rate gets 429 with Retry-After, and others do not", async () => {
    const { id, key } = await create({ ratePerSecond: 2 });
    const other = await create();
    const replies = await Promise.all(
      Array.from({ length: 12 }, () => world().api("GET", "/v1/tasks?limit=1", undefined, keyed(key))),
    );
    const refused = replies.filter(({ status }) => status === 429);
    assert.ok(refused.length >= 1, replies.map(({ status }) => status).join());
    assert.ok(replies.filter(({ status }) => status === 200).length >= 2);
    assert.equal([refused[0]?.json.code, refused[0]?.headers.get("retry-after")], ["too_many_requests", "1"]);
    assert.is(await statusWith(other.key), 200);
    await patch(id, { ratePerSecond: null });
    await until("the limit to be gone", async () => {
      const many = await Promise.all(Array.from({ length: 12 }, () => statusWith(key)));
      return many.every((status) => status === 200);
    });
  });

  test("what an app may not be", async () => {
    const { name } = await create();
    const bad: [body: Record<string, unknown>, status: number, field: string][] = [
      [{ name }, 409, "name"],
      [{}, 400, "name"],
      [{ name: "" }, 400, "name"],
      [{ name: "#1" }, 400, "name"],
      [{ name: `${name} ` }, 400, "name"],
      [{ name: "a\u0000b" }, 400, "name"],
      [{ name: "x".repeat(65) }, 400, "name"],
      [{ name: "n", ipAllow: ["10.0.0.0/33"] }, 400, "ipAllow.0"],
      [{ name: "n", ipAllow: ["10.0.0.1", "host.example"] }, 400, "ipAllow.1"],
      [{ name: "n", ipAllow: "10.0.0.1" }, 400, "ipAllow"],
      [{ name: "n", ratePerSecond: 0 }, 400, "ratePerSecond"],
      [{ name: "n", ratePerSecond: 1.5 }, 400, "ratePerSecond"],
      [{ name: "n", key: "mine" }, 400, "key"],
    ];
    for (const [body, status, field] of bad) {
      const reply = await world().api("POST", "/v1/apps", body);
      assert.equal([reply.status, reply.json.errors[0]?.field], [status, field], JSON.stringify(body));
    }
    for (const id of ["0", "x", "-1", "99999999999"])
      assert.is((await world().api("PATCH", `/v1/apps/${id}`, { disabled: true })).status, 404, id);
  });
}
