/** Failures gathered into incidents: seen, acknowledged, muted, retried as a group, and what became of it. @takes 10 s */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { IncidentDetail, IncidentView, MuteView, RaisedView, TaskView } from "../../core/contract.ts";
import type { AuditNames, AuditView } from "../../core/people.ts";
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
  const failing = receiver.url({ status: 503, body: `closed ${"x".repeat(600)}` });
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
  // What was answered, in part.
  const seen = (await world.api("GET", path)).json as IncidentDetail;
  for (const { answer } of [seen.first, seen.last]) {
    assert.equal([answer?.n, answer?.statusCode, answer?.truncated], [1, 503, true]);
    assert.is(answer?.bodyStart, `closed ${"x".repeat(493)}`);
  }
  assert.is(seen.counted, 3);
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

test("what was raised is in the inbox; mutes are made, listed, lifted and on record, an incident's too", async ({
  world,
}) => {
  const failing = world.receiver.url(502);
  const alarm = () => world.submit({ url: failing, limitCallCount: 1, sourceAppName: "inbox" });
  await world.ended(await alarm());
  const inbox = async (query = "") =>
    (await world.api("GET", `/v1/alarms${query}`)).json.items as RaisedView[];
  const one = await until("the alarm", async () =>
    (await inbox()).find(({ statusCode }) => statusCode === 502),
  );
  assert.equal([one.kind, one.severity, one.alarms, one.acknowledged], ["exhausted", "error", 1, null]);
  assert.is(
    (await inbox("?acknowledged=true&kind=exhausted")).some(({ id }) => id === one.id),
    false,
  );
  const taken = await world.api("POST", `/v1/alarms/${one.id}/acknowledge`, { note: "mine" });
  assert.equal([taken.json.acknowledged.by, taken.json.acknowledged.note], ["admin", "mine"]);
  assert.ok((await inbox("?acknowledged=true")).some(({ id }) => id === one.id));
  // The incident is the same thing.
  const incident = async () => (await world.api("GET", `/v1/incidents/${one.id}`)).json as IncidentDetail;
  assert.is((await incident()).acknowledged?.note, "mine");

  // It is taken back, once; the log says who had it.
  const back = await world.api("DELETE", `/v1/alarms/${one.id}/acknowledge`);
  assert.equal([back.status, back.json.acknowledged], [200, null]);
  assert.is((await incident()).acknowledged, null);
  await world.api("POST", `/v1/incidents/${one.id}/acknowledge`, { note: "hers" });
  const released = await world.api("DELETE", `/v1/incidents/${one.id}/acknowledge`);
  assert.equal([released.status, released.json.acknowledged], [200, null]);
  assert.is((await world.api("DELETE", `/v1/incidents/${one.id}/acknowledge`)).status, 200);
  const releases = (await world.api("GET", "/v1/audit?action=incident.release")).json.items as AuditView[];
  assert.equal(
    releases.map(({ before, target }) => [target.id, (before as { note: string }).note]),
    [
      [String(one.id), "hers"],
      [String(one.id), "mine"],
    ],
  );

  const misspelt = await world.api("POST", "/v1/mutes", { errorCode: "refusd", minutes: 5 });
  assert.equal([misspelt.status, misspelt.json.errors?.[0]?.field], [400, "errorCode"]);
  const wide = await world.api("POST", "/v1/mutes", {
    destination: world.receiver.origin,
    minutes: 30,
    note: "moving",
  });
  assert.is(wide.status, 201, wide.text);
  assert.equal([(await incident()).muted, (await inbox())[0]?.mutes], [true, [wide.json.id]]);
  assert.is((await incident()).mutedUntil, wide.json.until);
  const own = await world.api("POST", `/v1/incidents/${one.id}/mute`, { muted: true, minutes: 5 });
  assert.is(own.json.muted, true);
  const mutes = (await world.api("GET", "/v1/mutes")).json.items as MuteView[];
  assert.equal(
    mutes.slice(0, 2).map(({ incident: of, destination, by }) => [of, destination, by]),
    [
      [one.id, null, "admin"],
      [null, world.receiver.origin, "admin"],
    ],
  );
  const covered = await world.api("POST", `/v1/incidents/${one.id}/mute`, { muted: false });
  assert.equal([covered.status, covered.json.code], [409, "conflict"]);
  assert.match(covered.json.detail, `#${wide.json.id} ${world.receiver.origin}`);
  assert.is((await world.api("GET", "/v1/mutes")).json.items.length, mutes.length, "nothing was changed");
  assert.is((await world.api("DELETE", `/v1/mutes/${wide.json.id}`)).status, 204);
  await world.api("POST", `/v1/incidents/${one.id}/mute`, { muted: false });
  assert.is((await incident()).muted, false);
  assert.is((await world.api("GET", "/v1/mutes")).json.items.length, mutes.length - 2);
  const actions = async (target: string) =>
    (await world.api("GET", `/v1/audit?target=${target}`)).json.items.map(
      ({ action }: { action: string }) => action,
    );
  assert.equal(await actions(`mute:${wide.json.id}`), ["alarm.unmute", "alarm.mute"]);
  assert.equal(await actions(`incident:${one.id}`), [
    "incident.unmute",
    "incident.mute",
    "incident.release",
    "incident.acknowledge",
    "incident.release",
    "incident.acknowledge",
  ]);
});

test("the audit log names views, mutes and incidents, also those that are gone", async ({ world }) => {
  const view = await world.api("POST", "/v1/views", { page: "tasks", name: "night", query: "state=pending" });
  const mute = await world.api("POST", "/v1/mutes", {
    ...{ destination: "https://quiet.example", errorCode: "timeout", minutes: 5 },
  });
  const named = async () => {
    const { items } = (await world.api("GET", "/v1/audit?limit=200")).json as { items: AuditView[] };
    const of = (type: string, id: unknown) =>
      items.find(({ target }) => target.type === type && target.id === String(id))?.target.name;
    return [of("view", view.json.id), of("mute", mute.json.id)];
  };
  const names = ["night", "timeout https://quiet.example"];
  assert.equal(await named(), names);
  assert.is((await world.api("DELETE", `/v1/views/${view.json.id}`)).status, 204);
  assert.is((await world.api("DELETE", `/v1/mutes/${mute.json.id}`)).status, 204);
  assert.equal(await named(), names);
  const { items } = (await world.api("GET", "/v1/audit?action=incident.mute")).json as { items: AuditView[] };
  assert.is(items[0]?.target.name, `bad_status 502 ${world.receiver.origin}`);
});

const REFUSED: [method: string, path: string, body: unknown, status: number, field: string | null][] = [
  ["GET", "/v1/alarms?kind=fire", undefined, 400, "kind"],
  ["GET", "/v1/alarms?acknowledged=maybe", undefined, 400, "acknowledged"],
  ["POST", "/v1/alarms/999999/acknowledge", {}, 404, null],
  ["DELETE", "/v1/alarms/999999/acknowledge", undefined, 404, null],
  ["DELETE", "/v1/incidents/999999/acknowledge", undefined, 404, null],
  ["POST", "/v1/mutes", { destination: "https://a.example" }, 400, "minutes"],
  ["POST", "/v1/mutes", { minutes: 5 }, 400, "destination"],
  ["POST", "/v1/mutes", { errorCode: "timeout", minutes: 50_000 }, 400, "minutes"],
  ["POST", "/v1/mutes", { destination: "a.example", minutes: 5 }, 400, "destination"],
  ["POST", "/v1/mutes", { incident: 999999 }, 404, null],
  ["DELETE", "/v1/mutes/999999", undefined, 404, null],
];
for (const [method, path, body, status, field] of REFUSED)
  test(`refused: ${method} ${path} ${JSON.stringify(body) ?? ""}`, async ({ world }) => {
    const reply = await world.api(method, path, body);
    assert.is(reply.status, status, reply.text);
    if (field) assert.equal(reply.json.errors[0].field, field);
  });

test("work on many tasks is one entry of the audit log, with its tasks inside", async ({ world }) => {
  const key = `many-${Math.random()}`;
  const later = { url: world.receiver.url(), delayMs: 3_600_000, sourceAppName: key };
  for (let i = 0; i < 3; i++) await world.submit(later);
  const done = await world.api("POST", "/v1/tasks/cancel", { filter: { sourceAppName: key }, note: key });
  assert.is(done.json.changed, 3);
  const audit = async (query: string) =>
    (await world.api("GET", `/v1/audit?limit=200${query}`)).json.items as AuditView[];
  const [head, ...more] = (await audit("")).filter(({ note }) => note === key);
  assert.equal([more, head?.action, head?.target.type], [[], "bulk.cancel", "bulk"]);
  const inside = await audit(`&group=${head?.target.id}`);
  assert.equal([inside.length, inside[0]?.action, inside[0]?.group], [3, "task.cancel", head?.target.id]);
  // A task's own history has it, and so has a search for the action.
  assert.is((await audit(`&target=task:${inside[0]?.target.id}`)).length, 1);
  assert.is((await audit("&action=task.cancel")).filter(({ note }) => note === key).length, 3);
});

test("things are named in the audit log, also those that are deleted; filters can be filled", async ({
  world,
}) => {
  const name = `named-${Math.random()}`;
  const app = (await world.api("POST", "/v1/apps", { name })).json;
  const user = (
    await world.api("POST", "/v1/users", {
      username: name,
      password: "correct horse battery",
      role: "viewer",
    })
  ).json;
  const url = world.receiver.url();
  const channel = (await world.api("POST", "/v1/webhooks", { type: "webhook", name, url, enabled: false }))
    .json;
  const named = async (target: string) =>
    new Set(
      (await world.api("GET", `/v1/audit?target=${target}`)).json.items.map(
        (one: AuditView) => one.target.name,
      ),
    );
  const targets = [`app:${app.id}`, `user:${user.id}`, `webhook:${channel.id}`];
  for (const target of targets) assert.equal(await named(target), new Set([name]), target);
  for (const path of [`/v1/apps/${app.id}`, `/v1/users/${user.id}`, `/v1/webhooks/${channel.id}`])
    assert.ok((await world.api("DELETE", path)).status < 300, path);
  for (const target of targets) assert.equal(await named(target), new Set([name]), `${target}, deleted`);
  const names = (await world.api("GET", "/v1/audit/names")).json as AuditNames;
  assert.ok(
    names.actors.includes("admin") && names.actions.includes("app.delete") && names.targets.includes("user"),
  );
});

test("each task names the app whose key it came with, whatever its request says", async ({ world }) => {
  const name = `calling-${Math.random()}`;
  const app = await world.app(name);
  const task = { url: world.receiver.url(), sourceAppName: "somebody else", delayMs: 3_600_000 };
  const taskId = await world.submit(task, app.headers);
  const own = await world.submit(task);
  const seen = async (id: string) => {
    const { items } = (await world.api("GET", "/v1/tasks?sourceAppName=somebody%20else")).json;
    const full = (await world.api("GET", "/v1/tasks?sourceAppName=somebody%20else&include=payload")).json
      .items;
    const of = (all: TaskView[]) => all.find((one) => one.taskId === id)?.app;
    return [(await world.task(id)).app, of(items), of(full)];
  };
  assert.equal(
    [await seen(taskId), await seen(own)],
    [
      [name, name, name],
      [null, null, null],
    ],
  );
  await world.api("DELETE", `/v1/apps/${app.id}`);
  assert.equal((await seen(taskId))[0], name, "deleted");
});

test("what is not there is said so, and rules are named", async ({ world }) => {
  assert.is((await world.api("GET", "/v1/incidents/999999")).status, 404);
  assert.is((await world.api("GET", "/v1/incidents/none")).status, 404);
  assert.is((await world.api("POST", "/v1/incidents/999999/retry")).status, 404);
  const refused = await world.api("GET", "/v1/incidents?state=all");
  assert.equal([refused.status, refused.json.errors[0].field], [400, "state"]);
});

test.run();
