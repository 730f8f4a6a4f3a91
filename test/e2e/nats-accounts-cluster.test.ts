/** Bida and a program that calls it, each in its own account of the NATS configuration that is shipped. @takes 10 s */
import { ServiceBroker } from "moleculer";
import { connect } from "nats";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createBrokerClient } from "../../client/index.ts";
import { mysqlDatabase, redisUrl } from "../servers/env.ts";
import { freePort } from "../servers/ports.ts";
import { type TestServer, temporaryFolder } from "../servers/server.ts";
import { BidaNode } from "./kit/node.ts";
import { offered } from "./kit/observer.ts";
import { Receiver } from "./kit/receiver.ts";
import { PASSWORDS, startShippedNats } from "./kit/shipped-nats.ts";
import { until } from "./kit/until.ts";
import { quick, SECRET_KEY } from "./kit/world.ts";

const test = suite("RPC in a NATS account of its own");

let bus: TestServer;
let node: BidaNode;
let receiver: Receiver;
let shop: ServiceBroker;
const heard: string[] = [];

test.before(async () => {
  bus = await startShippedNats();
  receiver = await Receiver.start();
  node = new BidaNode({
    BIDA_DATABASE_URL: await mysqlDatabase(),
    BIDA_REDIS_URL: await redisUrl(),
    BIDA_NATS_URL: `nats://bida:${PASSWORDS.BIDA_NATS_PASSWORD}@127.0.0.1:${bus.port}`,
    BIDA_RPC_NATS_URL: `nats://bida-rpc:${PASSWORDS.BIDA_NATS_PASSWORD}@127.0.0.1:${bus.port}`,
    BIDA_SECRET_KEY: SECRET_KEY,
    BIDA_EGRESS_ALLOW: "127.0.0.0/8",
    BIDA_PORT: String(await freePort()),
    BIDA_DATA_DIR: temporaryFolder("e2e"),
  });
  await node.ready(60_000);
  shop = program();
  shop.createService({
    name: "shop",
    events: {
      "bida.task.succeeded": { handler: (ctx) => void heard.push((ctx.params as { taskId: string }).taskId) },
    },
  });
  await shop.start();
  await offered(shop, ["bida.scheduler.submit", "bida.admin.retry"]);
});
test.after(async () => {
  await shop.stop();
  await node.stop();
  await Promise.all([receiver.stop(), bus.stop()]);
});

/** Credentials of the user for other programs, as NATS's client takes them. */
const RPC = { user: "rpc", pass: PASSWORDS.RPC_NATS_PASSWORD };

/** A broker with Moleculer's defaults. */
const program = () =>
  new ServiceBroker({
    nodeID: "shop-1",
    logger: false,
    transporter: { type: "NATS", options: { servers: [`127.0.0.1:${bus.port}`], ...RPC } },
    requestTimeout: 5_000,
  });

test("public actions are called, and events heard", async () => {
  const bida = createBrokerClient(shop);
  const taskId = await bida.call(quick({ url: receiver.url() }) as never);
  assert.is((await bida.waitFor(taskId)).state, "succeeded");
  await until("the event", () => heard.includes(taskId));
});

test("what is not public is not there, by any name, and also where the packet is sent all the same", async () => {
  const inner = [
    "scheduler.claim",
    "scheduler.report",
    "admin.createUser",
    "admin.authenticate",
    "node.info",
  ];
  const nodes = shop.registry.getNodeList({ onlyAvailable: true }) as unknown as { id: string }[];
  const bida = nodes.find(({ id }) => id.includes(`-${node.pid}-`));
  assert.ok(bida, "Bida is a node among those of the program");
  const raw = await connect({ servers: [`127.0.0.1:${bus.port}`], ...RPC });
  const answers: { id: string; success: boolean; error: { name: string } | null }[] = [];
  raw.subscribe("MOL.RES.raw", { callback: (_, message) => answers.push(message.json()) });
  const names = inner.flatMap((action) => [action, `bida.${action}`]);
  for (const action of names) {
    const error = (await shop.call(action, {}).catch((thrown: Error) => thrown)) as Error;
    assert.is(error.name, "ServiceNotFoundError", action);
    const packet = { ver: "5", sender: "raw", id: action, action, params: {}, meta: {}, level: 1 };
    raw.publish(`MOL.REQ.${bida.id}`, JSON.stringify(packet));
  }
  await until("every answer", () => answers.length === names.length);
  assert.equal(
    answers.map(({ id, success, error }) => [id, success, error?.name]),
    names.map((name) => [name, false, "ServiceNotFoundError"]),
  );
  await raw.close();
});

test.run();
