/** A cluster whose servers all speak TLS and want client certificates and passwords; and what each mode refuses. @takes 20 s */
import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { promisify } from "node:util";
import { createConnection } from "mysql2/promise";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { BidaError } from "../../core/errors.ts";
import { connect as connectRedis } from "../../due/redis-scripts.ts";
import { closeDatabase, openDatabase, pingDatabase } from "../../store/database.ts";
import { isNotAdmitted, translated } from "../../store/failures.ts";
import { makeCertificates } from "../servers/certificates.ts";
import * as mariadb from "../servers/mariadb.ts";
import * as nats from "../servers/nats.ts";
import { freePort } from "../servers/ports.ts";
import * as redis from "../servers/redis.ts";
import { type TestServer, temporaryFolder } from "../servers/server.ts";
import { BidaNode, inherited } from "./kit/node.ts";
import { Receiver } from "./kit/receiver.ts";
import { ADMIN, SECRET_KEY } from "./kit/world.ts";

const test = suite("TLS to the servers");

const { ca, server, other, client, foreignCa } = makeCertificates();
const CLIENT = `ssl-cert=${client.cert}&ssl-key=${client.key}`;
const started: TestServer[] = [];
let database: TestServer;
let redisPort: number;
let bus: TestServer;

const natsTls = ({ cert, key }: { cert: string; key: string }) => [
  ...["--tls", "--tlscert", cert, "--tlskey", key, "--tlscacert", ca, "--tlsverify"],
  ...["--user", "bida", "--pass", "p@ss"],
];

test.before(async () => {
  redisPort = await freePort();
  database = await mariadb.start([`--ssl-ca=${ca}`, `--ssl-cert=${server.cert}`, `--ssl-key=${server.key}`]);
  const root = await createConnection({ uri: database.url });
  await root.query("CREATE DATABASE bida CHARACTER SET utf8mb4");
  await root.query("CREATE USER 'tls'@'127.0.0.1' IDENTIFIED BY 'secret' REQUIRE X509");
  await root.query("CREATE USER 'plain'@'127.0.0.1' IDENTIFIED BY 'secret'");
  for (const user of ["tls", "plain"]) await root.query(`GRANT ALL ON bida.* TO '${user}'@'127.0.0.1'`);
  await root.end();
  const queue = await redis.start([
    ...["--tls-port", String(redisPort), "--tls-auth-clients", "yes", "--requirepass", "p@ss"],
    ...["--tls-cert-file", server.cert, "--tls-key-file", server.key, "--tls-ca-cert-file", ca],
  ]);
  bus = await nats.start(natsTls(server));
  started.push(database, queue, bus);
});
test.after(async () => {
  for (const one of started) await one.stop();
});

const mysqlUrl = (query: string, user = "plain", host = "localhost") =>
  `mysql://${user}:secret@${host}:${database.port}/bida?${query}`;

/** What comes of asking the database by a URL. */
async function asked(url: string): Promise<string> {
  const db = openDatabase({ databaseUrl: url, dataDir: "" });
  try {
    await pingDatabase(db, 5_000);
    const [[{ Value: cipher }]] = await db.knex.raw("SHOW SESSION STATUS LIKE 'Ssl_cipher'");
    return cipher === "" ? "plain" : "encrypted";
  } catch (error) {
    // A wrong setting at boot, and unavailable (503) where it happens later.
    assert.is((translated(error) as BidaError).code, "unavailable", String(error));
    assert.ok(isNotAdmitted(error), String(error));
    return (error as Error).message;
  } finally {
    await closeDatabase(db, 1_000);
  }
}

const DATABASE: [what: string, url: () => string, answer: string | RegExp][] = [
  ["nothing said: plain", () => mysqlUrl(""), "plain"],
  ["REQUIRED asks nobody who they are", () => mysqlUrl("ssl-mode=REQUIRED"), "encrypted"],
  [
    "VERIFY_CA takes any name",
    () => mysqlUrl(`ssl-mode=VERIFY_CA&ssl-ca=${ca}`, "plain", "127.0.0.1"),
    "encrypted",
  ],
  [
    "VERIFY_CA refuses another authority",
    () => mysqlUrl(`ssl-mode=VERIFY_CA&ssl-ca=${foreignCa}`),
    /certificate|issuer/,
  ],
  [
    "VERIFY_CA without a file asks the system's authorities",
    () => mysqlUrl("ssl-mode=VERIFY_CA"),
    /certificate|issuer/,
  ],
  ["VERIFY_IDENTITY", () => mysqlUrl(`ssl-mode=VERIFY_IDENTITY&ssl-ca=${ca}`), "encrypted"],
  ["a client certificate is asked for", () => mysqlUrl(`ssl-ca=${ca}`, "tls"), /Access denied/],
  ["a client certificate is shown", () => mysqlUrl(`ssl-ca=${ca}&${CLIENT}`, "tls"), "encrypted"],
];
for (const [what, url, answer] of DATABASE)
  test(`MySQL: ${what}`, async () => {
    const came = await asked(url());
    if (typeof answer === "string") assert.is(came, answer);
    else assert.match(came, answer);
  });

test("MySQL: VERIFY_IDENTITY refuses a certificate for another name; a server without TLS is refused", async () => {
  const [elsewhere, plain] = await Promise.all([
    mariadb.start([`--ssl-ca=${ca}`, `--ssl-cert=${other.cert}`, `--ssl-key=${other.key}`]),
    mariadb.start(["--skip-ssl"]),
  ]);
  const at = ({ port }: TestServer, query: string) => `mysql://root@localhost:${port}/mysql?${query}`;
  assert.match(await asked(at(elsewhere, `ssl-ca=${ca}`)), /altnames|does not match/i);
  assert.is(await asked(at(elsewhere, `ssl-ca=${ca}&ssl-mode=VERIFY_CA`)), "encrypted");
  assert.match(await asked(at(plain, "ssl-mode=REQUIRED")), /does not support secure/);
  await Promise.all([elsewhere.stop(), plain.stop()]);
});

const redisUrl = (query: string) => `rediss://:p%40ss@localhost:${redisPort}/0?${query}`;

const REDIS: [query: string, answer: string | RegExp][] = [
  [`ssl-ca=${ca}&${CLIENT}`, "PONG"],
  [`ssl-mode=REQUIRED&${CLIENT}`, "PONG"],
  [`ssl-ca=${ca}`, /certificate required|ECONNRESET|closed|alert/i],
  [`ssl-ca=${foreignCa}&${CLIENT}`, /certificate|issuer/],
];
for (const [query, answer] of REDIS)
  test(`Redis: ${query.replace(/\/\S+?\/([a-z]+\.)/g, "$1")}`, async () => {
    const client = connectRedis(redisUrl(query));
    const came = await new Promise<string>((resolve) => {
      client.on("ready", () => client.ping().then(resolve));
      client.on("error", ({ message }) => resolve(message));
      client.on("close", () => resolve("closed"));
    });
    client.disconnect();
    if (typeof answer === "string") assert.is(came, answer);
    else assert.match(came, answer);
  });

const natsUrl = () => `tls://bida:p%40ss@localhost:${bus.port}?ssl-ca=${ca}&${CLIENT}`;

/** The health check's exit code and words, as a program of its own. */
function healthcheck(env: Record<string, string>): Promise<[code: number, said: string]> {
  const options = { env: { ...inherited(), ...env }, cwd: `${import.meta.dirname}/../..` };
  return promisify(execFile)(process.execPath, ["scripts/healthcheck.mjs"], options).then(
    () => [0, ""],
    ({ code, stderr }) => [code, stderr],
  );
}

test("a whole node over TLS everywhere delivers; the health check gets in as the node does", async () => {
  const dataDir = temporaryFolder("e2e");
  mkdirSync(dataDir, { recursive: true });
  const receiver = await Receiver.start();
  const node = new BidaNode({
    BIDA_DATABASE_URL: mysqlUrl(`ssl-ca=${ca}&${CLIENT}`, "tls"),
    BIDA_REDIS_URL: redisUrl(`ssl-ca=${ca}&${CLIENT}`),
    BIDA_NATS_URL: natsUrl(),
    BIDA_SECRET_KEY: SECRET_KEY,
    BIDA_EGRESS_ALLOW: "127.0.0.0/8",
    BIDA_PORT: String(await freePort()),
    BIDA_DATA_DIR: dataDir,
  });
  try {
    await node.ready(60_000);
    const answer = await fetch(`${node.baseUrl}/v1/tasks`, {
      method: "POST",
      headers: { ...ADMIN, "content-type": "application/json" },
      body: JSON.stringify({ url: receiver.url(), requestMethod: "POST", limitCallCount: 1 }),
    });
    const { taskId } = (await answer.json()) as { taskId: string };
    await receiver.waitForCalls(taskId, 1);
    const SERVICES = "scheduler,dispatcher";
    assert.equal(await healthcheck({ SERVICES, BIDA_NATS_URL: natsUrl() }), [0, ""]);
    const [code, said] = await healthcheck({
      SERVICES,
      BIDA_NATS_URL: natsUrl().replace("p%40ss", "wrong"),
    });
    assert.is(code, 1);
    assert.match(said, /unhealthy: .*auth/i);
    assert.not.match(said, /wrong/);
    // A secret may stand in a file.
    writeFileSync(`${dataDir}/nats`, `${natsUrl()}\n`);
    const [, notHere] = await healthcheck({ SERVICES: "nothing", BIDA_NATS_URL_FILE: `${dataDir}/nats` });
    assert.match(notHere, new RegExp(`no node of ${hostname()} with nothing answers on NATS`));
  } finally {
    await node.stop();
    await receiver.stop();
  }
});

test("NATS with a certificate for another name is not joined", async () => {
  const elsewhere = await nats.start(natsTls(other));
  const url = `tls://bida:p%40ss@localhost:${elsewhere.port}?ssl-ca=${ca}&${CLIENT}`;
  const [, said] = await healthcheck({ SERVICES: "scheduler", BIDA_NATS_URL: url });
  assert.match(said, /altnames|does not match/i);
  const [ok, why] = await healthcheck({ SERVICES: "scheduler", BIDA_NATS_URL: `${url}&ssl-mode=VERIFY_CA` });
  // It gets in, and finds no node.
  assert.equal([ok, /no node of/.test(why)], [1, true]);
  await elsewhere.stop();
});

test.run();
