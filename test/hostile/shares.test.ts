/** One caller's share of a node: what is beyond it is refused, with a time to come back, and nobody else notices. @takes 20 s */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { startEmbedded } from "../e2e/kit/embedded.ts";
import { Scrape } from "../e2e/kit/scrape.ts";
import { until } from "../e2e/kit/until.ts";
import { quick, type World } from "../e2e/kit/world.ts";

const PER_SECOND = 40_000;
const OPEN = 10;

let world: World;
test.before(async () => {
  world = await startEmbedded({
    BIDA_CALLER_BYTES_PER_SECOND: String(PER_SECOND),
    BIDA_APP_OPEN_TASKS: String(OPEN),
    BIDA_TRUST_PROXY: "127.0.0.1,::1",
  });
});
test.after(() => world.stop());

const later = (more: object = {}) => quick({ url: world.receiver.url(), delayMs: 3_600_000, ...more });

test("bytes: a caller beyond its rate gets 429 until that time has passed; another one is served", async () => {
  const [greedy, other] = [await world.app("greedy"), await world.app("other")];
  const large = later({ body: "x".repeat(60_000) });
  const replies = [];
  for (let i = 0; i < 4; i++) replies.push(await world.api("POST", "/v1/tasks", large, greedy.headers));
  const refused = replies.find(({ status }) => status !== 202);
  assert.equal([refused?.status, refused?.json.code], [429, "share_used_up"]);
  assert.match(refused?.json.detail, `${PER_SECOND} bytes per second`);
  assert.ok(Number(refused?.headers.get("retry-after")) >= 1);
  assert.is((await world.api("POST", "/v1/tasks", later(), other.headers)).status, 202);
  // What has no body costs nothing.
  assert.is((await world.api("GET", "/v1/tasks?limit=1", undefined, greedy.headers)).status, 200);
  await until(
    "the caller to be served again",
    async () => (await world.api("POST", "/v1/tasks", later(), greedy.headers)).status === 202,
  );
});

test("bytes: what was read of a body that is refused counts; it does not say beforehand how long it is", async () => {
  const greedy = await world.app("greedy without a length");
  const send = () =>
    fetch(`${world.baseUrl}/v1/tasks`, {
      method: "POST",
      headers: { ...greedy.headers, "content-type": "application/json" },
      body: new Blob(["x".repeat(8 * 1024 * 1024)]).stream(),
      duplex: "half",
    } as RequestInit);
  assert.is((await send()).status, 413);
  assert.is((await world.api("POST", "/v1/tasks", later(), greedy.headers)).status, 429);
});

test("bytes: those who have no name yet have a share of their own, by network: others log in", async () => {
  const attempt = (password: string, forwarded: string) =>
    world.api("POST", "/v1/session", { username: "admin", password }, { "x-forwarded-for": forwarded });
  const junk = () =>
    world.api("POST", "/v1/session", "x".repeat(100_000), { "x-forwarded-for": "192.0.2.7" });
  await until("the stranger to be beyond its share", async () => (await junk()).status === 429);
  assert.is((await attempt("admin", "192.0.2.8")).status, 200);
});

test("bytes: kkbida's endpoint counts by address, in its own words", async () => {
  const legacy = { username: "admin", password: "admin" };
  const task = JSON.stringify({ ...later(), expectResult: "o", requestParam: { a: "x".repeat(60_000) } });
  const refused = await until("it to be too much", async () => {
    const reply = await world.api("POST", "/api/addTask", task, legacy);
    return reply.status === 429 ? reply : null;
  });
  assert.match(refused.text, "bytes per second");
  assert.ok(Number(refused.headers.get("retry-after")) >= 1);
});

test("open tasks: an app that has its share gets 429, its batches as a whole; others, and users, are served", async () => {
  const [hoarder, other] = [await world.app("hoarder"), await world.app("neighbour")];
  const ids: string[] = [];
  const submit = () => world.api("POST", "/v1/tasks", later(), hoarder.headers);
  const refused = await until("it to be too many", async () => {
    const reply = await submit();
    if (reply.status === 202) ids.push(reply.json.taskId);
    return reply.status === 429 ? reply : null;
  });
  assert.equal([refused.json.code, refused.headers.get("retry-after")], ["share_used_up", "5"]);
  assert.match(refused.json.detail, `${OPEN} tasks`);
  assert.ok(ids.length >= OPEN && ids.length <= 2 * OPEN, String(ids.length));
  const batch = await world.api("POST", "/v1/tasks/batch", { tasks: [later(), later()] }, hoarder.headers);
  assert.equal([batch.status, batch.json.code], [429, "share_used_up"]);
  for (const headers of [other.headers, undefined])
    assert.is((await world.api("POST", "/v1/tasks", later(), headers)).status, 202);
  for (const id of ids)
    assert.is((await world.api("POST", `/v1/tasks/${id}/cancel`, {}, hoarder.headers)).status, 200);
  await until("there to be room again", async () => (await submit()).status === 202);
});

test("event streams: one key has no more than its share of them", async () => {
  const [follower, other] = [await world.app("follower"), await world.app("onlooker")];
  const closing = new AbortController();
  const open = (headers: Record<string, string>) =>
    fetch(`${world.baseUrl}/v1/events`, { headers, signal: closing.signal });
  const answers = [];
  for (let i = 0; i < 21; i++) answers.push(await open(follower.headers));
  assert.equal(
    answers.map(({ status }) => status),
    [...Array.from({ length: 20 }, () => 200), 429],
  );
  const refused = answers[20] as Response;
  assert.is(((await refused.json()) as { code: string }).code, "share_used_up");
  assert.is(refused.headers.get("retry-after"), "10");
  assert.is((await open(other.headers)).status, 200);
  closing.abort();
  await until("those that have ended to count no more", async () => {
    const again = new AbortController();
    const { status } = await fetch(`${world.baseUrl}/v1/events`, {
      headers: follower.headers,
      signal: again.signal,
    });
    again.abort();
    return status === 200;
  });
});

test("what was refused is counted", async () => {
  const { text } = await world.api("GET", "/metrics");
  const scraped = new Scrape(text);
  for (const api of ["rest", "legacy"])
    assert.ok(scraped.sum("bida_refusals_total", { api, code: "share_used_up" }) >= 1, api);
});

test.run();
