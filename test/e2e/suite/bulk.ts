/** Many tasks at once: a selection, a filter, a job that goes on in the background, an export; and edit and resend. */
import * as assert from "uvu/assert";
import type { BulkResult, JobView } from "../../../core/contract.ts";
import { type TaskId, taskIdToBytes } from "../../../core/ids.ts";
import type { AuditView } from "../../../core/people.ts";
import { Receiver } from "../kit/receiver.ts";
import { until } from "../kit/until.ts";
import { ADMIN, quick } from "../kit/world.ts";
import { newUser } from "./access.ts";
import type { Suite } from "./suite.ts";

const fresh = (): string => `bulk${Math.random().toString(36).slice(2)}`;

export function bulkSuite({ test, world }: Suite): void {
  const post = (path: string, body: object, headers?: Record<string, string>) =>
    world().api("POST", path, body, headers);

  /** Tasks in batches of 500. @returns their ids */
  const add = async (count: number, task: object, headers?: Record<string, string>): Promise<string[]> => {
    const ids: string[] = [];
    while (ids.length < count) {
      const tasks = Array.from({ length: Math.min(500, count - ids.length) }, () => quick({ ...task }));
      const { json } = await world().batch(tasks, headers);
      ids.push(...(json.results as { taskId: string }[]).map(({ taskId }) => taskId));
    }
    return ids;
  };
  const failed = async (count: number, task: object, headers?: Record<string, string>): Promise<string[]> => {
    const ids = await add(count, { limitCallCount: 1, ...task }, headers);
    await Promise.all(ids.map((id) => world().ended(id, 40_000)));
    return ids;
  };
  const jobOf = async (id: string): Promise<JobView> => (await world().api("GET", `/v1/jobs/${id}`)).json;
  const ended = (id: string): Promise<JobView> =>
    until(
      "the job to end",
      async () => {
        const job = await jobOf(id);
        return job.finishedAt === null ? null : job;
      },
      60_000,
    );
  const audit = async (target: string): Promise<AuditView[]> =>
    (await world().api("GET", `/v1/audit?target=${encodeURIComponent(target)}`)).json.items;

  test("by filter: a dry run counts, the real one retries; what came between is told; each is audited", async () => {
    const sourceAppName = fresh();
    const url = world().receiver.url(500, 500, 500, 200);
    const ids = await failed(2, { url, sourceAppName });
    const filter = { state: ["exhausted"], sourceAppName };
    const dry: BulkResult = (await post("/v1/tasks/retry", { filter, dryRun: true })).json;
    assert.equal([dry.matched, dry.changed, dry.dryRun, dry.job], [2, 0, true, null]);
    ids.push(...(await failed(1, { url, sourceAppName })));
    const reply = await post("/v1/tasks/retry", { filter, expected: dry.matched, note: "repaired" });
    const { matched, expected, difference, changed, skipped }: BulkResult = reply.json;
    assert.equal([reply.status, matched, expected, difference, changed], [200, 3, 2, 1, 3]);
    assert.equal(skipped, {});
    for (const id of ids) assert.is((await world().ended(id)).state, "succeeded");
    const [entry] = await audit(`task:${ids[0]}`);
    assert.equal([entry?.action, entry?.note, entry?.actor.name], ["task.retry", "repaired", "admin"]);
  });

  test("a dry run says what would be changed, per state, and why others would not: as the real one does then", async () => {
    const sourceAppName = fresh();
    const [done = ""] = await add(1, { url: world().receiver.url(), sourceAppName });
    await world().ended(done);
    const [lost = ""] = await failed(1, { url: world().receiver.url(500, 200), sourceAppName });
    const [open = ""] = await add(1, { url: world().receiver.url(), sourceAppName, delayMs: 3_600_000 });
    const ask = async (action: string, more: object): Promise<BulkResult> =>
      (await post(`/v1/tasks/${action}`, { filter: { sourceAppName }, ...more })).json;
    const { matched, changed, preview } = await ask("retry", { dryRun: true });
    assert.equal([matched, changed], [3, 0]);
    assert.equal(preview, {
      ...{ looked: 3, atLeast: false, changed: 2, skipped: { "it has succeeded": 1 } },
      states: [
        { state: "pending", changed: 1, skipped: {} },
        { state: "succeeded", changed: 0, skipped: { "it has succeeded": 1 } },
        { state: "exhausted", changed: 1, skipped: {} },
      ],
    });
    const cancel = (await ask("cancel", { dryRun: true })).preview;
    assert.equal([cancel?.changed, cancel?.skipped], [1, { "it is succeeded": 1, "it is exhausted": 1 }]);
    const gone = "00000000-0000-7000-8000-000000000000";
    const chosen = (await post("/v1/tasks/resolve", { taskIds: [lost, open, gone], dryRun: true })).json;
    assert.equal(chosen.preview.skipped, {
      "there is no such task": 1,
      "it is pending, not exhausted": 1,
    });
    const real = await ask("retry", {});
    assert.equal([real.changed, real.skipped, real.preview], [2, preview?.skipped, null]);
  });

  test("a retry with the whole schedule: calls as at first, numbered on; it is exhausted, and told, again", async () => {
    const sourceAppName = fresh();
    const retry = { strategy: "fixed", delayMs: 0 };
    const url = world().receiver.url(...Array(9).fill(500), 200);
    const task = { url, sourceAppName, limitCallCount: 3, retry };
    const [id = ""] = await failed(1, task);
    const alone = await post(`/v1/tasks/${id}/retry`, { schedule: "whole", note: "from the start" });
    assert.is(alone.status, 200, alone.text);
    const callsOf = async (count: number) =>
      until("its calls", async () => {
        const view = await world().task(id);
        return view.callCount === count && view.finishedAt !== null ? view : null;
      });
    assert.is((await callsOf(6)).state, "exhausted");
    const [entry] = await audit(`task:${id}`);
    assert.is(entry?.action, "task.retry");
    assert.match(JSON.stringify(entry?.after), /"schedule":"whole"/);
    const filter = { sourceAppName, state: ["exhausted"] };
    assert.is((await post("/v1/tasks/retry", { filter, schedule: "whole" })).json.changed, 1);
    assert.is((await callsOf(9)).state, "exhausted");
    assert.is((await post("/v1/tasks/retry", { filter })).json.changed, 1);
    assert.is((await callsOf(10)).state, "succeeded");
    const attempts = (await world().api("GET", `/v1/tasks/${id}/attempts`)).json.items;
    assert.equal(
      attempts.map(({ n }: { n: number }) => n),
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    );
    const alarms = await world().withDatabase((db) =>
      db.knex("alarms").where("task_id", taskIdToBytes(id as TaskId)),
    );
    assert.is(alarms.length, 3, "an alarm each time it was exhausted");
    const wrong = await post("/v1/tasks/cancel", { filter, schedule: "whole" });
    assert.equal([wrong.status, wrong.json.errors[0].field], [400, "schedule"]);
    assert.is((await post(`/v1/tasks/${id}/retry`, { schedule: "twice" })).status, 400);
  });

  test("a job with a pace: however few tasks, set and paused while it runs, by its owner only; all is audited", async () => {
    const name = fresh();
    const app = await world().app(name);
    const other = await world().app(fresh());
    const sourceAppName = fresh();
    await failed(12, { url: world().receiver.url(...Array(12).fill(500), 200), sourceAppName }, app.headers);
    const filter = { sourceAppName };
    const started = await post("/v1/tasks/retry", { filter, pace: 1, schedule: "whole" }, app.headers);
    assert.equal([started.status, started.json.job.pace, started.json.job.schedule], [202, 1, "whole"]);
    const path = `/v1/jobs/${started.json.job.id}`;
    const patch = (body: object, headers?: Record<string, string>) =>
      world().api("PATCH", path, body, headers);
    assert.is((await patch({ paused: true }, other.headers)).status, 404);
    const paused = await patch({ paused: true, note: "wait" }, app.headers);
    assert.equal([paused.status, paused.json.state, paused.json.paused.by], [200, "paused", name]);
    const listed = async (query: string, headers?: Record<string, string>): Promise<JobView[]> =>
      (await world().api("GET", `/v1/jobs?${query}`, undefined, headers)).json.items;
    const isIn = (items: JobView[]) => items.some(({ id }) => id === paused.json.id);
    assert.equal(
      [await listed("state=paused"), await listed("state=running"), await listed("", other.headers)].map(
        isIn,
      ),
      [true, false, false],
    );
    assert.is(isIn(await listed("state=paused&state=waiting", app.headers)), true);
    for (const [body, field] of [
      [{}, "body"],
      [{ pace: 0 }, "pace"],
      [{ pace: 1.5 }, "pace"],
      [{ paused: "yes" }, "paused"],
      [{ speed: 1 }, "speed"],
    ] as const) {
      const refused = await patch(body);
      assert.equal([refused.status, refused.json.errors[0].field], [400, field]);
    }
    assert.is((await world().api("GET", "/v1/jobs?state=gone")).status, 400);
    const resumed = await patch({ paused: false, pace: null });
    assert.equal([resumed.status, resumed.json.pace, resumed.json.paused], [200, null, null]);
    const done = await ended(paused.json.id);
    assert.equal([done.done, done.changed], [12, 12]);
    const settled = await until("its tasks to succeed", async () => {
      const job = (await world().api("GET", path)).json;
      return job.outcome.succeeded === 12 ? job : null;
    });
    assert.equal([settled.outcome.counted, settled.samples], [12, {}]);
    assert.is((await patch({ pace: 3 })).status, 409);
    const told = (await audit(`job:${paused.json.id}`)).map(({ action, actor }) => `${action} ${actor.name}`);
    assert.equal(told.toReversed(), [
      `job.start ${name}`,
      `job.pause ${name}`,
      ...["job.pace admin", "job.resume admin"],
      `job.finish ${name}`,
    ]);
    const both = { taskIds: [crypto.randomUUID()], pace: 5 };
    assert.is((await post("/v1/tasks/retry", both)).json.errors[0].field, "pace");
  });

  test("a job ends with the rights of who asked for it: an app that is disabled or deleted, a user who is a viewer now", async () => {
    const [kept, gone] = [await world().app(fresh()), await world().app(fresh())];
    const operator = await newUser(world(), "operator");
    const admin = (method: string, path: string, body?: object) => world().api(method, path, body);
    const ways = [
      { headers: kept.headers, end: () => admin("PATCH", `/v1/apps/${kept.id}`, { disabled: true }) },
      { headers: gone.headers, end: () => admin("DELETE", `/v1/apps/${gone.id}`) },
      {
        headers: operator.headers,
        end: () => admin("PATCH", `/v1/users/${operator.id}`, { role: "viewer" }),
      },
    ];
    for (const { headers, end } of ways) {
      const sourceAppName = fresh();
      const owner = headers === operator.headers ? undefined : headers;
      await add(20, { url: world().receiver.url(), sourceAppName, delayMs: 3_600_000 }, owner);
      const { json } = await post("/v1/tasks/cancel", { filter: { sourceAppName }, pace: 1 }, headers);
      const { id } = json.job;
      assert.ok((await end()).status < 300);
      const job = (await world().api("GET", `/v1/jobs/${id}`)).json;
      assert.is(job.state, "stopped");
      assert.ok(job.done < 20);
      const [told] = await audit(`job:${id}`);
      assert.equal([told?.action, told?.actor.name], ["job.stop", "admin"]);
      assert.match(
        told?.note ?? "",
        /^Its (app was disabled|app was deleted|user was disabled, or is no operator)$/,
      );
    }
  });

  test("by selection: reasons why some were not changed, by count", async () => {
    const url = world().receiver.url(500);
    const [lost = ""] = await failed(1, { url });
    const [waiting = ""] = await add(1, { url, delayMs: 3_600_000 });
    const gone = "00000000-0000-7000-8000-000000000000";
    const resolved = await post("/v1/tasks/resolve", { taskIds: [lost, waiting, gone, lost] });
    assert.equal([resolved.json.matched, resolved.json.changed], [2, 1]);
    assert.equal(resolved.json.skipped, {
      "there is no such task": 1,
      "it is pending, not exhausted": 1,
    });
    const canceled = await post("/v1/tasks/cancel", { taskIds: [lost, waiting] });
    assert.equal([canceled.json.changed, canceled.json.skipped], [1, { "it is resolved": 1 }]);
    assert.is((await world().task(waiting)).state, "canceled");
  });

  test("more than 1,000: a job, whose progress can be read and which the audit log tells of", async () => {
    const sourceAppName = fresh();
    await add(1_250, { url: world().receiver.url(), sourceAppName, delayMs: 3_600_000 });
    const filter = { sourceAppName };
    const reply = await post("/v1/tasks/cancel", { filter, note: "all of them" });
    assert.equal([reply.status, reply.json.matched, reply.json.changed], [202, 1_250, 0]);
    const job = reply.json.job as JobView;
    assert.equal([job.kind, job.filter, job.by.name, job.note], ["cancel", filter, "admin", "all of them"]);
    // Made after the start: not meant.
    const [late = ""] = await add(1, { url: world().receiver.url(), sourceAppName, delayMs: 3_600_000 });
    const done = await ended(job.id);
    assert.equal([done.state, done.done, done.changed], ["finished", 1_250, 1_250]);
    assert.is((await world().task(late)).state, "pending");
    const open = await post("/v1/tasks/cancel", { filter: { ...filter, state: ["pending"] }, dryRun: true });
    assert.is(open.json.matched, 1);
    const listed: JobView[] = (await world().api("GET", "/v1/jobs")).json.items;
    assert.ok(listed.some(({ id }) => id === job.id));
    assert.equal((await audit(`job:${job.id}`)).map(({ action }) => action).sort(), [
      "job.finish",
      "job.start",
    ]);
    assert.is((await world().api("DELETE", `/v1/jobs/${job.id}`)).status, 409);
    assert.is((await world().api("GET", "/v1/jobs/nonsense")).status, 404);
  });

  test("a job can be stopped: what is done stays, the rest is as it was", async () => {
    const sourceAppName = fresh();
    await add(2_500, { url: world().receiver.url(), sourceAppName, delayMs: 3_600_000 });
    const { json } = await post("/v1/tasks/cancel", { filter: { sourceAppName }, pace: 200 });
    const stopped = await world().api("DELETE", `/v1/jobs/${json.job.id}`);
    assert.equal([stopped.status, stopped.json.state], [200, "stopped"]);
    const told = await audit(`job:${json.job.id}`);
    assert.equal(told.map(({ action }) => action).sort(), ["job.start", "job.stop"]);
    const { done, changed } = await jobOf(json.job.id);
    assert.ok(done < 2_500, String(done));
    const count = async (state: string) =>
      (await post("/v1/tasks/cancel", { filter: { sourceAppName, state: [state] }, dryRun: true })).json
        .matched;
    assert.equal(await Promise.all(["canceled", "pending"].map(count)), [changed, 2_500 - changed]);
  });

  test("bad input is refused, field by field; roles and owners count", async () => {
    const refused = async (path: string, body: object, field: string) => {
      const { status, json } = await post(path, body);
      assert.is(status, 400, JSON.stringify(json));
      assert.ok(
        json.errors.some((error: { field: string }) => error.field === field),
        JSON.stringify(json),
      );
    };
    await refused("/v1/tasks/retry", {}, "body");
    await refused("/v1/tasks/retry", { filter: {} }, "filter");
    await refused("/v1/tasks/retry", { filter: { state: ["done"] } }, "filter.state.0");
    await refused("/v1/tasks/retry", { filter: { colour: "x" } }, "filter.colour");
    await refused("/v1/tasks/cancel", { taskIds: [] }, "taskIds");
    await refused("/v1/tasks/cancel", { taskIds: ["nonsense"] }, "taskIds.0");
    await refused("/v1/tasks/cancel", { taskIds: Array(1001).fill(crypto.randomUUID()) }, "taskIds");
    await refused("/v1/tasks/resolve", { filter: { q: "x" }, taskIds: [crypto.randomUUID()] }, "body");
    const app = await world().app(fresh());
    const url = world().receiver.url(500);
    const [theirs = ""] = await failed(1, { url }, app.headers);
    const [ours = ""] = await failed(1, { url });
    const both = await post("/v1/tasks/resolve", { taskIds: [theirs, ours] }, app.headers);
    assert.equal([both.status, both.json.matched, both.json.changed], [200, 1, 1]);
    assert.is((await world().task(ours)).state, "exhausted");
    const replay = `/v1/destinations/${encodeURIComponent(world().receiver.origin)}/replay`;
    const range = { from: new Date(0).toISOString(), to: new Date().toISOString() };
    assert.is((await post(replay, range, app.headers)).status, 403);
    await refused(replay, { from: range.to, to: range.from }, "to");
  });

  test("replay: what a destination missed in a time range is sent again, and nothing else", async () => {
    const receiver = await Receiver.start();
    try {
      const url = receiver.url(500, 500, 200);
      const [early = ""] = await failed(1, { url });
      // On the cluster's clock; ids are made within the same millisecond only if created together.
      const from = new Date(Date.parse((await world().task(early)).createdAt) + 1).toISOString();
      const [missed = ""] = await failed(1, { url });
      const to = new Date(Date.parse((await world().task(missed)).createdAt) + 1).toISOString();
      const path = `/v1/destinations/${encodeURIComponent(receiver.origin)}/replay`;
      assert.is((await post(path, { from, to, dryRun: true })).json.matched, 1);
      const { status, json } = await post(path, { from, to, note: "outage" });
      assert.equal([status, json.changed], [200, 1]);
      assert.is((await world().ended(missed)).state, "succeeded");
      assert.is((await world().task(early)).state, "exhausted");
    } finally {
      await receiver.stop();
    }
  });

  test("edit and resend: a copy with what was changed, validated, linked, of the same owner", async () => {
    const app = await world().app(fresh());
    const { receiver } = world();
    const [id = ""] = await failed(
      1,
      { url: receiver.url(500), requestParam: { a: 1 }, headers: { "x-kept": "yes" }, sourceAppName: "shop" },
      app.headers,
    );
    const url = receiver.url();
    const sent = await post(`/v1/tasks/${id}/resend`, { url, body: "raw", note: "moved" });
    assert.is(sent.status, 202, sent.text);
    assert.is(sent.json.resendOf, id);
    const copy = await world().ended(sent.json.taskId);
    assert.equal(
      [copy.state, copy.url, copy.body, copy.requestParam, copy.sourceAppName, copy.resendOf],
      ["succeeded", url, "raw", null, "shop", id],
    );
    const [call] = receiver.calls(copy.taskId);
    assert.equal([call?.headers["x-kept"], call?.body.toString()], ["yes", "raw"]);
    assert.is((await world().task(copy.taskId, app.headers)).taskId, copy.taskId, "the app's own");
    const original = await world().task(id);
    assert.equal([original.state, original.callCount, original.resendOf], ["exhausted", 1, null]);
    const [entry] = await audit(`task:${id}`);
    assert.equal(
      [entry?.action, entry?.after, entry?.note],
      ["task.resend", { taskId: copy.taskId, changed: ["url", "body"] }, "moved"],
    );
    const refused = await post(`/v1/tasks/${id}/resend`, { url: "ftp://x", colour: "red" });
    assert.equal(
      [refused.status, refused.json.errors.map(({ field }: { field: string }) => field).sort()],
      [400, ["colour", "url"]],
    );
    const keyed = { ...ADMIN, "idempotency-key": fresh() };
    const twice = await Promise.all([1, 2].map(() => post(`/v1/tasks/${id}/resend`, { url }, keyed)));
    assert.is(twice[0]?.json.taskId, twice[1]?.json.taskId);
    const other = await world().app(fresh());
    assert.is((await post(`/v1/tasks/${id}/resend`, {}, other.headers)).status, 404);
  });

  test("a copy that succeeds: its original is resolved where that was asked for, once; a retry of many leaves it alone", async () => {
    const sourceAppName = fresh();
    const [first = "", second = ""] = await failed(2, { url: world().receiver.url(500), sourceAppName });
    const resent = async (id: string, changes: object): Promise<string> =>
      (await post(`/v1/tasks/${id}/resend`, changes)).json.taskId;
    const url = world().receiver.url();
    const left = await resent(first, { url, sourceAppName: fresh() });
    const failing = await resent(second, { url: world().receiver.url(500), sourceAppName: fresh() });
    assert.is((await world().ended(failing)).state, "exhausted");
    const held = { url, delayMs: 3_600_000, sourceAppName: fresh(), resolveOriginal: true, note: "moved" };
    const wished = await resent(failing, held);
    await world().ended(left);
    const filter = { sourceAppName, state: ["exhausted"] };
    const skipped = { "a copy of it has succeeded": 1, "a copy of it is still open": 1 };
    const dry = (await post("/v1/tasks/retry", { filter, dryRun: true })).json;
    assert.equal([dry.matched, dry.preview.changed, dry.preview.skipped], [2, 0, skipped]);
    const real = (await post("/v1/tasks/retry", { filter })).json;
    assert.equal([real.changed, real.skipped], [0, skipped]);
    assert.equal((await world().task(first)).replacedBy, { taskId: left, state: "succeeded" });
    const open = await world().task(wished);
    assert.equal([open.resolvesOriginal, open.replacedBy], [true, null]);
    assert.is((await post(`/v1/tasks/${wished}/retry`, {})).status, 200);
    for (const id of [second, failing])
      await until("the originals to be resolved", async () => (await world().task(id)).state === "resolved");
    const told = (await audit(`task:${second}`)).filter(({ action }) => action === "task.resolve");
    assert.equal(
      told.map(({ note, actor }) => [note, actor.name]),
      [[`its copy ${wished} has succeeded: moved`, "admin"]],
    );
    assert.is((await world().task(wished)).resolvesOriginal, false);
    assert.is((await world().task(first)).state, "exhausted", "nobody asked for that");
    const wrong = await post(`/v1/tasks/${first}/resend`, { resolveOriginal: "yes" });
    assert.equal([wrong.status, wrong.json.errors[0].field], [400, "resolveOriginal"]);
  });

  test("what an operator resends is not signed as the app, unless the app allows it; the app's own copy is", async () => {
    const app = await post("/v1/apps", { name: fresh() });
    const key = { authorization: `Bearer ${app.json.key}` };
    const { receiver } = world();
    const [id = ""] = await failed(1, { url: receiver.url(500) }, key);
    const signed = async (headers: Record<string, string>) => {
      // The second call too: the row is read again.
      const changes = {
        url: receiver.url(500, 200),
        limitCallCount: 2,
        retry: { strategy: "fixed", delayMs: 0 },
      };
      const { json } = await world().api("POST", `/v1/tasks/${id}/resend`, changes, headers);
      assert.is((await world().ended(json.taskId)).state, "succeeded");
      const calls = receiver.calls(json.taskId);
      assert.is(calls.length, 2);
      return calls.map((call) => call.headers["webhook-signature"] !== undefined);
    };
    assert.equal(
      receiver.calls(id).map((call) => "webhook-signature" in call.headers),
      [true],
    );
    assert.equal(await signed(ADMIN), [false, false]);
    assert.equal(await signed(key), [true, true]);
    const changed = await world().api("PATCH", `/v1/apps/${app.json.id}`, { signResends: true });
    assert.equal([app.json.signResends, changed.json.signResends], [false, true]);
    assert.equal(await signed(ADMIN), [true, true]);
  });

  test("export: every task once, as lines of JSON and as CSV without formulas, to each what is theirs", async () => {
    const sourceAppName = fresh();
    const app = await world().app(fresh());
    const task = { url: world().receiver.url(), sourceAppName, delayMs: 3_600_000 };
    const ids = await add(450, task);
    const [evil = ""] = await add(1, { ...task, targetAppName: '=1+1,"x"', body: "a\nb" }, app.headers);
    const get = (format: string, headers?: Record<string, string>) =>
      world().api(
        "GET",
        `/v1/tasks/export?format=${format}&sourceAppName=${sourceAppName}`,
        undefined,
        headers,
      );
    const jsonl = await get("jsonl");
    assert.match(
      jsonl.headers.get("content-disposition") ?? "",
      /^attachment; filename="bida-tasks-.*\.jsonl"$/,
    );
    const lines = jsonl.text.trimEnd().split("\n");
    assert.equal(lines.map((line) => JSON.parse(line).taskId).sort(), [...ids, evil].sort());
    const csv = await get("csv", app.headers);
    assert.match(csv.headers.get("content-type") ?? "", /^text\/csv/);
    const [header = "", ...rows] = csv.text.trimEnd().split("\r\n");
    assert.match(header, /taskId,state,url,/);
    assert.is(rows.length, 1);
    assert.ok(rows[0]?.startsWith(`${evil},pending,`), rows[0]);
    assert.ok(rows[0]?.includes(`"'=1+1,""x"""`), rows[0]);
    const bad = await world().api("GET", "/v1/tasks/export?format=xlsx&state=done");
    assert.is(bad.status, 400);
    assert.match(bad.headers.get("content-type") ?? "", /problem/);
  });

  test("export: a client that leaves leaves nothing behind", async () => {
    const sourceAppName = fresh();
    await add(1_000, {
      url: world().receiver.url(),
      sourceAppName,
      delayMs: 3_600_000,
      body: "x".repeat(4_000),
    });
    const path = `/v1/tasks/export?format=jsonl&sourceAppName=${sourceAppName}`;
    const leaving = new AbortController();
    const answer = await fetch(`${world().baseUrl}${path}`, { headers: ADMIN, signal: leaving.signal });
    await answer.body?.getReader().read();
    leaving.abort();
    assert.is((await world().api("GET", "/v1/tasks?limit=1")).status, 200);
    const node = world().nodes[0];
    assert.equal(node?.records("request failed") ?? [], []);
    await post("/v1/tasks/cancel", { filter: { sourceAppName } });
  });
}
