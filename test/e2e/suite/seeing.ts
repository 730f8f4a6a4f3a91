/** What an operator sees: `/metrics`, `/v1/nodes` and the log. */
import { readFileSync } from "node:fs";
import * as assert from "uvu/assert";
import type { NodeInfo } from "../../../core/contract.ts";
import packageJson from "../../../package.json" with { type: "json" };
import { Scrape } from "../kit/scrape.ts";
import { until } from "../kit/until.ts";
import { ADMIN } from "../kit/world.ts";
import type { Suite } from "./suite.ts";

export function seeingSuite({ test, world }: Suite): void {
  const scrape = async () => {
    const reply = await world().api("GET", "/metrics", undefined, {});
    assert.is(reply.status, 200, reply.text);
    assert.is(reply.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    return new Scrape(reply.text);
  };
  /** The log lines `task changed` of one task. */
  const changesOf = (taskId: string) =>
    world().nodes.flatMap((node) => node.records("task changed").filter((line) => line.taskId === taskId));

  test("metrics: every node is up, and tasks, calls and refusals are counted", async () => {
    const before = await scrape();
    const { nodes, receiver } = world();
    assert.is(before.sum("bida_node_up"), nodes.length);
    assert.is(before.values("bida_node_up").length, nodes.length);
    const good = await world().submit({ url: receiver.url() });
    const bad = await world().submit({ url: receiver.url(500), limitCallCount: 2 });
    await Promise.all([world().ended(good), world().ended(bad)]);
    assert.is((await world().api("POST", "/v1/tasks", {})).status, 400);
    const after = await scrape();
    // Tasks of the tests before this one may still be called.
    const atLeast = (seen: number, expected: number) => assert.ok(seen >= expected, `${seen} < ${expected}`);
    const grown = (name: string, labels: Record<string, string> = {}) =>
      after.sum(name, labels) - before.sum(name, labels);
    atLeast(grown("bida_tasks_accepted_total", { api: "rest" }), 2);
    atLeast(grown("bida_accept_duration_seconds_count", { api: "rest" }), 2);
    atLeast(grown("bida_calls_total", { outcome: "succeeded", code: "none" }), 1);
    atLeast(grown("bida_calls_total", { outcome: "failed", code: "bad_status" }), 2);
    atLeast(grown("bida_call_lateness_seconds_count", { rank: "first" }), 2);
    atLeast(grown("bida_call_lateness_seconds_count", { rank: "retry" }), 1);
    atLeast(grown("bida_call_duration_seconds_count"), 3);
    for (const phase of ["first_byte", "body"]) atLeast(grown("bida_call_phase_seconds_count", { phase }), 3);
    atLeast(grown("bida_task_changes_total", { change: "succeeded" }), 1);
    atLeast(grown("bida_task_changes_total", { change: "exhausted" }), 1);
    atLeast(grown("bida_refusals_total", { api: "rest", code: "invalid_task" }), 1);
    assert.ok(grown("bida_commit_batch_size_sum", { kind: "record" }) >= 3);
    assert.is(after.sum("bida_contact", { part: "recording" }), dispatchers(world().nodes));
    assert.ok(after.sum("process_cpu_seconds_total") > 0, "Node's own are there too");
  });

  test("metrics: gauges show what is held and what waits", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const url = world().receiver.url(async (res) => {
      await promise;
      res.end("ok");
    });
    const ids = [await world().submit({ url }), await world().submit({ url, delayMs: 60_000 })];
    await world().receiver.waitForCalls(ids[0] as string, 1);
    const during = await until("a call in flight", async () => {
      const now = await scrape();
      return now.sum("bida_calls_in_flight") > 0 ? now : null;
    });
    assert.ok(during.sum("bida_jobs_held") >= 1);
    assert.ok(during.sum("bida_jobs_capacity") > 0);
    assert.ok(during.max("bida_due", { place: "leased" }) >= 1);
    // No comparison with a reading before: what other tests left waiting becomes due meanwhile.
    assert.ok(during.max("bida_due", { place: "waiting" }) >= 1);
    resolve();
    await world().ended(ids[0] as string);
    await world().api("POST", `/v1/tasks/${ids[1]}/cancel`);
    await until("none in flight", async () => (await scrape()).sum("bida_calls_in_flight") === 0);
  });

  test("metrics: the table in docs/operations.md is what is exposed, in both languages", async () => {
    const exposed = (await scrape()).metrics("bida_");
    for (const file of ["docs/operations.md", "docs/zh-CN/operations.md"]) {
      const rows = readFileSync(file, "utf8").matchAll(
        /^\|\s*`(bida_\w+)`\s*\|\s*(\w+)\s*\|([^|]*)\|[^|]*\S[^|]*\|$/gm,
      );
      const documented = new Map(
        Array.from(rows, ([, name = "", type = "", labels = ""]) => [name, { type, labels: names(labels) }]),
      );
      for (const [name, { type, labels }] of exposed) {
        const row = documented.get(name);
        assert.ok(row, `${name} is not in ${file}`);
        assert.is(row.type, type, `${name} in ${file}`);
        // One without a sample yet shows no labels.
        if (labels.length > 0) assert.equal(row.labels, labels, `${name} in ${file}`);
      }
      for (const name of documented.keys()) assert.ok(exposed.has(name), `${name} of ${file} is not exposed`);
    }
  });

  test("metrics: through a proxy, a user's credentials are asked for", async () => {
    const status = async (headers: Record<string, string>) =>
      (await world().api("GET", "/metrics", undefined, headers)).status;
    const proxied = { "x-forwarded-for": "203.0.113.9" };
    assert.is(await status(proxied), 401);
    assert.is(await status({ forwarded: "for=203.0.113.9" }), 401);
    assert.is(await status({ ...proxied, ...ADMIN }), 200);
    const app = await world().app("metrics");
    assert.is(await status({ ...proxied, ...app.headers }), 403);
  });

  test("nodes: each says what it runs and how it is", async () => {
    const { status, json } = await world().api("GET", "/v1/nodes");
    assert.is(status, 200);
    assert.is(json.nextCursor, null);
    assert.is(json.items.length, world().nodes.length);
    for (const { pid, env } of world().nodes) {
      const item = (json.items as NodeInfo[]).find((one) => one.pid === pid);
      assert.ok(item, `process ${pid} is missing`);
      assert.ok(item.nodeID.includes(`-${pid}-`));
      assert.equal(item.services, (env.SERVICES ?? "api,scheduler,dispatcher,notifier,admin").split(","));
      assert.is(item.version, packageJson.version);
      const age = Date.now() - Date.parse(item.startedAt);
      assert.ok(age > 0 && Math.abs(age - item.uptimeMs) < 30_000, `${item.startedAt}, ${item.uptimeMs} ms`);
      const calls = item.services.includes("dispatcher");
      assert.is(item.threads > 0, calls);
      assert.is(item.capacity > 0, calls);
      assert.ok(item.rssBytes > 1e7 && item.leaseMs >= 1_000);
      for (const figure of [item.inFlight, item.held, item.outcomesBuffered, item.cpu])
        assert.ok(figure >= 0);
      assert.ok(item.eventLoopDelay.p99 >= item.eventLoopDelay.p50);
    }
  });

  test("nodes: not for apps, not for strangers", async () => {
    const app = await world().app("nodes");
    assert.is((await world().api("GET", "/v1/nodes", undefined, app.headers)).status, 403);
    assert.is((await world().api("GET", "/v1/nodes", undefined, {})).status, 401);
  });

  test("log: one line per state change, without what the caller sent", async () => {
    const secret = "s3cr3t-of-the-caller";
    const { receiver } = world();
    const more = { requestParam: { token: secret }, headers: { "x-token": secret }, limitCallCount: 1 };
    const taskId = await world().submit({ url: `${receiver.url(500, 200)}?key=${secret}`, ...more });
    await world().ended(taskId);
    await world().api("POST", `/v1/tasks/${taskId}/retry`);
    await world().when(taskId, ({ callCount, state }) => callCount === 2 && state === "succeeded");
    const waiting = await world().submit({ url: receiver.url(), delayMs: 60_000 });
    await world().api("POST", `/v1/tasks/${waiting}/cancel`);
    const failed = await world().submit({ url: receiver.url(500), limitCallCount: 1 });
    await world().ended(failed);
    await world().api("POST", `/v1/tasks/${failed}/resolve`);

    const expected: [string, string[]][] = [
      [taskId, ["exhausted", "retried", "succeeded"]],
      [waiting, ["canceled"]],
      [failed, ["exhausted", "resolved"]],
    ];
    for (const [id, changes] of expected) {
      await until(`lines about ${changes}`, () => changesOf(id).length >= changes.length);
      assert.equal(
        changesOf(id)
          .map(({ change }) => change)
          .sort(),
        changes,
      );
    }
    const ended = changesOf(taskId).find(({ change }) => change === "exhausted");
    assert.is(ended?.level, "info");
    assert.is(ended?.callCount, 1);
    assert.is(ended?.errorCode, "bad_status");
    assert.is(ended?.target, receiver.origin);
    assert.type(ended?.durationMs, "number");
    const own = world().nodes.flatMap(({ log }) =>
      log.split("\n").filter((line) => line.includes("task changed")),
    );
    assert.not.ok(
      own.some((line) => line.includes(secret)),
      "a log line holds what the caller sent",
    );
  });

  test("log: a refused request is no error of ours", async () => {
    const count = () => world().nodes[0]?.log.match(/"level":"error"/g)?.length ?? 0;
    const before = count();
    assert.is((await world().api("GET", "/v1/tasks", undefined, {})).status, 401);
    assert.is((await world().api("GET", "/v1/nothing")).status, 404);
    // A line that comes later, so what came before it is there too.
    const taskId = await world().submit({ url: world().receiver.url() });
    await until("a later line", () => changesOf(taskId).length === 1);
    assert.is(count(), before);
  });
}

const dispatchers = (nodes: { env: Record<string, string | undefined> }[]) =>
  nodes.filter(({ env }) => !env.SERVICES || env.SERVICES.includes("dispatcher")).length;

const names = (labels: string) => labels.match(/\w+/g)?.sort() ?? [];
