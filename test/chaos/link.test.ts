/** The proxy between nodes and servers fails the ways it says. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { until } from "../e2e/kit/until.ts";
import { Link } from "./harness/link.ts";

const test = suite("link");
const echo = createServer((socket) => socket.on("error", () => {}).pipe(socket));
let link: Link;
let sockets: Socket[];

test.before(async () => {
  echo.listen(0, "127.0.0.1");
  await once(echo, "listening");
});
test.after(() => {
  echo.close();
});
test.before.each(async () => {
  sockets = [];
  link = await Link.start((echo.address() as AddressInfo).port);
});
test.after.each(async () => {
  for (const socket of sockets) socket.destroy();
  await link.stop();
});

async function open(): Promise<Socket> {
  const socket = connect(link.port, "127.0.0.1").on("error", () => {});
  sockets.push(socket);
  await once(socket, "connect");
  return socket;
}

async function says(socket: Socket, text: string): Promise<string> {
  socket.write(text);
  const [answer] = await once(socket, "data");
  return String(answer);
}

test("passes both ways, and closes with either side", async () => {
  const socket = await open();
  assert.is(await says(socket, "hello"), "hello");
  assert.is(link.open, 1);
  socket.end();
  await until("the connection to be forgotten", () => link.open === 0);
});

test("cut: what is connected is reset, new connections work", async () => {
  const socket = await open();
  await says(socket, "hello");
  const closed = new Promise((resolve) => socket.once("close", resolve));
  link.cut();
  await closed;
  assert.is(await says(await open(), "again"), "again");
});

test("black hole: nothing arrives, nobody is told; after it only new connections work", async () => {
  const old = await open();
  await says(old, "hello");
  let heard = "";
  link.blackHole();
  old.on("data", (data) => {
    heard += data;
  });
  const during = await open();
  during.on("data", (data) => {
    heard += data;
  });
  old.write("lost");
  during.write("lost");
  link.heal();
  assert.is(await says(await open(), "again"), "again");
  old.write("lost too");
  assert.is(await says(await open(), "and again"), "and again");
  assert.is(heard, "");
  assert.not.ok(old.destroyed || during.destroyed);
  // Both ends of the old one, and the near end of the one that came meanwhile.
  assert.is(link.silent, 3);
});

test.run();
