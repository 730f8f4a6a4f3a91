/** All that is known of one destination, and how all of them are. @takes 15 s */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { DestinationReport, StatsHealth } from "../../core/contract.ts";
import { startEmbedded } from "./kit/embedded.ts";
import { until } from "./kit/until.ts";
import type { World } from "./kit/world.ts";

const test = suite<{ world: World }>("destination report");

test.before(async (context) => {
  context.world = await startEmbedded();
});
test.after(({ world }) => world?.stop());

const pathOf = (origin: string, rest = "") => `/v1/destinations/${encodeURIComponent(origin)}${rest}`;

test("an outage is found by itself, with what it missed; a replay of its window sends exactly that again", async ({
  world,
}) => {
  const { receiver } = world;
  const ok = receiver.url();
  const failing = receiver.url(500);
  await world.ended(await world.submit({ url: ok, sourceAppName: "shop" }));
  const missed: string[] = [];
  for (let i = 0; i < 4; i++) missed.push(await world.submit({ url: failing, limitCallCount: 1 }));
  for (const taskId of missed) await world.ended(taskId);

  const path = pathOf(receiver.origin, "/report");
  const report = async () => (await world.api("GET", path)).json as DestinationReport;
  const { lastHour, last5Minutes, exhausted, lastError, lastSuccess, outage, callers, keptApart } =
    await until("the figures", async () => {
      const found = await report();
      return found.lastHour.calls === 5 && found.callers[0]?.calls === 5 ? found : null;
    });
  assert.equal([lastHour.succeeded, lastHour.failed, last5Minutes.calls, keptApart], [1, 4, 5, true]);
  assert.ok(lastHour.p50 !== null && lastHour.p99 !== null);
  assert.equal(exhausted, { count: 4, atLeast: false });
  assert.is(lastError?.statusCode, 500);
  assert.ok(missed.includes(lastError?.taskId ?? ""));
  assert.is(lastSuccess?.statusCode, 200);
  assert.equal(callers, [{ app: { id: 0, name: null }, calls: 5, failed: 4 }]);
  assert.is(outage?.failed, 4);
  assert.equal([outage?.missed.count, outage?.missed.atLeast], [4, false]);

  receiver.answer(new URL(failing).pathname, 200);
  const { from, to } = outage?.missed ?? {};
  const replay = await world.api("POST", pathOf(receiver.origin, "/replay"), { from, to });
  assert.is(replay.json.matched, 4, replay.text);
  for (const taskId of missed) await world.when(taskId, ({ state }) => state === "succeeded");
  // In the same minute more calls went well than failed by now: that is no outage any more.
  assert.is((await report()).exhausted.count, 0);

  const { items } = (await world.api("GET", "/v1/stats/health")).json as StatsHealth;
  const mine = items.find(({ destination }) => destination === receiver.origin);
  assert.equal([mine?.lastDay.failed, mine?.lastHour.failed], [4, 4]);
  const minute = 60_000;
  for (const moment of [mine?.lastSuccessAt, mine?.lastFailureAt]) {
    assert.ok(moment && Date.now() - Date.parse(moment) < 10 * minute, `${moment}`);
  }
});

test("who paused it and why; viewers are told why, and not who", async ({ world }) => {
  const { origin } = world.receiver;
  await world.api("PATCH", pathOf(origin), { paused: true, note: "they deploy until noon" });
  const paused = async (headers?: Record<string, string>) =>
    ((await world.api("GET", pathOf(origin, "/report"), undefined, headers)).json as DestinationReport)
      .paused;
  const told = await paused();
  assert.equal([told?.by?.name, told?.note], ["admin", "they deploy until noon"]);
  // A later change of something else does not hide it.
  await world.api("PATCH", pathOf(origin), { concurrency: 3 });
  assert.equal((await paused())?.note, "they deploy until noon");
  const viewer = { username: "looks", password: "long enough for a viewer", role: "viewer" };
  await world.api("POST", "/v1/users", viewer);
  const basic = Buffer.from(`${viewer.username}:${viewer.password}`).toString("base64");
  const seen = await paused({ authorization: `Basic ${basic}` });
  assert.equal([seen?.by, seen?.note], [null, "they deploy until noon"]);
  await world.api("PATCH", pathOf(origin), { paused: false, concurrency: null });
  assert.is(await paused(), null);
});

test("what its breaker did is in the report; an origin that nobody knows is not there", async ({ world }) => {
  const { origin } = world.receiver;
  const url = world.receiver.url(503);
  const task = {
    url,
    requestMethod: "POST",
    limitCallCount: 2,
    retry: { strategy: "fixed", delayMs: 3_600_000 },
  };
  // Failures one after another open it.
  const opened = await until(
    "the breaker to open",
    async () => {
      await world.batch(Array.from({ length: 20 }, () => task));
      const { breakerEvents } = (await world.api("GET", pathOf(origin, "/report"))).json as DestinationReport;
      return breakerEvents[0];
    },
    60_000,
    500,
  );
  assert.is(opened.change, "opened");
  assert.ok((opened.failures ?? 0) > 0);
  const unknown = await world.api("GET", pathOf("https://nobody.example", "/report"));
  assert.is(unknown.status, 404);
  assert.is((await world.api("GET", pathOf("no origin", "/report"))).status, 400);
});

test.run();
