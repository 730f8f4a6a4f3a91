// @takes 20 s
/**
 * Very many tasks fail at once while notifiers are killed: the robot gets few messages, and they add up exactly.
 * `FLOOD=10000` runs it at full size.
 */
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { WebhookView } from "../../core/contract.ts";
import { type Cluster, startCluster } from "./kit/cluster.ts";
import type { BidaNode } from "./kit/node.ts";
import { type Call, Receiver } from "./kit/receiver.ts";
import { until } from "./kit/until.ts";

const TASKS = Number(process.env.FLOOD ?? 1_000);
const NOTIFIER = { services: "notifier" };
/** The platform's own window. */
const MINUTE = 60_000;
let world: Cluster;
/** The robots' side. */
let robots: Receiver;

test.before(async () => {
  robots = await Receiver.start();
  world = await startCluster({
    plan: [{ services: "api,admin" }, { services: "scheduler,dispatcher" }, NOTIFIER, NOTIFIER],
  });
});
test.after(async () => {
  await world.stop();
  await robots.stop();
});

/** Every message counts what it tells of; one that is sent twice has the same id. */
const CONTENT =
  '{"msgtype":"markdown","markdown":{"title":"回调异常","text":"${taskId}"},"count":${count},"ids":"${taskId}"}';

async function channel(settings: Record<string, unknown>): Promise<WebhookView> {
  const filter = { sourceAppNames: ["flood"], kinds: ["exhausted"] };
  const reply = await world.api("POST", "/v1/webhooks", {
    type: "dingtalk",
    content: CONTENT,
    // All that waits is told soon: how gaps grow is tested with a clock of its own.
    spacing: { factor: 1 },
    filter,
    ...settings,
  });
  assert.is(reply.status, 201, reply.text);
  return reply.json;
}

async function exhaust(count: number): Promise<void> {
  // With 404: a 500 would open the breaker, and the tasks would wait instead.
  const url = world.receiver.url(404);
  const task = {
    url,
    requestMethod: "POST",
    limitCallCount: 1,
    sourceAppName: "flood",
    targetAppName: "stock",
  };
  for (let left = count; left > 0; left -= 500) {
    const tasks = Array.from({ length: Math.min(left, 500) }, () => task);
    const reply = await world.api("POST", "/v1/tasks/batch", { tasks });
    assert.is(reply.status, 202, reply.text);
  }
}

/** What arrived at a path, a message once, whatever was sent again. */
function messagesAt(url: string): Map<string, Call> {
  const path = new URL(url).pathname;
  const calls = robots.ledger.filter((call) => call.path.split("?", 1)[0] === path && call.status === 200);
  return new Map(calls.map((call) => [call.taskId, call]));
}

const told = (url: string): number =>
  [...messagesAt(url).values()].reduce((sum, { body }) => sum + JSON.parse(body.toString()).count, 0);

/** The most messages within any window of this length. */
function densest(calls: Call[], windowMs: number): number {
  return Math.max(
    ...calls.map(({ at }) => calls.filter((other) => other.at >= at && other.at < at + windowMs).length),
  );
}

/** Kills one notifier and puts another in its place. */
async function replace(i: number): Promise<void> {
  const victim = world.nodes[i] as BidaNode;
  await victim.kill();
  // Not by `i`: another one may have been replaced meanwhile.
  world.nodes.splice(world.nodes.indexOf(victim), 1);
  await world.join(NOTIFIER);
}

test("a breaker that opens is told once, however often it does", async () => {
  const url = robots.url({ body: "ok" });
  const { id } = await channel({ url, type: "slack", content: null, filter: { kinds: ["breaker"] } });
  const origin = "https://gone.example";
  const opened = { origin, since: new Date().toISOString(), failures: 20 };
  for (let i = 0; i < 3; i++) await world.inside.emit("destination.opened", opened);
  const call = await robots.waitFor("the message", () => [...messagesAt(url).values()][0], 40_000);
  assert.match(call.body.toString(), origin);
  const other = await world.api("GET", `/v1/webhooks/${id}/history`);
  assert.is(other.json.items.length, 1);
});

test(`scenario 13: ${TASKS} tasks exhausted at once, notifiers killed meanwhile: few messages, exact counts`, async () => {
  const ok = { body: '{"errcode":0,"errmsg":"ok"}' };
  const [usual, narrow, hooked] = [robots.url(ok), robots.url(ok), robots.url(ok)];
  await channel({ url: usual, name: "usual" });
  await channel({ url: narrow, name: "narrow", limits: [{ messages: 3, seconds: 10 }] });
  // A program, not people: it gets every one.
  const single = await channel({ url: hooked, name: "single", type: "webhook" });

  const startedAt = performance.now();
  const flood = exhaust(TASKS / 2);
  await robots.waitFor("a first message", () => messagesAt(usual).size > 0, 60_000);
  await replace(2);
  // The second half: what is left of the first may be told by one message.
  const before = messagesAt(usual).size;
  const more = flood.then(() => exhaust(TASKS / 2));
  await robots.waitFor("more messages", () => messagesAt(usual).size > before, 60_000);
  // Both at once: for a while there is no notifier at all.
  await Promise.all([replace(3), replace(2)]);
  await more;
  const deadline = 120_000 + TASKS * 20;
  await until("all to be told", () => [usual, narrow].every((url) => told(url) >= TASKS), deadline).catch(
    (error) => {
      throw new Error(`${error.message}; told ${told(usual)}, ${told(narrow)}, ${told(hooked)}`);
    },
  );
  await until("each to be told", () => told(hooked) >= TASKS, deadline);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);

  const rows = [usual, narrow, hooked].map((url) => {
    const calls = [...messagesAt(url).values()];
    return { messages: calls.length, told: told(url), aMinute: densest(calls, MINUTE) };
  });
  console.log(`${TASKS} exhausted, all told after ${seconds} s: ${JSON.stringify(rows)}`);
  for (const { told: sum } of rows) assert.is(sum, TASKS);
  assert.ok((rows[0]?.aMinute ?? 99) <= 20, `${rows[0]?.aMinute} messages within a minute`);
  assert.ok(densest([...messagesAt(narrow).values()], 10_000) <= 3);
  assert.is(rows[2]?.messages, TASKS);
  const ids = [...messagesAt(hooked).values()].map(({ body }) => JSON.parse(body.toString()).ids);
  assert.is(new Set(ids).size, TASKS);
  // A notifier that was killed a moment ago may still be asked, which is a 503.
  const page = await until("the history", async () => {
    const answer = await world.api("GET", `/v1/webhooks/${single.id}/history?limit=200`);
    return answer.status === 200 ? answer : null;
  });
  assert.is(page.json.items.length, Math.min(TASKS, 200));
});

test.run();
