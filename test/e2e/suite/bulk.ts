/** Many tasks at once: a selection, a filter, a job that goes on in the background, an export; and edit and resend. */
import * as assert from "uvu/assert";
import type { BulkResult, JobView } from "../../../core/contract.ts";
import type { AuditView } from "../../../core/people.ts";
import { Receiver } from "../kit/receiver.ts";
import { until } from "../kit/until.ts";
import { ADMIN, quick } from "../kit/world.ts";
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
    const reply = await post("/v1/tasks/retry", { filter, expected: dry.matched, note: "mended" });
    const { matched, expected, difference, changed, skipped }: BulkResult = reply.json;
    assert.equal([reply.status, matched, expected, difference, changed], [200, 3, 2, 1, 3]);
    assert.equal(skipped, {});
    for (const id of ids) assert.is((await world().ended(id)).state, "succeeded");
    const [entry] = await audit(`task:${ids[0]}`);
    assert.equal([entry?.action, entry?.note, entry?.actor.name], ["task.retry", "mended", "admin"]);
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
    const { json } = await post("/v1/tasks/cancel", { filter: { sourceAppName } });
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
