/** The document that is served, the pages, and an answer of every route held against it. */
import * as assert from "uvu/assert";
import { everyDeclaration } from "../../../services/api/api.service.ts";
import { openApiDocument } from "../../../services/api/openapi/document.ts";
import { seen } from "../kit/document.ts";
import { until } from "../kit/until.ts";
import { quick } from "../kit/world.ts";
import type { Suite } from "./suite.ts";

export function documentSuite({ test, world }: Suite): void {
  test("/openapi.json is what the declarations say, open to everybody, and not sent twice", async () => {
    const first = await world().api("GET", "/openapi.json", undefined, {});
    assert.is(first.status, 200);
    assert.equal(
      first.json,
      JSON.parse(JSON.stringify(openApiDocument(everyDeclaration(), first.json.info.version))),
    );
    const etag = first.headers.get("etag") as string;
    const again = await fetch(`${world().baseUrl}/openapi.json`, { headers: { "if-none-match": etag } });
    assert.equal([again.status, await again.text()], [304, ""]);
    const other = await fetch(`${world().baseUrl}/openapi.json`, { headers: { "if-none-match": 'W/"x"' } });
    assert.is(other.status, 200);
    await other.body?.cancel();
  });

  test("/docs and all it loads come from here; no other origin is allowed", async () => {
    const page = await world().api("GET", "/docs", undefined, {});
    assert.is(page.status, 200);
    const policy = page.headers.get("content-security-policy") ?? "";
    assert.match(policy, "default-src 'none'");
    assert.not.match(policy, "unsafe");
    assert.not.match(policy, "http");
    const files = Array.from(page.text.matchAll(/(?:src|href)="([^"]+)"/g), ([, file = ""]) => file);
    assert.ok(files.length >= 5);
    for (const file of files) {
      assert.match(file, /^\/[^/]/);
      const { status, headers } = await world().api("GET", file, undefined, {});
      assert.is(status, 200, file);
      assert.is(headers.get("x-content-type-options"), "nosniff");
    }
    for (const none of ["/docs/assets/none.js", "/docs/assets/..%2fdocument.ts", "/docs/assets/docs.html"])
      assert.is((await world().api("GET", none)).status, 404, none);
  });

  test("`type` of a problem document leads to a place on /docs/errors", async () => {
    const { json } = await world().api("GET", "/v1/tasks?limit=0");
    const [path, anchor] = json.type.split("#");
    const page = await world().api("GET", path, undefined, {});
    assert.is(page.status, 200);
    assert.match(page.text, `id="${anchor}"`);
  });

  test("an answer of every route is as the document says", async () => {
    const api = async (method: string, path: string, body?: unknown) => {
      const reply = await world().api(method, path, body);
      assert.ok(reply.status < 300, `${method} ${path}: ${reply.status} ${reply.text}`);
      return reply.json;
    };
    const tag = `doc-${Math.random()}`;
    const { receiver } = world();
    const task = { url: receiver.url(), requestParam: { deep: { list: [1, null, "x"] } }, orderKey: tag };
    const done = (await api("POST", "/v1/tasks", quick({ ...task, expect: { status: [200], contains: "" } })))
      .taskId;
    await world().ended(done);
    const { results } = await api("POST", "/v1/tasks/batch", {
      tasks: [
        quick({ url: receiver.url(500), limitCallCount: 1, headers: { "x-a": "b" } }),
        quick({
          url: receiver.url(),
          delayMs: 3_600_000,
          expiresAt: new Date(Date.now() + 7_200_000).toISOString(),
        }),
        { url: "no" },
      ],
    });
    const [failed, waiting] = results.map(({ taskId }: { taskId: string }) => taskId);
    await world().ended(failed);
    await api("GET", "/v1/tasks?limit=5");
    await api("GET", "/v1/tasks?state=pending&state=delivering&sort=due");
    for (const id of [done, failed, waiting]) {
      await api("GET", `/v1/tasks/${id}`);
      await api("GET", `/v1/tasks/${id}/attempts`);
      await api("GET", `/v1/tasks/${id}/neighbours?state=exhausted`);
    }
    await api("POST", `/v1/tasks/${done}/reveal`, { note: tag });
    await api("POST", `/v1/tasks/${done}/attempts/1/reveal`, { note: tag });
    await api("POST", `/v1/tasks/${failed}/resolve`, { note: tag });
    await api("POST", `/v1/tasks/${waiting}/cancel`);
    await api("POST", `/v1/tasks/${done}/retry`, { force: true });
    await world().ended(done);
    await api("GET", "/v1/attempts?limit=5");
    // So many that the job has not ended before it is paused, however slow the machine is.
    const slow = Array(20).fill(quick({ url: receiver.url(), delayMs: 3_600_000, sourceAppName: tag }));
    await api("POST", "/v1/tasks/batch", { tasks: slow });
    const { job } = await api("POST", "/v1/tasks/retry", { filter: { sourceAppName: tag }, pace: 1 });
    await api("PATCH", `/v1/jobs/${job.id}`, { paused: true });
    await api("GET", `/v1/jobs/${job.id}`);
    await api("GET", "/v1/jobs?state=paused");
    await api("DELETE", `/v1/jobs/${job.id}`);

    const range = `from=${new Date(Date.now() - 3_600_000).toISOString()}&to=${new Date(Date.now() + 60_000).toISOString()}`;
    await api("GET", "/v1/stats/summary");
    await api("GET", `/v1/stats/series?${range}&step=minute`);
    await api("GET", `/v1/stats/destinations?${range}`);
    await api("GET", `/v1/stats/errors?${range}`);
    await api("GET", "/v1/stats/health");

    await api("GET", "/v1/destinations");
    const origin = encodeURIComponent(new URL(receiver.url()).origin);
    await api("GET", `/v1/destinations/${origin}`);
    await api("GET", `/v1/destinations/${origin}/report`);
    await api("PATCH", `/v1/destinations/${origin}`, { paused: false });

    const incident = await until("the incident of the task that failed", async () => {
      // The task is resolved by now, so its incident may have ended.
      const open = await api("GET", "/v1/incidents");
      const ended = await api("GET", "/v1/incidents?state=ended");
      return [...open.items, ...ended.items][0]?.id as number | undefined;
    });
    await api("GET", `/v1/incidents/${incident}`);
    await api("POST", `/v1/incidents/${incident}/acknowledge`, { note: tag });
    await api("DELETE", `/v1/incidents/${incident}/acknowledge`);
    await api("POST", `/v1/incidents/${incident}/mute`, { muted: false });
    for (const act of ["retry", "resolve"])
      await api("POST", `/v1/incidents/${incident}/${act}`, { dryRun: true });

    await api("GET", "/v1/alarms");
    await api("POST", `/v1/alarms/${incident}/acknowledge`, { note: tag });
    await api("DELETE", `/v1/alarms/${incident}/acknowledge`);
    const mute = await api("POST", "/v1/mutes", { sourceAppName: tag, minutes: 5, note: tag });
    await api("GET", "/v1/mutes");
    await api("DELETE", `/v1/mutes/${mute.id}`);

    await api("GET", `/v1/search?text=${tag}`);
    await api("GET", `/v1/tasks/suggestions?field=orderKey&text=${tag.slice(0, 4)}`);
    const view = await api("POST", "/v1/views", { page: "tasks", name: tag, query: "state=exhausted" });
    await api("GET", "/v1/views?page=tasks");
    await api("PATCH", `/v1/views/${view.id}`, { query: "state=pending" });
    await api("DELETE", `/v1/views/${view.id}`);

    const app = await api("POST", "/v1/apps", { name: tag, businessKeyPath: "$.orderNo" });
    await api("GET", "/v1/apps");
    await api("PATCH", `/v1/apps/${app.id}`, { ratePerSecond: 5 });
    await api("POST", `/v1/apps/${app.id}/rotate-key`);
    await api("POST", `/v1/apps/${app.id}/rotate-secret`, { immediately: true });
    await api("DELETE", `/v1/apps/${app.id}`);

    const user = await api("POST", "/v1/users", {
      username: tag,
      password: "correct horse battery",
      role: "viewer",
    });
    await api("GET", "/v1/users");
    await api("PATCH", `/v1/users/${user.id}`, { role: "operator" });
    const basic = Buffer.from(`${tag}:correct horse battery`).toString("base64");
    const passwords = { currentPassword: "correct horse battery", newPassword: "another long password" };
    const own = await world().api("POST", "/v1/session/password", passwords, {
      authorization: `Basic ${basic}`,
    });
    assert.is(own.status, 204, own.text);
    const sessions = await api("GET", `/v1/users/${user.id}/sessions`);
    assert.equal(sessions.items, []);
    await api("DELETE", `/v1/users/${user.id}/sessions`);
    await api("DELETE", `/v1/users/${user.id}`);
    const session = await world().api("POST", "/v1/session", { username: "admin", password: "admin" }, {});
    assert.is(session.status, 200);
    await api("GET", "/v1/session");
    const [mine] = (await api("GET", "/v1/sessions")).items;
    await api("DELETE", `/v1/sessions/${mine.id}`);
    await api("DELETE", "/v1/session");
    await api("GET", "/v1/audit?limit=5");
    await api("GET", "/v1/audit/names");

    const channel = await api("POST", "/v1/webhooks", {
      type: "webhook",
      name: tag,
      url: receiver.url(),
      enabled: false,
    });
    await api("GET", "/v1/webhooks");
    await api("GET", `/v1/webhooks/${channel.id}`);
    await api("PATCH", `/v1/webhooks/${channel.id}`, { title: tag });
    await api("POST", `/v1/webhooks/${channel.id}/test`);
    await api("POST", "/v1/webhooks/preview", { type: "wecom", title: tag });
    await api("POST", "/v1/webhooks/test", { type: "webhook", url: receiver.url() });
    await api("GET", `/v1/webhooks/${channel.id}/history`);
    await api("DELETE", `/v1/webhooks/${channel.id}`);

    const legacy = { ...quick({ url: receiver.url() }), expectResult: "o", requestParam: {} };
    await world().api("POST", "/api/addTask", legacy, { username: "admin", password: "admin" });
    const { items: nodes } = await api("GET", "/v1/nodes");
    const { nodeID } = nodes.find(({ services }: { services: string[] }) => services.includes("dispatcher"));
    await api("POST", `/v1/nodes/${encodeURIComponent(nodeID)}/drain`, { draining: false });
    for (const path of ["/v1/queue", "/healthz", "/readyz", "/metrics"]) await api("GET", path);

    const declared = everyDeclaration().map(
      ({ method, path, answer }) => `${method} ${path} ${answer.status ?? 200}`,
    );
    // Streams do not end.
    const missed = declared.filter((name) => !seen.has(name) && name !== "GET /v1/events 200");
    assert.equal(missed, [], "no answer of these was seen");
  });
}
