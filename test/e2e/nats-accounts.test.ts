/** The NATS configuration that is shipped, on a real server: a program that calls Bida reaches nothing of what its nodes say. */
import { connect, type NatsConnection } from "nats";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { natsOptions } from "../../services/bus/nats-options.ts";
import type { TestServer } from "../servers/server.ts";
import { PASSWORDS, startShippedNats } from "./kit/shipped-nats.ts";

const test = suite("NATS users");

let bus: TestServer;
let node: NatsConnection;
/** Where Bida's nodes are called by programs. */
let called: NatsConnection;
let program: NatsConnection;
/** What the server refused the program. */
const refused: string[] = [];

const as = (user: string, password: string) =>
  connect({ ...natsOptions([`nats://${user}:${password}@127.0.0.1:${bus.port}`]), reconnect: false });

test.before(async () => {
  bus = await startShippedNats();
  node = await as("bida", PASSWORDS.BIDA_NATS_PASSWORD);
  called = await as("bida-rpc", PASSWORDS.BIDA_NATS_PASSWORD);
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
  await Promise.all([node.close(), called.close(), program.close()]);
  await bus.stop();
});

/** Resolves with what came to `by` on a subject until a message of its own came behind it. */
async function heard(by: NatsConnection, subject: string, send: () => Promise<void>): Promise<string[]> {
  const texts: string[] = [];
  const subscription = by.subscribe(subject);
  await by.flush();
  await send();
  by.publish(subject, "last");
  for await (const message of subscription) {
    texts.push(message.string());
    if (texts.at(-1) === "last") break;
  }
  return texts;
}

test("nobody gets in without a password, or with a wrong one", async () => {
  for (const [user, password] of [
    ["bida", "wrong"],
    ["bida-rpc", "wrong"],
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
    const send = async () => {
      program.publish(subject, "forged");
      await program.flush();
    };
    assert.equal(await heard(node, subject, send), ["last"]);
    assert.equal(refused, [`publish ${subject}`]);
  });
}

test("nothing of one account reaches the other, whatever its users may do there", async () => {
  const subject = "MOL-bida.REQ.node-1";
  const across = [
    [called, node],
    [node, called],
  ] as const;
  for (const [from, to] of across) {
    const send = async () => {
      from.publish(subject, "forged");
      await from.flush();
    };
    assert.equal(await heard(to, subject, send), ["last"]);
  }
});

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
  const ask = async () => {
    program.publish("MOL.REQ.bida-1", "ask");
    await program.flush();
  };
  assert.equal(await heard(called, "MOL.REQ.bida-1", ask), ["ask", "last"]);
  const answer = Promise.withResolvers<string>();
  program.subscribe("MOL.RES.shop-1", {
    callback: (error, message) => (error ? answer.reject(error) : answer.resolve(message.string())),
  });
  await program.flush();
  called.publish("MOL.RES.shop-1", "answer");
  assert.is(await answer.promise, "answer");
});

test.run();
