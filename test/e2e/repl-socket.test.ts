/** Whatever a local process does with the REPL's socket, Bida goes on. @takes 15 s */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { startEmbedded } from "./kit/embedded.ts";
import type { BidaNode } from "./kit/node.ts";
import { once as run } from "./kit/repl.ts";
import { until } from "./kit/until.ts";
import type { World } from "./kit/world.ts";

const MIB = 1024 * 1024;

let world: World;
let node: BidaNode;
let address: string;

test.before(async () => {
  world = await startEmbedded();
  node = world.nodes[0] as BidaNode;
  address = join(node.env.BIDA_DATA_DIR as string, "repl.sock");
  await until("the socket, which is opened last", () => existsSync(address));
});
test.after(() => world.stop());

/** After each: the same process answers callers, and lets operators in. */
test.after.each(async () => {
  assert.is((await world.api("GET", "/healthz", undefined, {})).status, 200, node.log);
  const { how, out, err } = await run(node.env, "nodes");
  assert.is(how, "exit 0", err);
  assert.match(out, / up /);
  assert.equal(node.records("unexpected error; this process ends"), []);
});

/** Errors are part of the game. */
const open = (): Socket => connect(address).on("error", () => undefined);
const closed = (socket: Socket): Promise<unknown> =>
  socket.closed ? Promise.resolve() : once(socket, "close");
const rss = async (): Promise<number> =>
  (await world.api("GET", "/v1/nodes")).json.items[0].rssBytes as number;

test("10,000 clients that open it and close it at once, before, while and after Bida greets them", async () => {
  const ways: ((socket: Socket) => void)[] = [
    (socket) => socket.destroy(),
    (socket) => socket.once("connect", () => socket.destroy()),
    (socket) => socket.once("connect", () => socket.end()).resume(),
    (socket) => socket.once("data", () => socket.destroy()),
    (socket) => socket.once("connect", () => socket.write("{", () => socket.destroy())),
    (socket) =>
      socket.once("data", () => {
        socket.write(`${JSON.stringify({ id: 1, action: "admin.list", params: {}, meta: {} })}\n`);
        socket.destroy();
      }),
  ];
  for (let round = 0; round < 100; round++) {
    const sockets = Array.from({ length: 100 }, (_, i) => {
      const socket = open();
      ways[i % ways.length]?.(socket);
      return socket;
    });
    await Promise.all(sockets.map(closed));
  }
});

test("what is no line of JSON that asks for an action is shown out", async () => {
  const lines = [
    ...Array.from({ length: 50 }, (_, i) => Buffer.concat([randomBytes(1 + i * 20), Buffer.from("\n")])),
    ...["", "null", "[]", '"text"', "7", '{"action":7}', '{"id":1}', `${"[".repeat(100_000)}`, "\ud800"].map(
      (line) => Buffer.from(`${line}\n`),
    ),
  ];
  for (const line of lines) {
    const socket = open().resume();
    socket.write(line);
    await closed(socket);
  }
});

test("calls with any parameters are answered, or refused, on a connection that lives on", async () => {
  const socket = open();
  let text = "";
  socket.setEncoding("utf8").on("data", (more: string) => {
    text += more;
  });
  const odd = [undefined, null, 7, "text", [], {}, { taskId: { a: 1 } }, { limit: "x" }];
  const actions = [
    "scheduler.get",
    "admin.list",
    "admin.retry",
    "no.such",
    "node.info",
    "notifier.getWebhook",
  ];
  let id = 0;
  for (const action of actions)
    for (const params of odd)
      for (const meta of odd) socket.write(`${JSON.stringify({ id: ++id, action, params, meta })}\n`);
  const answers = () => text.split("\n").filter((line) => line.startsWith('{"id"')).length;
  await until("an answer to each", () => answers() === id);
  socket.destroy();
});

test("a line without an end is not kept", async () => {
  const before = await rss();
  const socket = open().resume();
  const chunk = Buffer.alloc(MIB, "x");
  let sent = 0;
  while (!socket.destroyed && sent < 128) {
    await new Promise((done) => socket.write(chunk, done));
    sent++;
  }
  await closed(socket);
  assert.ok(sent < 64, `${sent} MiB were taken`);
  const grown = (await rss()) - before;
  assert.ok(grown < 96 * MIB, `${Math.round(grown / MIB)} MiB more`);
});

test("half a line is waited for, and a line in pieces is one line", async () => {
  const socket = open();
  let text = "";
  socket.setEncoding("utf8").on("data", (more: string) => {
    text += more;
  });
  const line = Buffer.from(
    `${JSON.stringify({ id: 5, action: "node.info", params: {}, meta: { 必: "达" } })}\n`,
  );
  for (const byte of line) await new Promise((done) => socket.write(Buffer.of(byte), done));
  await until("the answer", () => text.includes('{"id":5,"result"'));
  socket.destroy();
});

test("a client that asks without end and reads nothing is not asked for more than it reads", async () => {
  const body = "x".repeat(200_000);
  await world.batch(
    Array.from({ length: 20 }, () => ({
      ...{ url: world.receiver.url(), requestMethod: "POST", limitCallCount: 1, delayMs: 600_000, body },
    })),
  );
  const before = await rss();
  const socket = open().pause();
  const ask = `${JSON.stringify({ id: 1, action: "admin.list", params: { limit: 20 }, meta: {} })}\n`;
  socket.write(ask.repeat(5_000));
  // 5,000 answers of 4 MB: it must stand still long before.
  let unchanged = 0;
  for (let last = -1; unchanged < 5; ) {
    await new Promise((done) => setTimeout(done, 100));
    const used = await rss();
    unchanged = Math.abs(used - last) < 8 * MIB ? unchanged + 1 : 0;
    last = used;

    assert.ok(used - before < 400 * MIB, `${Math.round((used - before) / MIB)} MiB more`);
  }
  socket.destroy();
});

test("more clients than there is room for are closed, and those that are there stay", async () => {
  const sockets = Array.from({ length: 100 }, () => open().resume());
  await until("the surplus to be closed", () => sockets.filter(({ closed }) => closed).length >= 60);
  assert.ok(sockets.filter(({ closed }) => !closed).length > 0);
  for (const socket of sockets) socket.destroy();
  await Promise.all(sockets.map(closed));
});

test.run();
