/** A neighbours' connection that NATS refuses, breaks or closes: it is tried again, and nothing stays open. @takes 15 s */
import net from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { ServiceBroker } from "moleculer";
import { connect } from "nats";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Connection } from "../../../services/neighbours/connection.ts";
import { meet } from "../../../services/neighbours/neighbours.ts";
import { Peer } from "../../../services/neighbours/peer.ts";
import { until } from "../../e2e/kit/until.ts";
import { start } from "../../servers/nats.ts";
import { startConfigured } from "../../servers/nats-config.ts";

const test = suite("neighbours refused");
const USER = { name: "bida", password: "right" };
const OTHER = { name: "other", password: "other" };

/** A log that keeps its lines. */
function logOf() {
  const lines: string[] = [];
  const say = (_: object, line: string) => void lines.push(line);
  return { lines, log: { info: say, warn: say, error: say, debug: () => undefined } as never };
}

test("a peer that is refused at the start is let in later", async () => {
  const server = await startConfigured([{ ...USER, password: "wrong" }, OTHER]);
  const broker = new ServiceBroker({ nodeID: "bida", logger: false });
  const { lines, log } = logOf();
  const peer = new Peer({
    ...{ broker, log, namespace: "", aliases: false, services: [], installation: "A", version: "0" },
    natsUrls: [server.urlOf(USER)],
    onChanged: () => undefined,
  });
  await meet(peer, "", log);
  assert.equal(lines, ["NATS does not let us in"]);
  peer.open();
  const { port } = server;
  const other = await connect({ port, user: OTHER.name, pass: OTHER.password });
  const heard: string[] = [];
  other.subscribe("MOL.>", { callback: (_, { subject }) => void heard.push(subject) });
  await server.reload([USER, OTHER]);
  await until("it to be let in", () => lines.includes("NATS lets us in"));
  assert.ok(heard.includes("MOL.DISCOVER"), String(heard));
  await peer.close();
  await other.close();
  await server.stop();
  assert.equal(lines, ["NATS does not let us in", "NATS lets us in"]);
});

test("a NATS that is not there holds up no start, and is joined when it comes", async () => {
  const server = await start();
  await server.down();
  const broker = new ServiceBroker({ nodeID: "bida", logger: false });
  const { lines, log } = logOf();
  const peer = new Peer({
    ...{ broker, log, namespace: "", aliases: false, services: [], installation: "A", version: "0" },
    natsUrls: [server.url],
    onChanged: () => undefined,
  });
  await meet(peer, "", log, 50);
  assert.equal(lines, ["the NATS of other programs does not answer"]);
  peer.open();
  await server.up();
  await until("it to be there", () => lines.includes("the NATS of other programs answers"));
  await peer.close();
  await server.stop();
  assert.is(lines.length, 2);
});

/** A connection that keeps what it hears. */
function connectionTo(url: string, log: never) {
  const seen = { heard: [] as string[], back: 0 };
  const connection = new Connection({
    ...{ natsUrls: [url], namespace: "", nodeID: "bida", log },
    onPacket: (command) => void seen.heard.push(command),
    onBack: () => void seen.back++,
  });
  return { connection, seen };
}

test("a connection that breaks before it hears is not left open", async () => {
  const open = new Set<net.Socket>();
  // A server that ends the connection when it is asked whether all subscriptions are there.
  const server = net.createServer((socket) => {
    open.add(socket);
    let pings = 0;
    socket.on("error", () => undefined).on("close", () => open.delete(socket));
    socket.write('INFO {"server_id":"x","version":"2.10.0","max_payload":1048576,"headers":true}\r\n');
    socket.on("data", (bytes) => {
      for (const _ of bytes.toString().matchAll(/PING\r\n/g)) {
        if (++pings === 1) socket.write("PONG\r\n");
        else socket.destroy();
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as net.AddressInfo;
  const { connection } = connectionTo(`nats://127.0.0.1:${port}`, logOf().log);
  const failure = await connection.open().catch((error: Error) => error);
  assert.instance(failure, Error);
  await pause(1_500);
  await until("none to be open", () => open.size === 0);
  await connection.close();
  server.close();
});

test("a subscription that was refused is made when it is allowed; the refusal is told once", async () => {
  const server = await startConfigured([{ ...USER, mustNotHear: ["MOL.HEARTBEAT"] }, OTHER]);
  const { lines, log } = logOf();
  const { connection, seen } = connectionTo(server.urlOf(USER), log);
  await connection.open();
  await until("the refusal", () => lines.length > 0);
  // The second try is refused too.
  await pause(4_000);
  assert.equal(lines, ["NATS ended a subscription to neighbours"]);
  await server.reload([USER, OTHER]);
  const other = await connect({ port: server.port, user: OTHER.name, pass: OTHER.password });
  await until("it to hear", () => {
    other.publish("MOL.HEARTBEAT", "{}");
    return seen.heard.includes("HEARTBEAT");
  });
  await other.close();
  await connection.close();
  await server.stop();
});

test.run();
