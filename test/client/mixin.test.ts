// The mixin in services of Moleculer 0.14 and 0.15, with brokers as they come, on a real NATS. @takes 25 s
import type { ServiceBroker as Broker, ServiceSchema } from "moleculer";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { BidaMixin, type BidaOfService, CallbackError } from "../../client/index.ts";
import { until } from "../e2e/kit/until.ts";
import * as nats from "../servers/nats.ts";
import type { TestServer } from "../servers/server.ts";
import { Bida, program, RELEASES, type Release, sees } from "../services/neighbours/kit.ts";

const TASK = { url: "http://shop.example/", requestMethod: "POST" as const, limitCallCount: 3 };
const test = suite("mixin");
let bus: TestServer;
let bida: Bida;
const started: Broker[] = [];

test.before(async () => {
  bus = await nats.start();
  bida = await Bida.start(bus.url);
});
test.after.each(async () => {
  await Promise.all(started.splice(0).map((broker) => broker.stop()));
});
test.after(async () => {
  await bida.stop();
  await bus.stop();
});

/** A program with services, in which each has told who it is. */
async function start(release: Release, services: object[]): Promise<Broker> {
  const broker = program(release, bus.url, { services: services as ServiceSchema[] });
  started.push(broker);
  await broker.start();
  await sees(broker, "bida.scheduler.submit");
  return broker;
}

const bidaOf = (broker: Broker, name: string) =>
  (broker.getLocalService(name) as unknown as { bida: BidaOfService }).bida;
const textOf = (params: unknown) => JSON.parse((params as { json: string }).json);

for (const release of RELEASES) {
  test(`${release}: this.bida hands over in the service's name, and refuses as the client does`, async () => {
    const orders = {
      name: "orders",
      mixins: [BidaMixin()],
      actions: {
        pay(this: { bida: BidaOfService }) {
          return this.bida.call(TASK, { idempotencyKey: "k" });
        },
      },
    };
    const broker = await start(release, [orders]);
    await bidaOf(broker, "orders").ready();
    assert.match(String(await broker.call("orders.pay")), /^task-/);
    const { params, meta } = bida.asked.at(-1) ?? (assert.unreachable() as never);
    assert.equal(textOf(params), { sourceAppName: "orders", ...TASK });
    assert.is(meta.idempotencyKey, "k");
    const own = bidaOf(broker, "orders");
    await own.call({ ...TASK, sourceAppName: "other" });
    assert.is(textOf(bida.asked.at(-1)?.params).sourceAppName, "other");
    const refused = await own.call({} as never).catch((error: unknown) => error);
    assert.instance(refused, CallbackError);
    assert.is((refused as CallbackError).code, "invalid_task");
    assert.equal(await own.action("bida.admin.list", {}), { items: [], nextCursor: null });
  });

  test(`${release}: callbacks hear of the service's own tasks, with the service as this`, async () => {
    const heard: [string, string][] = [];
    const hear = (key: string) =>
      function (this: { name: string }, event: { taskId: string }) {
        heard.push([`${key} of ${this.name}`, event.taskId]);
      };
    const of = (name: string, callbacks: object, more: object = {}) => ({
      name,
      mixins: [BidaMixin()],
      callbacks,
      ...more,
    });
    await start(release, [
      of("orders", { succeeded: hear("own") }),
      of("ledger", { succeeded: { handler: hear("all"), all: true } }),
      of("cache", { succeeded: { handler: hear("everywhere"), all: true, broadcast: true } }),
      of(
        "both",
        { succeeded: { handler: hear("callback"), all: true } },
        {
          events: {
            "bida.task.succeeded": (ctx: { params: { taskId: string } }) =>
              void heard.push(["event of both", ctx.params.taskId]),
          },
        },
      ),
    ]);
    await until("all to be known", () => bida.peer.isSettled);
    bida.tell("t1", "orders");
    bida.tell("t2", "somebody");
    await until("all", () => heard.length >= 9);
    assert.equal(heard.map((one) => one.join(" ")).toSorted(), [
      "all of ledger t1",
      "all of ledger t2",
      "callback of both t1",
      "callback of both t2",
      "event of both t1",
      "event of both t2",
      "everywhere of cache t1",
      "everywhere of cache t2",
      "own of orders t1",
    ]);
  });

  test(`${release}: a service with the mixin that is made while its broker runs is known to all at once`, async () => {
    const broker = await start(release, []);
    await until("it to count as settled", () => bida.peer.isSettled);
    const heard: string[] = [];
    const callbacks = {
      succeeded: { all: true, handler: (event: { taskId: string }) => void heard.push(event.taskId) },
    };
    broker.createService({ name: "late", mixins: [BidaMixin()], callbacks } as never);
    // Moleculer itself would tell a second later; what is told before that is not kept.
    await until("Bida to know", () => bida.announcer.hears("task.succeeded"), 900);
    bida.tell("at once");
    await until("it to be heard", () => heard.includes("at once"));
  });

  test(`${release}: a callback that is none is refused when the service is made`, async () => {
    const broker = program(release, bus.url, {});
    const make = (callbacks: object) => () =>
      broker.createService({ name: "x", mixins: [BidaMixin()], callbacks } as never);
    assert.throws(
      make({ suceeded: () => undefined }),
      /callbacks\.suceeded: there are attempted, succeeded, exhausted/,
    );
    assert.throws(make({ succeeded: {} }), /callbacks\.succeeded/);
    assert.throws(make({ succeeded: null }), /callbacks\.succeeded/);
  });
}

test.run();
