/** What the console shows: statistics, calls across tasks, waiting tasks, events as they happen. */
import * as assert from "uvu/assert";
import type { AttemptItem, StatsPoint, StatsSummary } from "../../../core/contract.ts";
import { EventReader } from "../kit/events.ts";
import { until } from "../kit/until.ts";
import type { Suite } from "./suite.ts";

export function watchingSuite({ test, world }: Suite): void {
  const get = async (path: string, headers?: Record<string, string>) => {
    const reply = await world().api("GET", path, undefined, headers);
    assert.is(reply.status, 200, reply.text);
    return reply.json;
  };
  const range = (from = Date.now() - 1_800_000, to = Date.now() + 60_000) =>
    `from=${new Date(from).toISOString()}&to=${new Date(to).toISOString()}`;

  /** An app with two tasks: one delivered at the second call, one exhausted. */
  async function anApp() {
    const app = await world().app(`stats-${Math.random()}`);
    const good = await world().submit({ url: world().receiver.url(500, 200) }, app.headers);
    const bad = await world().submit({ url: world().receiver.url(404), limitCallCount: 1 }, app.headers);
    await Promise.all([world().ended(good), world().ended(bad)]);
    return { ...app, good, bad };
  }

  test("statistics: an app sees its own, at once and exactly; a user sees all", async () => {
    const { headers, id } = await anApp();
    const summary = (await get("/v1/stats/summary", headers)) as StatsSummary;
    assert.equal(summary.tasks, { pending: 0, succeeded: 1, exhausted: 1, canceled: 0, resolved: 0 });
    assert.equal(summary.totals, { accepted: 2, calls: 3, succeeded: 1, failed: 2 });
    assert.equal(summary.attempts, { succeeded: 1, failed: 2 });
    assert.is(summary.oldestWaiting, null);
    for (const period of [summary.lastHour, summary.lastDay]) {
      const { accepted, calls, succeeded, failed, retries, exhausted, successRate } = period;
      assert.equal(
        { accepted, calls, succeeded, failed, retries, exhausted, successRate },
        { accepted: 2, calls: 3, succeeded: 1, failed: 2, retries: 1, exhausted: 1, successRate: 1 / 3 },
      );
      assert.ok(period.p50! <= period.p95! && period.p95! <= period.p99!);
      assert.equal(period.topErrors, [{ errorCode: "bad_status", count: 2 }]);
    }
    const all = (await get("/v1/stats/summary")) as StatsSummary;
    assert.ok(all.totals.calls >= 3 && all.tasks.exhausted >= 1);
    // The same through a user's eyes, by app.
    for (const [path, who] of [
      [`${range()}&app=${id}`, undefined],
      [range(), headers],
    ] as const) {
      const series = await get(`/v1/stats/series?step=hour&${path}`, who);
      const points = series.points as StatsPoint[];
      const sum = (name: "accepted" | "calls" | "failed" | "exhausted" | "delivered") =>
        points.reduce((total, point) => total + point[name], 0);
      assert.equal(
        [sum("accepted"), sum("calls"), sum("failed"), sum("exhausted"), sum("delivered")],
        [2, 3, 2, 1, 1],
      );
      const errors = await get(`/v1/stats/errors?${path}`, who);
      assert.equal([errors.items[0].errorCode, errors.items[0].count], ["bad_status", 2]);
      const { items } = await get(`/v1/stats/destinations?${path}`, who);
      assert.is(items.length, 1);
      assert.equal([items[0].calls, items[0].failed], [3, 2]);
      const sparks = items[0].sparkline as { calls: number }[];
      assert.is(
        sparks.reduce((total, { calls }) => total + calls, 0),
        3,
      );
      assert.ok(sparks.length >= 20 && sparks.length <= 45, `${sparks.length}`);
    }
    const destination = encodeURIComponent(world().receiver.origin);
    const series = await get(`/v1/stats/series?step=minute&${range()}&destination=${destination}`, headers);
    assert.is(
      (series.points as StatsPoint[]).reduce((n, { calls }) => n + calls, 0),
      3,
    );
  });

  test("statistics follow what is done by hand", async () => {
    const { headers, bad } = await anApp();
    const held = await world().submit({ url: world().receiver.url(), delayMs: 3_600_000 }, headers);
    const tasks = async () => (await get("/v1/stats/summary", headers)).tasks;
    assert.equal(await tasks(), { pending: 1, succeeded: 1, exhausted: 1, canceled: 0, resolved: 0 });
    await world().api("POST", `/v1/tasks/${held}/cancel`);
    await world().api("POST", `/v1/tasks/${bad}/resolve`);
    assert.equal(await tasks(), { pending: 0, succeeded: 1, exhausted: 0, canceled: 1, resolved: 1 });
  });

  test("statistics: bad ranges are refused, naming the field", async () => {
    const now = Date.now();
    const CASES: [string, string][] = [
      [`series?step=week&${range()}`, "step"],
      [`series?${range()}`, "step"],
      ["series?step=hour&from=yesterday&to=2026-01-01T00:00:00Z", "from"],
      ["series?step=hour&from=2026-01-01T00:00:00Z", "to"],
      [`series?step=hour&${range(now, now - 1)}`, "to"],
      [`series?step=minute&${range(now - 1_501 * 60_000, now)}`, "from"],
      [`series?step=minute&${range(now - 60 * 3_600_000, now - 59 * 3_600_000)}`, "from"],
      [`series?step=day&${range()}&destination=nonsense`, "destination"],
      [`series?step=day&${range()}&app=x`, "app"],
      [`destinations?${range()}&step=day`, "step"],
      [`errors?${range(now, now)}`, "to"],
    ];
    for (const [query, field] of CASES) {
      const { status, json, text } = await world().api("GET", `/v1/stats/${query}`);
      assert.is(status, 400, `${query}: ${text}`);
      assert.is(json.errors[0].field, field, query);
    }
    const { headers } = await world().app(`other-${Math.random()}`);
    const other = await world().api("GET", `/v1/stats/errors?${range()}&app=0`, undefined, headers);
    assert.equal([other.status, other.json.errors[0].field], [400, "app"]);
    assert.is((await world().api("GET", "/v1/stats/summary", undefined, {})).status, 401);
  });

  test("calls across tasks: newest first, without bodies, an app's own", async () => {
    const { headers, good, bad } = await anApp();
    const list = async (query: string, who = headers) =>
      (await get(`/v1/attempts?${query}`, who)).items as AttemptItem[];
    const all = await list("");
    assert.is(all.length, 3);
    const times = all.map(({ startedAt }) => startedAt);
    assert.equal(times, times.toSorted().reverse());
    assert.ok(!("responseBody" in all[0]!));
    const of = (items: AttemptItem[]) => items.map(({ taskId, n }) => `${taskId} ${n}`).sort();
    assert.equal(of(await list("outcome=succeeded")), [`${good} 2`]);
    assert.equal(of(await list("status=404")), [`${bad} 1`]);
    assert.equal(of(await list("errorCode=bad_status")), [`${bad} 1`, `${good} 1`].sort());
    assert.equal(of(await list(`taskId=${good}`)), [`${good} 1`, `${good} 2`]);
    assert.is((await list(`destination=${encodeURIComponent(world().receiver.origin)}`)).length, 3);
    assert.is((await list("destination=http://elsewhere")).length, 0);
    assert.is((await list(`to=${times.at(-1)}`)).length, 0);
    assert.ok(!("responseStart" in all[0]!));
    const [answered] = await list("include=response&outcome=succeeded");
    assert.is(answered?.responseStart, "ok");
    const first = await get("/v1/attempts?limit=2", headers);
    const second = await get(`/v1/attempts?limit=2&cursor=${first.nextCursor}`, headers);
    assert.equal([...first.items, ...second.items], all);
    assert.is(second.nextCursor, null);
    for (const [query, field] of [
      ["status=9", "status"],
      ["outcome=maybe", "outcome"],
      ["limit=0", "limit"],
      ["include=body", "include"],
      ["x=1", "x"],
    ]) {
      const { status, json } = await world().api("GET", `/v1/attempts?${query}`);
      assert.equal([status, json.errors[0].field], [400, field], query);
    }
  });

  test("waiting tasks by due time", async () => {
    const { headers } = await world().app(`waiting-${Math.random()}`);
    const ids: string[] = [];
    for (const delayMs of [3_000_000, 1_000_000, 2_000_000])
      ids.push(await world().submit({ url: world().receiver.url(), delayMs }, headers));
    const { items } = await get("/v1/tasks?sort=due", headers);
    assert.equal(
      (items as { taskId: string }[]).map(({ taskId }) => taskId),
      [ids[1], ids[2], ids[0]],
    );
    const refused = await world().api("GET", "/v1/tasks?sort=due&state=succeeded");
    assert.equal([refused.status, refused.json.errors[0].field], [400, "state"]);
    for (const id of ids) await world().api("POST", `/v1/tasks/${id}/cancel`);
  });

  test("events: what happens to an app's tasks, to it and to users, not to other apps", async () => {
    const [app, other] = [await world().app(`ev-${Math.random()}`), await world().app(`ev-${Math.random()}`)];
    const readers = await Promise.all(
      [undefined, app.headers, other.headers].map((headers) => EventReader.open(world(), "", headers)),
    );
    const [user, own, foreign] = readers as [EventReader, EventReader, EventReader];
    try {
      // Other nodes learn a moment later that somebody listens.
      await until("a first event", async () => {
        await world().submit({ url: world().receiver.url() }, app.headers);
        return own.changes.length > 0 && user.changes.length > 0;
      });
      const taskId = await world().submit({ url: world().receiver.url(500, 200) }, app.headers);
      await world().ended(taskId);
      const types = (reader: EventReader) =>
        reader.changes.filter((change) => change.taskId === taskId).map(({ type }) => type);
      const wanted = ["task.accepted", "task.attempted", "task.succeeded"];
      for (const reader of [user, own])
        await until("all events", () => types(reader).length >= 3).then(() =>
          assert.equal(types(reader).toSorted(), wanted),
        );
      const last = own.changes.find((change) => change.taskId === taskId && change.type === "task.succeeded");
      assert.equal(
        [last?.state, last?.callCount, last?.attempt?.n, last?.attempt?.statusCode],
        ["succeeded", 2, 2, 200],
      );
      const stats = await until("a tick", () => own.stats.find(({ perSecond }) => perSecond !== null));
      assert.ok(stats.totals.accepted >= 2 && stats.tasks.succeeded >= 1);
      await until("the other app's tick", () => foreign.stats.length > 0);
      assert.equal([foreign.changes, foreign.stats[0]?.totals.accepted], [[], 0]);
    } finally {
      await Promise.all(readers.map((reader) => reader.close()));
    }
  });

  test("events: of one task, of some types", async () => {
    const taskId = await world().submit({ url: world().receiver.url(), delayMs: 3_600_000 });
    const reader = await EventReader.open(world(), `?taskId=${taskId}&types=task.retried,task.succeeded`);
    try {
      await until("a first event", async () => {
        await world().api("POST", `/v1/tasks/${taskId}/retry`, { force: true });
        return reader.changes.length > 0;
      });
      await until("its end", () => reader.changes.some(({ type }) => type === "task.succeeded"));
      assert.ok(reader.changes.every((change) => change.taskId === taskId));
      assert.ok(reader.changes.every(({ type }) => type !== "task.accepted" && type !== "task.attempted"));
      assert.equal(reader.stats, []);
    } finally {
      await reader.close();
    }
    for (const [query, field] of [
      ["taskId=1", "taskId"],
      ["types=task.done", "types"],
      ["since=1", "since"],
    ]) {
      const { status, json } = await world().api("GET", `/v1/events?${query}`);
      assert.equal([status, json.errors[0].field], [400, field], query);
    }
    assert.is((await world().api("GET", "/v1/events", undefined, {})).status, 401);
  });
}
