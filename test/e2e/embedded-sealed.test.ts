/** `BIDA_ENCRYPT_PAYLOADS`: what a thief of the database finds, and what a node with another key does. @takes 12 s */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { bida } from "../cli/command.ts";
import { startEmbedded } from "./kit/embedded.ts";
import { BidaNode } from "./kit/node.ts";
import { quick, SECRET_KEY, type World } from "./kit/world.ts";

const OTHER_KEY = Buffer.alloc(32, 8).toString("base64");
const SECRET = "s3cr3t-at-rest";

let world: World;
test.before(async () => {
  world = await startEmbedded({ BIDA_ENCRYPT_PAYLOADS: "true" });
});
test.after(() => world.stop());

const submit = async (more: object) => {
  const url = world.receiver.url({ status: 500, headers: { "x-answer": SECRET }, body: SECRET });
  const { json } = await world.api("POST", "/v1/tasks", quick({ url, limitCallCount: 1, ...more }));
  await world.ended(json.taskId);
  return json.taskId as string;
};
const everything = () =>
  world.withDatabase(async (db) =>
    JSON.stringify([await db.knex("tasks").select(), await db.knex("attempts").select()]),
  );
/** Restarts the node with other settings. */
async function restart(more: Record<string, string>): Promise<void> {
  const node = world.nodes[0] as BidaNode;
  await node.stop();
  world.nodes[0] = await new BidaNode({ ...node.env, ...more }).ready();
}
const bodyOf = async (taskId: string) => (await world.task(taskId)).body;

let taskId: string;

test("the target gets what was handed over; the database has nothing of it that could be read", async () => {
  taskId = await submit({ body: SECRET, headers: { "x-a": SECRET } });
  await submit({ requestParam: { a: SECRET } });
  const filled = await submit({ url: `${world.receiver.url(500)}/{a}`, requestParam: { a: SECRET } });
  assert.is((await world.task(filled)).calledUrl, null);
  const [call] = world.receiver.calls(taskId);
  assert.equal([call?.body.toString(), call?.headers["x-a"]], [SECRET, SECRET]);
  assert.is(await bodyOf(taskId), SECRET);
  const [attempt] = (await world.api("GET", `/v1/tasks/${taskId}/attempts`)).json.items;
  assert.equal([attempt.responseBody, attempt.responseHeaders["x-answer"]], [SECRET, SECRET]);
  assert.not.match(await everything(), SECRET);
});

test("what cannot be searched says so", async () => {
  const { status, json } = await world.api("GET", `/v1/tasks?q=${SECRET}`);
  assert.equal([status, json.code, json.errors[0].field], [400, "invalid_query", "q"]);
  const bulk = await world.api("POST", "/v1/tasks/retry", { filter: { q: SECRET }, dryRun: true });
  assert.is(bulk.status, 400, bulk.text);
  const { groups } = (await world.api("GET", `/v1/search?text=${SECRET}`)).json;
  const places = groups.filter((one: { unsearched: unknown }) => one.unsearched !== null);
  assert.equal(places, [{ place: "payload", unsearched: "encrypted", items: [], complete: false }]);
});

test("no part of a payload is stored beside it: a business key is refused", async () => {
  const refused = await world.api("POST", "/v1/apps", { name: "sealed", businessKeyPath: "$.a" });
  assert.equal([refused.status, refused.json.errors[0].field], [400, "businessKeyPath"]);
});

test("another key alone: the node does not start, with one line that says why; nothing is lost", async () => {
  const node = world.nodes[0] as BidaNode;
  await node.stop();
  const other = new BidaNode({ ...node.env, BIDA_SECRET_KEY: OTHER_KEY });
  assert.is(await other.ended, "exit 2");
  assert.match(
    other.stderr,
    /^bida: BIDA_SECRET_KEY: rows are sealed with another key.*BIDA_SECRET_KEY_PREVIOUS$/m,
  );
});

test("the new key with the old one behind it; `bida reseal`; the old one can go", async () => {
  const keys = { BIDA_SECRET_KEY: OTHER_KEY, BIDA_SECRET_KEY_PREVIOUS: SECRET_KEY };
  const node = world.nodes[0] as BidaNode;
  world.nodes[0] = await new BidaNode({ ...node.env, ...keys }).ready();
  assert.is(await bodyOf(taskId), SECRET);
  await (world.nodes[0] as BidaNode).stop();
  const wrong = { BIDA_SECRET_KEY: OTHER_KEY, BIDA_SECRET_KEY_PREVIOUS: "" };
  const unopened = await bida(["reseal"], { ...process.env, ...node.env, ...wrong });
  assert.is(unopened.code, 3, unopened.err);
  assert.match(
    unopened.out,
    / 0 tasks, 0 attempts, .*\n6 could not be opened with the keys given, and stay as they are\n$/,
  );
  const { code, out, err } = await bida(["reseal", "--json"], { ...process.env, ...node.env, ...keys });
  assert.is(code, 0, err);
  const { database, secrets, ...counts } = JSON.parse(out);
  assert.match(database, /bida\.sqlite$/);
  assert.type(secrets, "number");
  assert.equal(counts, { tasks: 3, attempts: 3, unopened: 0 });
  world.nodes[0] = await new BidaNode({ ...node.env, BIDA_SECRET_KEY: OTHER_KEY }).ready();
  assert.is(await bodyOf(taskId), SECRET);
  assert.not.match(await everything(), SECRET);
});

test("turned off, it still opens", async () => {
  await restart({ BIDA_ENCRYPT_PAYLOADS: "false", BIDA_SECRET_KEY: OTHER_KEY });
  assert.is(await bodyOf(taskId), SECRET);
});

test.run();
