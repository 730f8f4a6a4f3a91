/** Secrets of tasks: who sees them, and what is on record of it. @takes 15 s */
import { statSync } from "node:fs";
import path from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { startEmbedded } from "./kit/embedded.ts";
import { EventReader } from "./kit/events.ts";
import { until } from "./kit/until.ts";
import { ADMIN, quick, type World } from "./kit/world.ts";
import { newUser } from "./suite/access.ts";

const SECRETS = [
  "s3cr3t-in-url",
  "s3cr3t-in-header",
  "s3cr3t-in-cookie",
  "s3cr3t-in-param",
  "s3cr3t-in-answer",
] as const;
const [IN_URL, IN_HEADER, IN_COOKIE, IN_PARAM, IN_ANSWER] = SECRETS;
const LEAK = /s3cr3t/;

let world: World;
type Headers = Record<string, string>;
let viewer: Headers;
let operator: Headers;
let app: { headers: Headers };
let taskId: string;

test.before(async () => {
  world = await startEmbedded();
  viewer = (await newUser(world, "viewer")).headers;
  operator = (await newUser(world, "operator")).headers;
  app = await world.app("masks");
  const answer = { status: 500, headers: { "set-cookie": [`sid=${IN_ANSWER}`] }, body: "no" };
  const reply = await world.api(
    "POST",
    "/v1/tasks",
    quick({
      url: `${world.receiver.url(answer)}?access_token=${IN_URL}&q=1`,
      requestMethod: "GET",
      requestParam: { api_key: IN_PARAM, n: 1 },
      headers: { Authorization: `Bearer ${IN_HEADER}`, cookie: `a=${IN_COOKIE}`, "x-tenant": "7" },
      limitCallCount: 1,
    }),
    app.headers,
  );
  assert.is(reply.status, 202, reply.text);
  taskId = reply.json.taskId;
  await world.ended(taskId);
});
test.after(() => world.stop());

const get = (at: string, headers: Headers) => world.api("GET", at, undefined, headers);

test("the target got all of them", () => {
  const [call] = world.receiver.calls(taskId);
  const text = `${call?.path} ${JSON.stringify(call?.headers)}`;
  for (const secret of [IN_URL, IN_HEADER, IN_COOKIE, IN_PARAM]) assert.ok(text.includes(secret), secret);
});

const VIEWS = () => [
  `/v1/tasks/${taskId}`,
  `/v1/tasks/${taskId}/attempts`,
  "/v1/tasks",
  "/v1/tasks?state=exhausted",
  "/v1/search?text=access_token",
  `/v1/search?text=${taskId}`,
  "/v1/tasks/suggestions?field=businessKey",
  "/v1/attempts",
  `/v1/attempts?taskId=${taskId}`,
  "/v1/tasks/export?format=csv",
  "/v1/tasks/export?format=jsonl",
  "/v1/destinations",
  "/v1/stats/summary",
];

test("no user sees them, whatever the role, in whatever view", async () => {
  for (const headers of [viewer, operator, ADMIN])
    for (const view of VIEWS()) {
      const reply = await get(view, headers);
      assert.is(reply.status, 200, reply.text);
      assert.not.match(reply.text, LEAK, view);
    }
  const { json } = await get(`/v1/tasks/${taskId}`, viewer);
  assert.match(json.url, /\?access_token=\*{6}&q=1$/);
  assert.match(json.calledUrl, /\?access_token=\*{6}&q=1&api_key=\*{6}&n=1$/);
  assert.equal(json.headers, { Authorization: "******", cookie: "******", "x-tenant": "7" });
  assert.equal(json.requestParam, { api_key: "******", n: 1 });
  const [attempt] = (await get(`/v1/tasks/${taskId}/attempts`, viewer)).json.items;
  assert.is(attempt.responseHeaders["set-cookie"], "******");
});

test("an app sees what it handed over, but not in an export", async () => {
  const { json } = await get(`/v1/tasks/${taskId}`, app.headers);
  assert.match(json.url, IN_URL);
  assert.equal([json.headers.Authorization, json.requestParam.api_key], [`Bearer ${IN_HEADER}`, IN_PARAM]);
  assert.not.match((await get("/v1/tasks/export?format=jsonl", app.headers)).text, LEAK);
});

test("operators may look, and it is in the audit log that they did, and why", async () => {
  const reveal = (headers: Headers, body?: unknown) =>
    world.api("POST", `/v1/tasks/${taskId}/reveal`, body, headers);
  assert.is((await reveal(viewer)).status, 403);
  const { status, json } = await reveal(operator, { note: "a customer asks" });
  assert.is(status, 200);
  assert.match(json.url, IN_URL);
  assert.equal([json.headers.cookie, json.requestParam.api_key], [`a=${IN_COOKIE}`, IN_PARAM]);
  const reply = await get(`/v1/audit?target=task:${taskId}&action=task.reveal`, ADMIN);
  assert.equal(
    reply.json.items.map(({ note }: { note: string }) => note),
    ["a customer asks"],
  );
  assert.not.match(reply.text, LEAK);
  const missing = await world.api(
    "POST",
    "/v1/tasks/00000000-0000-7000-8000-000000000000/reveal",
    undefined,
    operator,
  );
  assert.is(missing.status, 404);
});

test("an operator may look at what was answered as well, which is on record; the app sees its own", async () => {
  const at = `/v1/tasks/${taskId}/attempts/1/reveal`;
  assert.is((await world.api("POST", at, undefined, viewer)).status, 403);
  const { status, json } = await world.api("POST", at, { note: "why 500" }, operator);
  assert.is(status, 200);
  assert.equal([json.n, json.responseHeaders["set-cookie"]], [1, `sid=${IN_ANSWER}`]);
  const { items } = (await get(`/v1/audit?target=task:${taskId}&action=task.reveal`, ADMIN)).json;
  assert.equal([items[0].note, items[0].after], ["why 500", { attempt: 1 }]);
  for (const missing of ["2", "0", "x", "1e400", "1e0", "0x1", "%201"]) {
    const { status } = await world.api("POST", at.replace("/1/", `/${missing}/`), undefined, operator);
    assert.ok(status === 400 || status === 404, `${missing}: ${status}`);
  }
  const own = await get(`/v1/tasks/${taskId}/attempts`, app.headers);
  assert.is(own.json.items[0].responseHeaders["set-cookie"], `sid=${IN_ANSWER}`);
});

test("nobody finds masked secrets out by searching: not in lists, exports, counts or jobs", async () => {
  const guesses = [
    ...["url=access_token%3Ds3", "url=s3cr3t", "url=token%3Ds3cr3t-in-url%26"],
    ...["q=s3cr3t", "q=%22api_key%22%3A%22s3"],
  ];
  for (const guess of guesses) {
    for (const headers of [viewer, operator, ADMIN]) {
      const { json } = await get(`/v1/tasks?limit=1&${guess}`, headers);
      assert.equal(json, { items: [], nextCursor: null }, guess);
      assert.is((await get(`/v1/tasks/export?format=jsonl&${guess}`, headers)).text, "", guess);
    }
    const filter = Object.fromEntries(new URLSearchParams(guess));
    for (const action of ["retry", "cancel", "resolve"]) {
      const counted = await world.api("POST", `/v1/tasks/${action}`, { filter, dryRun: true }, operator);
      assert.is(counted.json.matched, 0, guess);
    }
    // The URL that is called is kept with its masks, for everybody.
    const own = guess.startsWith("q=") ? 1 : 0;
    assert.is((await get(`/v1/tasks?${guess}`, app.headers)).json.items.length, own, guess);
  }
  const seen = (await get(`/v1/tasks?url=${encodeURIComponent(new URL(world.receiver.url()).host)}`, viewer))
    .json;
  assert.equal(
    seen.items.map((task: { taskId: string }) => task.taskId),
    [taskId],
  );
});

test("acts by hand answer masked as well, and the stream is", async () => {
  const stream = await EventReader.open(world, "", viewer);
  const reply = await world.api("POST", `/v1/tasks/${taskId}/retry`, {}, operator);
  assert.is(reply.status, 200, reply.text);
  assert.not.match(reply.text, LEAK);
  await until("the change", () => stream.changes.some((change) => change.taskId === taskId));
  assert.not.match(JSON.stringify(stream.changes), LEAK);
  await stream.close();
  await world.ended(taskId);
  const resolved = await world.api("POST", `/v1/tasks/${taskId}/resolve`, {}, operator);
  assert.is(resolved.status, 200, resolved.text);
  assert.not.match(resolved.text, LEAK);
});

test("a copy that was edited from a masked view has the secrets that nobody touched", async () => {
  const seen = (await get(`/v1/tasks/${taskId}`, operator)).json;
  const reply = await world.api(
    "POST",
    `/v1/tasks/${taskId}/resend`,
    {
      url: seen.url.replace("q=1", "q=2"),
      headers: { ...seen.headers, "x-tenant": "8" },
      requestParam: { ...seen.requestParam, n: 2 },
    },
    operator,
  );
  assert.is(reply.status, 202, reply.text);
  const [call] = await world.receiver.waitForCalls(reply.json.taskId, 1);
  const text = `${call?.path} ${JSON.stringify(call?.headers)}`;
  for (const secret of [IN_URL, IN_HEADER, IN_COOKIE, IN_PARAM]) assert.ok(text.includes(secret), secret);
  assert.match(text, /q=2/);
  assert.not.match(text, /\*{6}/);
  await world.ended(reply.json.taskId);
});

test("a copy that takes secrets to another server, or into view, is a look at them", async () => {
  const looks = async () =>
    (await get(`/v1/audit?target=task:${taskId}&action=task.reveal`, ADMIN)).json.items as {
      after: unknown;
      note: string;
    }[];
  const resent = async (changes: object, headers = operator) => {
    const reply = await world.api("POST", `/v1/tasks/${taskId}/resend`, changes, headers);
    assert.is(reply.status, 202, reply.text);
    await world.ended(reply.json.taskId);
    return reply.json.taskId as string;
  };
  const before = (await looks()).length;
  await resent({ note: "as it was" });
  await resent({ url: world.receiver.url(200), headers: { "x-tenant": "9" }, requestParam: { n: 1 } });
  assert.is((await looks()).length, before);

  const elsewhere = world.receiver.url(200).replace("127.0.0.1", "localhost");
  const copy = await resent({ url: elsewhere, note: "to see" });
  assert.is(world.receiver.calls(copy)[0]?.headers.cookie, `a=${IN_COOKIE}`);
  const [look, ...others] = await looks();
  assert.is(others.length, before);
  assert.equal([look?.after, look?.note], [{ taskId: copy, sentTo: new URL(elsewhere).origin }, "to see"]);
  // In a body nothing is masked.
  await resent({ url: world.receiver.url(200), requestMethod: "POST", headers: null });
  assert.is((await looks()).length, before + 2);
  // The app's own are its own.
  await resent({ url: elsewhere }, app.headers);
  assert.is((await looks()).length, before + 2);
});

test("the log has none of them, nor any URL; alarms have none", async () => {
  assert.not.match(world.nodes[0]?.log ?? "", LEAK);
  const [line] = await until("the log", () => {
    const found = world.nodes[0]?.records("task exhausted") ?? [];
    return found.length > 0 ? found : null;
  });
  assert.equal([line?.url, line?.target], [undefined, new URL(world.receiver.url()).origin]);
  const stored = await world.withDatabase((db) => db.knex("alarms").select());
  assert.ok(stored.length > 0);
  assert.not.match(JSON.stringify(stored), LEAK);
});

test("new SQLite files are for their owner only", () => {
  const { BIDA_DATA_DIR: folder = "" } = world.nodes[0]?.env ?? {};
  for (const name of ["bida.sqlite", "bida.sqlite-wal", "bida.sqlite-shm", "bida.lock"])
    assert.is(statSync(path.join(folder, name)).mode & 0o777, 0o600, name);
});

test.run();
