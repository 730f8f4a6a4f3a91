// What other programs with Moleculer 0.14 and 0.15 as they come may ask of Bida, on a real NATS. @takes 15 s
import type { ServiceBroker as Broker } from "moleculer";
import type { NatsConnection } from "nats";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { until } from "../../e2e/kit/until.ts";
import * as nats from "../../servers/nats.ts";
import type { TestServer } from "../../servers/server.ts";
import { Bida, bare, program, RELEASES, sees } from "./kit.ts";

const test = suite("neighbours' requests");
const TASK = { url: "http://shop.example/", requestMethod: "POST", limitCallCount: 3 };
let bus: TestServer;
let bida: Bida;
const programs = new Map<string, Broker>();
let raw: NatsConnection;

test.before(async () => {
  bus = await nats.start();
  bida = await Bida.start(bus.url, { nodeID: "bida-1", namespace: "" });
  for (const release of RELEASES)
    programs.set(release, program(release, bus.url, { nodeID: `shop-${release}` }));
  raw = await bare(bus.url);
  await Promise.all(Array.from(programs.values(), (broker) => broker.start()));
});
test.after(async () => {
  await raw.close();
  await Promise.all(Array.from(programs.values(), (broker) => broker.stop()));
  // What 0.14 does at its stop leaves this connection open.
  // biome-ignore lint/suspicious/noExplicitAny: no part of its types
  await (programs.get("0.14") as any).transit?.tx?.client?.close();
  await bida.stop();
  await bus.stop();
});

// biome-ignore lint/suspicious/noExplicitAny: as callers without our types see it
const call = (release: string, action: string, params: object, options: object = {}): Promise<any> =>
  (programs.get(release) as Broker).call(action, params as never, options as never);

const refusal = (release: string, action: string, params: object, options: object = {}) =>
  call(release, action, params, options).then(
    () => assert.unreachable(`${action} was not refused`),
    (error: { name: string; type: string; code: number; data: unknown; retryable: boolean; stack: string }) =>
      error,
  ) as Promise<{
    name: string;
    type: string;
    code: number;
    data: unknown;
    retryable: boolean;
    stack: string;
  }>;

for (const release of RELEASES) {
  test(`${release}: an action is called, and gets the task's text, key and caller`, async () => {
    await (programs.get(release) as Broker).waitForServices(["bida.scheduler", "bida.admin"], 10_000);
    const keys = { idempotencyKey: "order-1", idempotencyPart: { key: "order", from: 3 } };
    const meta = { ...keys, actor: { kind: "user", name: "root" }, scope: "everything" };
    const answer = await call(
      release,
      "bida.scheduler.submit",
      { ...TASK, requestParam: { price: 1.5 } },
      { meta },
    );
    assert.match(answer.taskId, /^task-\d+$/);
    const asked = bida.asked.at(-1);
    assert.is(asked?.action, "scheduler.submit");
    assert.equal(asked?.params, { json: JSON.stringify({ ...TASK, requestParam: { price: 1.5 } }) });
    const actor = { kind: "node", id: null, name: `shop-${release}`, role: null };
    assert.equal(asked?.meta, { actor, ...keys });
  });

  test(`${release}: a refusal has code, status and fields, and nothing of our insides`, async () => {
    const error = await refusal(release, "bida.scheduler.submit", { a: 1 });
    assert.equal([error.type, error.code, error.retryable], ["invalid_task", 400, false]);
    assert.equal(error.data, { errors: [{ field: "url", message: "is required" }] });
    assert.not.match(error.stack, /\.ts/);
  });

  test(`${release}: what is not public is not offered, by no name`, async () => {
    const { registry } = programs.get(release) as Broker;
    const offered = registry
      .getActionList({ onlyAvailable: true })
      .map(({ name }: { name: string }) => name)
      .filter((name: string) => /^(bida\.)?(scheduler|admin|node|notifier|dispatcher)\./.test(name));
    assert.ok(offered.includes("bida.scheduler.submit"));
    for (const name of offered) assert.match(name, /^(bida\.)?(scheduler|admin)\./);
    assert.not.ok(
      offered.some((name: string) => /claim|extend|report|session|authenticate|identify/.test(name)),
    );
    assert.is((await refusal(release, "bida.scheduler.claim", {})).type, "SERVICE_NOT_FOUND");
  });

  test(`${release}: an answer that NATS would refuse is refused by name`, async () => {
    const error = await refusal(release, "bida.scheduler.get", { taskId: "large" });
    assert.equal([error.type, error.code], ["body_too_large", 413]);
  });
}

/** Sends a request as it comes, and resolves with the response's fields. */
async function request(fields: object): Promise<Record<string, unknown>> {
  const answers = raw.subscribe("MOL.RES.raw", { max: 1 });
  const packet = { ver: "4", sender: "raw", id: "r1", params: {}, meta: {}, ...fields };
  raw.publish("MOL.REQ.bida-1", JSON.stringify(packet));
  for await (const { data } of answers) return JSON.parse(data.toString());
  throw new Error("no answer");
}

test("inner actions are not answered, whoever asks by whatever name", async () => {
  const before = bida.asked.length;
  for (const action of [
    "scheduler.claim",
    "scheduler.report",
    "admin.session",
    "admin.authenticate",
    "node.info",
    "$node.options",
    "bida.admin.login",
    "constructor",
    "__proto__",
  ]) {
    const { success, error } = await request({ action });
    assert.equal([success, (error as { type: string }).type], [false, "SERVICE_NOT_FOUND"], action);
  }
  assert.is(bida.asked.length, before);
});

test("a name of an event that is a broken pattern harms nobody", async () => {
  const events = { "*(*": { name: "*(*" }, "bida.task.*": { name: "bida.task.*" } };
  const services = [{ name: "evil", actions: {}, events }];
  raw.publish("MOL.INFO", JSON.stringify({ ver: "4", sender: "evil", services, instanceID: "i", seq: 1 }));
  await request({ action: "bida.admin.list" });
  bida.tell("t1");
  raw.publish("MOL.DISCONNECT", JSON.stringify({ ver: "4", sender: "evil" }));
});

test("a request that is a stream is refused", async () => {
  const { error } = await request({ action: "bida.admin.list", stream: true });
  assert.is((error as { type: string }).type, "unsupported_media_type");
});

test("packets that make no sense are told of once for each sender and reason, and nothing stops", async () => {
  const senders = {
    bad: { ver: "3", sender: "old-one" },
    none: { ver: "4" },
    wild: { ver: "5", sender: "a b>*" },
  };
  for (let i = 0; i < 5; i++) {
    raw.publish("MOL.HEARTBEAT", JSON.stringify(senders.bad));
    raw.publish("MOL.HEARTBEAT", JSON.stringify(senders.none));
    raw.publish("MOL.INFO", JSON.stringify(senders.wild));
    raw.publish("MOL.INFO", Buffer.from([0x83, 0xa3, 0x76, 0x65, 0x72, 0xa1, 0x34]));
    raw.publish("MOL.INFO", "[1]");
    raw.publish("MOL.INFO", JSON.stringify({ ver: "4", sender: "odd", services: 5 }));
    raw.publish("MOL.REQ.bida-1", JSON.stringify({ ver: "4", sender: "odd", action: "bida.admin.list" }));
  }
  await request({ action: "bida.admin.list" });
  const told = bida.said(/not understood/).map(({ node, problem }) => `${node}: ${problem}`);
  assert.equal(told.toSorted(), [
    "null: it is no JSON object",
    "null: it is not JSON, which is Moleculer's default serializer",
    "null: it names no sender that could be answered",
    "odd: a request without an id",
    "odd: services are no list",
    "old-one: its protocol is neither version 4 nor 5 (Moleculer 0.14 and 0.15)",
  ]);
});

test("old names are answered, and each caller is told of once", async () => {
  for (const release of RELEASES) {
    await sees(programs.get(release) as Broker, "scheduler.submit");
    for (let i = 0; i < 3; i++) await call(release, "scheduler.submit", TASK);
  }
  const told = bida.said(/old name/).map(({ node, action, instead }) => [node, action, instead]);
  assert.equal(told.toSorted(), [
    ["shop-0.14", "scheduler.submit", "bida.scheduler.submit"],
    ["shop-0.15", "scheduler.submit", "bida.scheduler.submit"],
  ]);
});

test("a node that leaves answers what it was asked, and is not asked any more", async () => {
  const other = await Bida.start(bus.url, { nodeID: "bida-2" });
  const broker = programs.get("0.14") as Broker;
  const isKnown = () =>
    (broker.registry.getNodeList({ onlyAvailable: true }) as unknown as { id: string }[]).some(
      ({ id }) => id === "bida-2",
    );
  await until("the second node", isKnown);
  let failed: unknown = null;
  let over = false;
  const load = (async () => {
    while (!over) await call("0.14", "bida.scheduler.submit", TASK).catch((error) => (failed ??= error));
  })();
  await other.stop();
  await until("it to have left", () => !isKnown());
  over = true;
  await load;
  assert.is(failed, null);
});

test.run();
