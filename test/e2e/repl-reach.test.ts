/** How the REPL finds whom it is for, and what it says where nobody is there. @takes 30 s */
import { existsSync, statSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { start as startNats } from "../servers/nats.ts";
import { freePort } from "../servers/ports.ts";
import { temporaryFolder } from "../servers/server.ts";
import { embeddedEnv, startAgain, startEmbedded } from "./kit/embedded.ts";
import { BidaNode, type Environment } from "./kit/node.ts";
import { once, Repl } from "./kit/repl.ts";
import { until } from "./kit/until.ts";

/** It must end by itself, with one line on stderr that matches. */
async function refuses(env: Environment, line: RegExp, code = 1): Promise<void> {
  const { how, out, err } = await once(env, "nodes");
  assert.is(how, `exit ${code}`, err);
  assert.is(out, "");
  assert.match(err, line);
  assert.is(err.trimEnd().split("\n").length, 1, err);
}

test("nobody is there: one line that says what to do", async () => {
  const folder = temporaryFolder("repl");
  await refuses({ BIDA_DATA_DIR: folder }, /^bida: no Bida runs on .*; start it \(npm start\), or set BIDA_/);
  // What a process that was killed leaves behind.
  writeFileSync(join(folder, "repl.sock"), "");
  await refuses({ BIDA_DATA_DIR: folder }, /^bida: no Bida runs on /);
  await refuses({ BIDA_DATA_DIR: join(folder, "x".repeat(120)) }, /^bida: BIDA_DATA_DIR: .* too long a path/);
  await refuses(
    { BIDA_NATS_URL: "http://nats" },
    /^bida: BIDA_NATS_URL: must be a URL that begins with nats/,
    2,
  );
  const port = await freePort();
  await refuses(
    { BIDA_NATS_URL: `nats://127.0.0.1:${port}` },
    new RegExp(`^bida: BIDA_NATS_URL: no NATS answers at 127.0.0.1:${port}\\n$`),
  );
});

test("a NATS without a Bida: one line", async () => {
  const nats = await startNats();
  try {
    await refuses(
      { BIDA_NATS_URL: nats.url },
      /^bida: no Bida node is on the NATS at 127\.0\.0\.1:\d+; start one/,
    );
  } finally {
    await nats.stop();
  }
});

test("the socket is for its owner alone, goes with the process, and survives one that was killed", async () => {
  const world = await startEmbedded();
  try {
    const node = world.nodes[0] as BidaNode;
    const socket = join(node.env.BIDA_DATA_DIR as string, "repl.sock");
    assert.is(statSync(socket).mode & 0o777, 0o600);
    const repl = new Repl(node.env);
    assert.match(await repl.type("nodes"), / up /);
    await node.kill();
    const { how, err } = await repl.ended;
    assert.equal([how, err], ["exit 1", "bida: the Bida process has ended; start it and try again\n"]);
    assert.ok(existsSync(socket));
    await startAgain(world);
    assert.match((await once(node.env, "nodes")).out, / up /);
    assert.is(await world.nodes[0]?.stop(), "exit 0");
    assert.not.ok(existsSync(socket));
  } finally {
    await world.stop();
  }
});

test("what is no REPL is shown out, and harms nobody", async () => {
  const world = await startEmbedded();
  try {
    const address = join(world.nodes[0]?.env.BIDA_DATA_DIR as string, "repl.sock");
    for (const line of ["GET / HTTP/1.1\r\n", "null\n", '{"id":1}\n', "\u0000\n"]) {
      const socket = connect(address);
      const closed = new Promise((resolve) => socket.once("close", resolve));
      socket.on("error", () => undefined).resume();
      socket.write(line);
      await closed;
    }
    assert.match((await once(world.nodes[0]?.env ?? {}, "nodes")).out, / up /);
  } finally {
    await world.stop();
  }
});

test("a REPL that is open does not hold up a stop", async () => {
  const world = await startEmbedded();
  try {
    const repl = new Repl(world.nodes[0]?.env ?? {});
    await repl.type("queue");
    const startedAt = performance.now();
    assert.is(await world.nodes[0]?.stop(), "exit 0");
    assert.ok(performance.now() - startedAt < 15_000);
    assert.is((await repl.ended).how, "exit 1");
  } finally {
    await world.stop();
  }
});

test("npm start -- --repl: the prompt is in the process, which goes on when it is closed", async () => {
  const env = await embeddedEnv({ HOME: temporaryFolder("repl-home"), BIDA_LOG_LEVEL: "warn" });
  const node = new BidaNode(env, { args: ["--repl"], stdin: "pipe" });
  try {
    await node.ready();
    node.stdin.write("nodes\nfrobnicate\n");
    await until("the answers", () => node.log.includes('"help" lists the commands'));
    assert.match(node.log, /node +state +started/);
    assert.match(node.log, / up .*api,scheduler,dispatcher,notifier,admin\n/);
    node.stdin.end();
    await until("the prompt to be closed", () => node.log.includes("this node goes on"));
    assert.is((await fetch(`${node.baseUrl}/readyz`)).status, 200);
  } finally {
    assert.is(await node.stop(), "exit 0");
  }
});

test.run();
