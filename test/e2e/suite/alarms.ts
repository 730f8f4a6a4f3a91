/** Alarms: what is exhausted is told, over every channel, whatever the platform answers. */
import { randomUUID } from "node:crypto";
import * as assert from "uvu/assert";
import type { AlarmMessageView, AttemptView, WebhookView } from "../../../core/contract.ts";
import { Mailbox } from "../kit/mailbox.ts";
import { Receiver } from "../kit/receiver.ts";
import { OLD_FEISHU, ROBOTS, type RobotType, SECRET, type Trouble } from "../kit/robots.ts";
import { until } from "../kit/until.ts";
import { newUser } from "./access.ts";
import type { Suite } from "./suite.ts";

/** Quick, and patient enough for a busy machine. */
const QUICK = { retry: { strategy: "fixed", delayMs: 50 }, limitCallCount: 6, timeoutMs: 10_000 };
const SIGNED = new Set(["dingtalk", "feishu"]);
const TOKEN = "0123456789abcdef0123456789abcdef";

export function alarmSuite({ test, world }: Suite): void {
  const api = (method: string, path: string, body?: unknown) => world().api(method, path, body);

  /** Makes a channel that hears of one app, which nobody else has. */
  async function channel(settings: Record<string, unknown>): Promise<WebhookView & { app: string }> {
    const app = `app-${randomUUID().slice(0, 8)}`;
    const filter = { sourceAppNames: [app], kinds: ["exhausted"] };
    const reply = await api("POST", "/v1/webhooks", { ...QUICK, filter, ...settings });
    if (reply.status !== 201) throw new Error(reply.text);
    return { ...reply.json, app };
  }

  /** Ends in failure; returns its id. */
  const failing = async (app: string, more = {}): Promise<string> => {
    const taskId = await world().submit({
      // Not a 500: many of those open a breaker.
      url: world().receiver.url(404),
      limitCallCount: 1,
      sourceAppName: app,
      targetAppName: "stock",
      ...more,
    });
    return taskId;
  };

  async function messages(
    id: number,
    fits: (items: AlarmMessageView[]) => boolean,
  ): Promise<AlarmMessageView[]> {
    let items: AlarmMessageView[] = [];
    const look = async () => {
      items = (await api("GET", `/v1/webhooks/${id}/history`)).json.items;
      return fits(items) ? items : null;
    };
    return until(`messages of channel ${id}`, look, 40_000).catch((error: Error) => {
      throw new Error(`${error.message}: ${JSON.stringify(items)}`);
    });
  }
  const sent = (items: AlarmMessageView[]) =>
    items.length > 0 && items.every(({ state }) => state === "sent");
  const drop = (...channels: WebhookView[]) =>
    Promise.all(channels.map(({ id }) => api("DELETE", `/v1/webhooks/${id}`)));

  const CODES: Record<Trouble, string> = {
    "wrong code": "unexpected_result",
    "500": "bad_status",
    slow: "timeout",
    "rate-limited": "unexpected_result",
    "not JSON": "unexpected_result",
  };

  for (const [type, robot] of Object.entries(ROBOTS) as [RobotType, (typeof ROBOTS)[RobotType]][]) {
    const settings = SIGNED.has(type) ? { type, secret: SECRET } : { type };

    test(`scenario 13: ${type}: an exhausted task is told at once, signed and in its form`, async () => {
      const url = `${world().receiver.url(robot.right)}?access_token=${TOKEN}`;
      const one = await channel({ ...settings, url });
      const taskId = await failing(one.app);
      const [message] = await messages(one.id, sent);
      const calls = world().receiver.calls(message?.taskId ?? "");
      assert.is(calls.length, 1);
      assert.match(robot.textOf(calls[0]!), taskId);
      assert.match(calls[0]?.path ?? "", TOKEN);
      const task = await world().task(message!.taskId);
      assert.equal([task.sourceAppName, task.targetAppName, task.state], ["bida", one.name, "succeeded"]);
      assert.not.match(JSON.stringify(task), TOKEN);
      assert.not.match(JSON.stringify(task), SECRET);
      await drop(one);
    });

    test(`${type}: whatever it answers first, the alarm arrives in the end`, async () => {
      await Promise.all(
        (Object.entries(robot.troubles) as [Trouble, (typeof robot.troubles)[Trouble]][]).map(
          async ([trouble, answer]) => {
            // Only the one that never answers is waited for in vain.
            const timeoutMs = trouble === "slow" ? 1_500 : QUICK.timeoutMs;
            const url = world().receiver.url(answer, robot.right);
            const one = await channel({ ...settings, timeoutMs, url });
            await failing(one.app);
            const [message] = await messages(one.id, sent);
            const attempts = await world().attempts(message!.taskId);
            const wrong = type === "slack" && trouble !== "not JSON" && trouble !== "slow";
            assert.is(attempts[0]?.errorCode, wrong ? "bad_status" : CODES[trouble], `${type}, ${trouble}`);
            assert.is(attempts.at(-1)?.outcome, "succeeded", `${type}, ${trouble}`);
            const tested = await api("POST", `/v1/webhooks/${one.id}/test`);
            assert.equal([tested.status, tested.json.succeeded], [200, true], tested.text);
            await drop(one);
          },
        ),
      );
    });

    test(`${type}: the test button says what the platform says`, async () => {
      const url = world().receiver.url(robot.troubles["wrong code"]);
      const one = await channel({ ...settings, url });
      const { status, json } = await api("POST", `/v1/webhooks/${one.id}/test`);
      assert.is(status, 200);
      assert.is(json.succeeded, false);
      assert.ok(json.durationMs >= 0 && json.statusCode >= 200 && json.body.length > 0, JSON.stringify(json));
      const unsaved = { ...settings, url: world().receiver.url(robot.right) };
      assert.is((await api("POST", "/v1/webhooks/test", unsaved)).json.succeeded, true);
      assert.is((await api("POST", `/v1/webhooks/${one.id}/test`, unsaved)).json.succeeded, true);
      assert.equal((await api("GET", `/v1/webhooks/${one.id}/history`)).json.items, []);
      await drop(one);
    });
  }

  test("a robot's origin is among the destinations, where its breaker is seen and it can be paused", async () => {
    const robot = await Receiver.start({ otherwise: ROBOTS.slack.right });
    try {
      const one = await channel({ type: "slack", url: robot.url(ROBOTS.slack.right) });
      const path = `/v1/destinations/${encodeURIComponent(robot.origin)}`;
      assert.is((await api("GET", path)).status, 404);
      await failing(one.app);
      await messages(one.id, sent);
      const listed = await until("the robot to be listed", async () => {
        const reply = await api("GET", path);
        return reply.status === 200 ? reply.json : null;
      });
      assert.equal([listed.origin, listed.breaker.state], [robot.origin, "closed"]);
      assert.is((await api("PATCH", path, { paused: true })).json.paused, true);
      await failing(one.app);
      await messages(one.id, (items) => items.length === 2);
      await until("its message to wait", async () => (await api("GET", path)).json.ready === 1);
      await api("PATCH", path, { paused: false });
      await messages(one.id, sent);
      await drop(one);
    } finally {
      await robot.stop();
    }
  });

  test("an old Feishu robot's answer counts too", async () => {
    const url = world().receiver.url(OLD_FEISHU);
    assert.is((await api("POST", "/v1/webhooks/test", { type: "feishu", url })).json.succeeded, true);
  });

  test("e-mail: put off first, then delivered; in the same history", async () => {
    const box = new Mailbox();
    const port = await box.start();
    try {
      const smtp = {
        host: "127.0.0.1",
        port,
        tls: "none",
        user: "u",
        password: "right",
        from: "b@a.example",
        to: ["o@a.example"],
      };
      const one = await channel({ type: "email", smtp, language: "en", timeoutMs: 20_000 });
      assert.equal([one.smtp?.password, one.type], ["******", "email"]);
      box.refusals = 1;
      const taskId = await failing(one.app);
      const [message] = await messages(one.id, sent);
      const attempts: AttemptView[] = await world().attempts(message!.taskId);
      assert.equal([attempts[0]?.statusCode, attempts[0]?.errorCode], [450, "bad_status"]);
      assert.is(attempts.at(-1)?.statusCode, 250);
      assert.is(box.mails.length, 1);
      assert.match(box.mails[0] ?? "", /Subject: \[Bida\] Callback failed: stock/);
      assert.match(box.mails[0] ?? "", taskId);
      const origin = `smtp://127.0.0.1:${port}`;
      assert.is((await world().task(message!.taskId)).url, origin);
      const paused = await api("PATCH", `/v1/destinations/${encodeURIComponent(origin)}`, { paused: false });
      assert.equal([paused.status, paused.json.origin], [200, origin]);
      assert.is((await api("POST", `/v1/webhooks/${one.id}/test`)).json.statusCode, 250);
      await drop(one);
    } finally {
      await box.stop();
    }
  });

  const KINDS: [contentType: string, content: string, read: (body: string) => string | null][] = [
    ["application/json; charset=utf-8", '{"id":"${taskId}","n":${callCount}}', (body) => JSON.parse(body).id],
    [
      "application/x-www-form-urlencoded; charset=utf-8",
      "id=${taskId}&u=${url}",
      (body) => new URLSearchParams(body).get("id"),
    ],
    [
      "text/xml; charset=utf-8",
      "<a><id>${taskId}</id><u>${url}</u></a>",
      (body) => /<id>(.+)<\/id>/.exec(body)?.[1] ?? null,
    ],
  ];
  for (const [contentType, content, read] of KINDS) {
    test(`kkbida's webhook, ${contentType}: its fields are enough, one message per task`, async () => {
      const url = world().receiver.url(200);
      const one = await channel({ url, requestMethod: "POST", contentType, memo: "备注", content });
      assert.equal([one.type, one.name], ["webhook", "备注"]);
      const ids = await Promise.all(Array.from({ length: 6 }, () => failing(one.app)));
      const items = await messages(one.id, (all) => all.length === 6 && sent(all));
      const calls = items.flatMap(({ taskId }) => world().receiver.calls(taskId));
      assert.equal(calls.map((call) => read(call.body.toString())).sort(), ids.sort());
      for (const { headers } of calls) assert.is(headers["content-type"], contentType);
      await drop(one);
    });
  }

  test("new variables of a template: why the last call failed, its status, and where the task is shown", async () => {
    const content = '{"id":"${taskId}","why":"${lastError}","status":${statusCode},"at":"${consoleUrl}"}';
    const one = await channel({ url: world().receiver.url(200), content });
    const taskId = await failing(one.app);
    const [message] = await messages(one.id, sent);
    const told = JSON.parse(world().receiver.calls(message!.taskId)[0]?.body.toString() ?? "");
    assert.equal([told.id, told.status], [taskId, 404]);
    assert.match(told.why, (await world().task(taskId)).lastError?.message ?? "missing");
    assert.match(told.at, new RegExp(`^http://.*/tasks/${taskId}$`));
    await drop(one);
  });

  test("what is done to channels is audited, without secrets; a role that may not: 403, audited", async () => {
    const url = `${world().receiver.url(ROBOTS.slack.right)}?token=${TOKEN}`;
    const one = await channel({ type: "slack", url });
    await api("PATCH", `/v1/webhooks/${one.id}`, { name: "renamed" });
    await api("POST", `/v1/webhooks/${one.id}/test`);
    await drop(one);
    const reply = await api("GET", `/v1/audit?target=webhook:${one.id}`);
    assert.equal(reply.json.items.map(({ action }: { action: string }) => action).reverse(), [
      "webhook.create",
      "webhook.update",
      "webhook.test",
      "webhook.delete",
    ]);
    assert.not.match(reply.text, TOKEN);
    const viewer = await newUser(world(), "viewer");
    const refused = await world().api("POST", "/v1/webhooks", { url }, viewer.headers);
    assert.is(refused.status, 403);
    const many = { filter: { sourceAppName: one.app } };
    assert.is((await world().api("POST", "/v1/tasks/retry", many, viewer.headers)).status, 403);
    await until("the refusals to be recorded", async () => {
      const { items } = (await api("GET", `/v1/audit?actor=${viewer.username}`)).json;
      const routes = items.map(({ target }: { target: { id: string } }) => target.id).sort();
      return routes.join() === "POST /v1/tasks/retry,POST /v1/webhooks";
    });
  });

  test("a webhook's answer: 2xx, and expectResult where it is given", async () => {
    const url = world().receiver.url({ body: "no" });
    const test = async (more = {}) => (await api("POST", "/v1/webhooks/test", { url, ...more })).json;
    assert.is((await test()).succeeded, true);
    assert.equal((await test({ expectResult: "yes" })).errorCode, "unexpected_result");
  });

  test("a channel that cannot be reached is shown, told to the others, and heals", async () => {
    const { receiver } = world();
    const url = receiver.url(ROBOTS.wecom.troubles["wrong code"]);
    const broken = await channel({ type: "wecom", url, name: "broken-one", limitCallCount: 2 });
    const other = await channel({
      type: "slack",
      url: receiver.url(ROBOTS.slack.right),
      filter: { kinds: ["channel"] },
    });
    await failing(broken.app);
    const shown = await until("the channel to be broken", async () => {
      const { json } = await api("GET", `/v1/webhooks/${broken.id}`);
      return json.state === "broken" ? (json as WebhookView) : null;
    });
    assert.ok(shown.brokenSince);
    assert.match(shown.lastError ?? "", /^unexpected_result/);
    const about = await messages(other.id, sent);
    const texts = about.map(({ taskId }) => ROBOTS.slack.textOf(receiver.calls(taskId)[0]!));
    assert.is(texts.filter((text) => text.includes("broken-one")).length, 1);
    // Its own message raised no alarm to it.
    assert.is((await api("GET", `/v1/webhooks/${broken.id}/history`)).json.items.length, 1);
    receiver.answer(new URL(url).pathname, ROBOTS.wecom.right);
    await failing(broken.app);
    await until("the channel to be healed", async () => {
      const { json } = await api("GET", `/v1/webhooks/${broken.id}`);
      return json.state === "ok" && json.brokenSince === null && json.lastError === null;
    });
    await drop(broken, other);
  });

  test("a message whose words are refused is told in short, once; both are in the history, and the channel works", async () => {
    const { receiver } = world();
    const refusal = { body: '{"errcode":40058,"errmsg":"markdown.content exceed max length 4096"}' };
    const one = await channel({ type: "wecom", url: receiver.url(refusal, ROBOTS.wecom.right) });
    const taskId = await failing(one.app);
    const items = await messages(one.id, (all) => all[0]?.state === "sent");
    assert.equal(
      items.map(({ state, insteadOf, alarms }) => [state, insteadOf, alarms]),
      [
        ["sent", items[1]?.taskId, 1],
        ["refused", null, 1],
      ],
    );
    assert.match(items[1]?.error ?? "", /markdown\.content exceed max length/);
    assert.is((await world().attempts(items[1]!.taskId)).length, 1);
    assert.match(ROBOTS.wecom.textOf(receiver.calls(items[0]!.taskId)[0]!), taskId);
    assert.is((await api("GET", `/v1/webhooks/${one.id}`)).json.state, "ok");
    await drop(one);
  });

  test("previews: in the channel's language, and as long as the platform takes; the test says what was sent", async () => {
    const content = '{"msgtype":"text","text":{"content":"${title} ${url} ${url} ${consoleUrl}"}}';
    for (const [language, word] of [
      ["zh", "回调失败"],
      ["en", "Callback failed"],
    ]) {
      const { status, json } = await api("POST", "/v1/webhooks/preview", {
        type: "wecom",
        language,
        content,
      });
      assert.is(status, 200);
      assert.match(json.single.body, word as string);
      for (const one of [json.single, json.digest]) {
        const [size] = one.sizes;
        assert.equal([size.part, size.max, one.shortened], ["text.content", 2_048, true]);
        assert.ok(size.size <= 2_048 && size.size === Buffer.byteLength(JSON.parse(one.body).text.content));
      }
    }
    const wrong = await api("POST", "/v1/webhooks/preview", { type: "wecom", content: "{}" });
    assert.equal([wrong.status, wrong.json.errors[0].field], [400, "content"]);
    const url = `${world().receiver.url(ROBOTS.wecom.right)}?key=${TOKEN}`;
    const { sent } = (await api("POST", "/v1/webhooks/test", { type: "wecom", url })).json;
    const call = world().receiver.ledger.findLast(({ path }) => path.startsWith(new URL(url).pathname));
    assert.equal([sent.body, sent.bytes], [call?.body.toString(), call?.body.length]);
    assert.equal([sent.sizes[0].part, sent.sizes[0].max], ["markdown.content", 4_096]);
  });

  test("settings: masked, kept where a change lacks them, deleted", async () => {
    const { receiver } = world();
    const url = `${receiver.url(ROBOTS.dingtalk.right)}?access_token=${TOKEN}`;
    const one = await channel({ type: "dingtalk", url, secret: SECRET, name: "first" });
    assert.equal([one.secret, one.url?.endsWith("?access_token=******cdef")], ["******", true]);
    const changed = await api("PATCH", `/v1/webhooks/${one.id}`, {
      name: "second",
      url: one.url,
      secret: one.secret,
    });
    assert.equal([changed.status, changed.json.name], [200, "second"]);
    assert.is((await api("POST", `/v1/webhooks/${one.id}/test`)).json.succeeded, true);
    const list: WebhookView[] = (await api("GET", "/v1/webhooks")).json.items;
    assert.equal(list.find(({ id }) => id === one.id)?.name, "second");
    assert.not.match(JSON.stringify(list), TOKEN);
    const refused = await api("PATCH", `/v1/webhooks/${one.id}`, { content: '{"a":${url}}' });
    assert.equal([refused.status, refused.json.errors[0].field], [400, "content"]);
    assert.is((await api("DELETE", `/v1/webhooks/${one.id}`)).status, 200);
    for (const [method, path] of [
      ["GET", ""],
      ["PATCH", ""],
      ["DELETE", ""],
      ["POST", "/test"],
      ["GET", "/history"],
    ]) {
      const body = method === "PATCH" ? {} : undefined;
      assert.is((await api(method as string, `/v1/webhooks/${one.id}${path}`, body)).status, 404);
    }
    assert.is((await api("GET", "/v1/webhooks/nonsense")).status, 404);
  });

  test("a channel that is deleted while its message is on the way: the message is canceled", async () => {
    const one = await channel({
      type: "slack",
      url: world().receiver.url(500),
      retry: { strategy: "fixed", delayMs: 3_600_000 },
    });
    await failing(one.app);
    const [message] = await messages(one.id, (items) => items.length === 1);
    await world().when(message!.taskId, ({ callCount }) => callCount === 1);
    assert.is((await api("DELETE", `/v1/webhooks/${one.id}`)).status, 200);
    assert.is((await world().task(message!.taskId)).state, "canceled");
  });

  test("apps see no channels and no alarms, and cannot pretend to be one", async () => {
    const { id, headers } = await world().app(`alarms-${randomUUID().slice(0, 8)}`);
    assert.ok(id > 0);
    for (const path of ["/v1/webhooks", "/v1/webhooks/1", "/v1/webhooks/1/history"]) {
      assert.is((await world().api("GET", path, undefined, headers)).status, 403);
    }
    assert.is((await world().api("POST", "/v1/webhooks/1/test", undefined, headers)).status, 403);
    assert.is((await world().api("GET", "/v1/webhooks", undefined, {})).status, 401);
    const one = await channel({
      type: "slack",
      url: world().receiver.url(ROBOTS.slack.right),
      filter: { sourceAppNames: ["bida"], kinds: ["exhausted"] },
    });
    const pretender = await world().submit(
      { url: world().receiver.url(404), limitCallCount: 1, sourceAppName: "bida" },
      headers,
    );
    const [message] = await messages(one.id, sent);
    assert.match(ROBOTS.slack.textOf(world().receiver.calls(message!.taskId)[0]!), pretender);
    await drop(one);
  });

  test("an alarm that failed can be sent again by hand, and heals its channel", async () => {
    const url = world().receiver.url(500);
    const one = await channel({ type: "slack", url, limitCallCount: 1 });
    await failing(one.app);
    const [message] = await messages(one.id, (items) => items[0]?.state === "failed");
    world().receiver.answer(new URL(url).pathname, ROBOTS.slack.right);
    assert.is((await api("POST", `/v1/tasks/${message!.taskId}/retry`)).status, 200);
    await messages(one.id, sent);
    assert.is((await api("GET", `/v1/webhooks/${one.id}`)).json.state, "ok");
    await drop(one);
  });
}
