/** The NATS configuration that is shipped, on a real server: a program that calls Bida reaches nothing of what its nodes say. */
import { join, resolve } from "node:path";
import { connect, type NatsConnection } from "nats";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { natsOptions } from "../../services/bus/nats-options.ts";
import * as nats from "../servers/nats.ts";
import type { TestServer } from "../servers/server.ts";

const test = suite("NATS users");

const CONFIG = resolve(import.meta.dirname, "../../docs/nats/nats.conf");
const PASSWORDS = { BIDA_NATS_PASSWORD: "nodes-only", RPC_NATS_PASSWORD: "for-others" };

let bus: TestServer;
let node: NatsConnection;
let program: NatsConnection;
/** What the server refused the program. */
const refused: string[] = [];

const as = (user: string, password: string) =>
  connect({ ...natsOptions([`nats://${user}:${password}@127.0.0.1:${bus.port}`]), reconnect: false });

test.before(async () => {
  bus = await nats.start(["-c", join(CONFIG)], PASSWORDS);
  node = await as("bida", PASSWORDS.BIDA_NATS_PASSWORD);
  program = await as("rpc", PASSWORDS.RPC_NATS_PASSWORD);
  const follow = async () => {
    for await (const { type, permissionContext } of program.status() as AsyncIterable<{
      type: string;
      permissionContext?: { operation: string; subject: string };
    }>)
      if (type === "error" && permissionContext)
        refused.push(`${permissionContext.operation} ${permissionContext.subject}`);
  };
  void follow();
});
test.after(async () => {
  await Promise.all([node.close(), program.close()]);
  await bus.stop();
});

/** Resolves with what came on a subject of the nodes' until a message of the node's own came behind it. */
async function heard(subject: string, send: () => void): Promise<string[]> {
  const texts: string[] = [];
  const subscription = node.subscribe(subject);
  await node.flush();
  send();
  await program.flush();
  node.publish(subject, "last");
  for await (const message of subscription) {
    texts.push(message.string());
    if (texts.at(-1) === "last") break;
  }
  return texts;
}

test("nobody gets in without a password, or with a wrong one", async () => {
  for (const [user, password] of [
    ["bida", "wrong"],
    ["rpc", PASSWORDS.BIDA_NATS_PASSWORD],
    ["other", "x"],
  ] as const) {
    const why = await as(user, password).catch((error: Error) => error.message);
    assert.match(String(why), /Authorization Violation/i);
  }
  const open = await connect({ servers: bus.url, reconnect: false }).catch((error: Error) => error.message);
  assert.match(String(open), /Authorization Violation/i);
});

const INNER = ["REQ.node-1", "INFO", "INFO.node-1", "RES.node-1", "EVENT.node-1", "DISCONNECT", "HEARTBEAT"];
for (const command of INNER) {
  test(`a program cannot send MOL-bida.${command}`, async () => {
    refused.length = 0;
    const subject = `MOL-bida.${command}`;
    assert.equal(await heard(subject, () => program.publish(subject, "forged")), ["last"]);
    assert.equal(refused, [`publish ${subject}`]);
  });
}

test("a program cannot listen to what nodes say to each other", async () => {
  for (const subject of ["MOL-bida.>", "MOL-bida.REQ.node-1", ">", "*.REQ.>"]) {
    refused.length = 0;
    const came: string[] = [];
    const subscription = program.subscribe(subject, {
      callback: (_, message) => came.push(message?.subject ?? "refused"),
    });
    await program.flush();
    node.publish("MOL-bida.REQ.node-1", "a password");
    await Promise.all([node.flush(), program.flush()]);
    subscription.unsubscribe();
    assert.equal(refused, [`subscription ${subject}`]);
    assert.not.ok(came.includes("MOL-bida.REQ.node-1"), subject);
  }
});

test("both reach each other where Bida offers its public actions", async () => {
  assert.equal(await heard("MOL.REQ.bida-1", () => program.publish("MOL.REQ.bida-1", "ask")), [
    "ask",
    "last",
  ]);
  const answer = Promise.withResolvers<string>();
  program.subscribe("MOL.RES.shop-1", {
    callback: (error, message) => (error ? answer.reject(error) : answer.resolve(message.string())),
  });
  await program.flush();
  node.publish("MOL.RES.shop-1", "answer");
  assert.is(await answer.promise, "answer");
});

test.run();
