/** Failures gathered into incidents: seen, acknowledged, muted, retried as a group, and what became of it. @takes 10 s */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { IncidentDetail, IncidentView } from "../../core/contract.ts";
import { startEmbedded } from "./kit/embedded.ts";
import { until } from "./kit/until.ts";
import type { World } from "./kit/world.ts";

const test = suite<{ world: World }>("incidents");

test.before(async (context) => {
  context.world = await startEmbedded();
});
test.after(({ world }) => world?.stop());

test("tasks that fail alike are one incident, which is taken in hand and retried as a group", async ({
  world,
}) => {
  const { receiver } = world;
  const failing = receiver.url(503);
  const [other] = [receiver.url(404)];
  const once = (url: string) => world.submit({ url, limitCallCount: 1 });
  const tasks = [await once(failing), await once(failing), await once(failing)];
  const apart = await once(other);
  for (const taskId of [...tasks, apart]) await world.ended(taskId);

  const listed = async () => (await world.api("GET", "/v1/incidents")).json.items as IncidentView[];
  const one = await until("the incident", async () =>
    (await listed()).find(({ statusCode, tasks: n }) => statusCode === 503 && n === 3),
  );
  assert.equal(
    [one.destination, one.errorCode, one.endedAt, one.acknowledged],
    [receiver.origin, "bad_status", null, null],
  );
  assert.match(one.first.error, /503/);
  assert.ok(tasks.includes(one.last.taskId));
  const found = await world.api("GET", `/v1/tasks?incident=${one.id}`);
  assert.is(found.json.items.length, 3);

  const path = `/v1/incidents/${one.id}`;
  const said = await world.api("POST", `${path}/acknowledge`, { note: "the partner is told" });
  assert.equal([said.json.acknowledged.by, said.json.acknowledged.note], ["admin", "the partner is told"]);
  assert.is((await world.api("POST", `${path}/mute`, { muted: true })).json.muted, true);
  assert.is((await world.api("POST", `${path}/mute`, { muted: "yes" })).status, 400);
  const audit = await world.api("GET", `/v1/audit?target=incident:${one.id}`);
  assert.equal(
    audit.json.items.map(({ action }: { action: string }) => action),
    ["incident.mute", "incident.acknowledge"],
  );

  receiver.answer(new URL(failing).pathname, 200);
  assert.is((await world.api("POST", `${path}/retry`, { dryRun: true })).json.matched, 3);
  assert.is((await world.api("POST", `${path}/retry`, { expected: 3 })).json.changed, 3);
  for (const taskId of tasks) await world.when(taskId, ({ state }) => state === "succeeded");
  const after = (await world.api("GET", path)).json as IncidentDetail;
  assert.equal([after.outcome.succeeded, after.outcome.exhausted, after.tasks], [3, 0, 3]);

  const rest = (await listed()).find(({ statusCode }) => statusCode === 404) as IncidentView;
  assert.is((await world.api("POST", `/v1/incidents/${rest.id}/resolve`)).json.changed, 1);
  assert.is((await world.task(apart)).state, "resolved");
});

test("what is not there is said so, and rules are named", async ({ world }) => {
  assert.is((await world.api("GET", "/v1/incidents/999999")).status, 404);
  assert.is((await world.api("GET", "/v1/incidents/none")).status, 404);
  assert.is((await world.api("POST", "/v1/incidents/999999/retry")).status, 404);
  const refused = await world.api("GET", "/v1/incidents?state=all");
  assert.equal([refused.status, refused.json.errors[0].field], [400, "state"]);
});

test.run();
