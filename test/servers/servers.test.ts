import { existsSync } from "node:fs";
import { connect } from "node:net";
import { Redis } from "ioredis";
import { createConnection } from "mysql2/promise";
import { connect as connectNats } from "nats";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { findBinary } from "./binaries.ts";
import { mysqlDatabase, natsUrl, redisUrl } from "./env.ts";
import * as mariadb from "./mariadb.ts";
import * as nats from "./nats.ts";
import { freePort } from "./ports.ts";
import { launch } from "./process.ts";
import * as redis from "./redis.ts";
import { temporaryFolder } from "./server.ts";

function accepts(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(port, "127.0.0.1", () => resolve(true)).on("error", () => resolve(false));
  return promise.finally(() => socket.destroy());
}

async function rows(url: string, statement: string): Promise<Record<string, unknown>[]> {
  const connection = await createConnection({ uri: url });
  try {
    return (await connection.query(statement))[0] as Record<string, unknown>[];
  } finally {
    await connection.end();
  }
}

test("MariaDB: durable, utf8mb4, keeps what was committed through a crash, and is gone after stop", async () => {
  const server = await mariadb.start();
  const url = await mariadb.createDatabase(server);
  assert.match(url, /^mysql:\/\/root@127\.0\.0\.1:\d+\/bida_[0-9a-f]{12}$/);
  const [settings] = await rows(
    url,
    "SELECT @@innodb_flush_log_at_trx_commit AS flush, @@character_set_database AS charset",
  );
  assert.is(Number(settings?.flush), 1);
  assert.is(settings?.charset, "utf8mb4");
  await rows(url, "CREATE TABLE kept (word VARCHAR(20))");
  await rows(url, "INSERT INTO kept VALUES ('必达')");

  const firstPid = server.pid;
  await server.restart("SIGKILL");
  assert.is.not(server.pid, firstPid);
  assert.equal({ ...(await rows(url, "SELECT word FROM kept"))[0] }, { word: "必达" });

  await server.stop();
  assert.is(await accepts(server.port), false);
});

test("mysqlDatabase: another database at every call", async () => {
  const [one, two] = await Promise.all([mysqlDatabase(), mysqlDatabase()]);
  assert.is.not(one, two);
  await rows(one, "CREATE TABLE only_here (n INT)");
  assert.is((await rows(two, "SHOW TABLES")).length, 0);
});

test("Redis: answers, comes back empty, and is gone after stop", async () => {
  const server = await redis.start();
  const client = new Redis(server.url, { maxRetriesPerRequest: null });
  client.on("error", () => {}); // refused connections while it is down are what this test is about
  await client.set("a", "1");
  await server.down();
  assert.is(await accepts(server.port), false);
  await server.up();
  assert.is(await client.get("a"), null);
  client.disconnect();
  await server.stop();
  assert.is(await accepts(server.port), false);
});

test("redisUrl: another server at every call", async () => {
  const clients = (await Promise.all([redisUrl(), redisUrl()])).map((url) => new Redis(url));
  await clients[0]!.set("a", "1");
  assert.is(await clients[1]!.get("a"), null);
  for (const client of clients) client.disconnect();
});

test("NATS: delivers, also when started without a promise, and is gone after stop", async () => {
  const server = await nats.start();
  for (const url of [server.url, natsUrl(), nats.startBlocking()]) {
    const connection = await connectNats({ servers: url });
    const received = connection.subscribe("greeting", { max: 1 });
    connection.publish("greeting", "hello");
    for await (const message of received) assert.is(message.string(), "hello");
    await connection.close();
  }
  await server.stop();
  assert.is(await accepts(server.port), false);
});

test("a frozen server can be stopped", async () => {
  const server = await redis.start();
  process.kill(server.pid, "SIGSTOP");
  await server.stop();
  assert.is(await accepts(server.port), false);
});

test("a program that ends or hangs before it is ready is an error that shows its output", async () => {
  const ends = launch("sh", ["-c", "echo broken configuration; exit 3"]);
  await rejects(ends.printed(/ready/), /ended before it was ready \(exit 3\)[\s\S]*broken configuration/);
  const hangs = launch("sh", ["-c", "echo thinking; exec sleep 60"]);
  await hangs.printed(/thinking/);
  await rejects(hangs.printed(/ready/, 50), /not ready after 50 ms[\s\S]*thinking/);
  await hangs.stop();
});

test("a program that ignores SIGTERM is killed after the deadline", async () => {
  const script = `process.on("SIGTERM", () => {}); setInterval(() => {}, 1000); console.log("up")`;
  const stubborn = launch(process.execPath, ["-e", script]);
  await stubborn.printed(/up/);
  await stubborn.stop("SIGTERM", 50);
  assert.is(await stubborn.ended, "SIGKILL");
});

test("servers die with the process that started them, even when that is killed", async () => {
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    if (signal === "SIGKILL" && !findBinary("setpriv")) continue;
    const script = `
      process.env.TMPDIR = ${JSON.stringify(temporaryFolder("orphan"))};
      const { start } = await import(${JSON.stringify(new URL("./redis.ts", import.meta.url).href)});
      const { port, pid } = await start();
      console.log("port " + port + " pid " + pid + ".");
      setInterval(() => {}, 1000);`;
    const parent = launch(process.execPath, ["--input-type=module", "-e", script]);
    await parent.printed(/port \d+ pid \d+\./);
    const [, port, pid] = /port (\d+) pid (\d+)\./.exec(parent.output())!.map(Number) as [
      number,
      number,
      number,
    ];
    assert.is(await accepts(port), true);
    await parent.stop(signal);
    // The kernel takes a moment to end it, and says so to nobody here.
    const deadline = Date.now() + 5000;
    while (existsSync(`/proc/${pid}`) && (await accepts(port)) && Date.now() < deadline);
    assert.is(await accepts(port), false, `after ${signal}`);
  }
});

test("freePort: free, and never twice", async () => {
  const ports = await Promise.all(Array.from({ length: 50 }, () => freePort()));
  assert.is(new Set(ports).size, 50);
  assert.is(await accepts(ports[0]!), false);
});

async function rejects(promise: Promise<unknown>, pattern: RegExp): Promise<void> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.instance(error, Error);
  assert.match((error as Error).message, pattern);
}

test.run();
