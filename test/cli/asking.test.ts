/** Commands that ask a Bida which runs: into its process, and over HTTP. @takes 70 s */
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { startEmbedded } from "../e2e/kit/embedded.ts";
import { until } from "../e2e/kit/until.ts";
import { SECRET_KEY, type World } from "../e2e/kit/world.ts";
import { freePort } from "../servers/ports.ts";
import { bida, environment, started } from "./command.ts";

let world: World;
let local: NodeJS.ProcessEnv;
let remote: NodeJS.ProcessEnv;

test.before(async () => {
  world = await startEmbedded();
  const [node] = world.nodes;
  local = environment({
    BIDA_DATA_DIR: node?.env.BIDA_DATA_DIR as string,
    BIDA_SECRET_KEY: SECRET_KEY,
  });
  remote = environment({ BIDA_URL: node?.baseUrl as string, BIDA_USER: "admin:admin" });
});
test.after(() => world.stop());

const ways = () =>
  [
    ["socket", local],
    ["HTTP", remote],
  ] as const;

/** What it prints as JSON; it must succeed. */
async function json(env: NodeJS.ProcessEnv, ...args: string[]) {
  const { code, out, err } = await bida([...args, "--json"], env);
  assert.is(code, 0, `${args.join(" ")}: ${err}`);
  return JSON.parse(out);
}

test("send --wait, tasks list and get: the same by each way, digits of numbers included", async () => {
  for (const [way, env] of ways()) {
    const param = '{"id":7088992364139642881,"price":1.50}';
    const sent = await bida(
      ["send", world.receiver.url(), "--param", param, "--source", `cli-${way}`, "--wait"],
      env,
    );
    assert.is(sent.code, 0, sent.err);
    assert.match(sent.out, /^id +[0-9a-f-]{36}\nstate +succeeded\n/);
    const listed = await bida(["tasks", "list", "--source", `cli-${way}`, "--payload", "--json"], env);
    assert.match(listed.out, `"requestParam":${param}`);
    const [{ taskId }] = JSON.parse(listed.out).items;
    const got = await bida(["tasks", "get", taskId, "--json"], env);
    assert.match(got.out, `"requestParam":${param}`);
    const [attempt, ...others] = (await json(env, "tasks", "attempts", taskId)).items;
    assert.is(others.length, 0);
    assert.type(attempt.phases.firstByte, "number");
    const table = (await bida(["tasks", "attempts", taskId], env)).out;
    assert.match(table, /dns +connect +tls +first byte +body/);
    // An address instead of a name, no TLS, and the connection may be a kept one.
    assert.match(table, / - +(-|[\d.]+ ms) +- +[\d.]+ ms +[\d.]+ ms /);
    const again = await json(env, "tasks", "retry", taskId, "--force");
    assert.is(again.results[0].taskId, taskId);
    await world.receiver.waitForCalls(taskId, 2);
    const copy = await json(env, "tasks", "resend", taskId, "--task", '{"targetAppName":"elsewhere"}');
    assert.is(copy.resendOf, taskId);
  }
});

test("an idempotency key makes repeating safe; wrong fields are named, all of them", async () => {
  for (const [way, env] of ways()) {
    const args = ["send", world.receiver.url(), "--idempotency-key", `cli-key-${way}`];
    assert.equal(await json(env, ...args), await json(env, ...args));
    const wrong = await bida(["send", "gopher://x", "--limit", "101"], env);
    assert.is(wrong.code, 2);
    assert.match(wrong.err, /^bida: limitCallCount must .*; url must .*\n$/);
  }
});

test("what cannot be done: exit code 1, one line", async () => {
  const none = "01900000-0000-7000-8000-000000000000";
  for (const [, env] of ways()) {
    const { code, out, err } = await bida(["tasks", "get", none], env);
    assert.equal(
      [code, out, err],
      [1, "", `bida: there is no task ${none}; "tasks" lists those that there are\n`],
    );
  }
  const url = `http://127.0.0.1:${await freePort()}`;
  const nobody = await bida(["nodes", "--url", url, "--user", "a:b"]);
  assert.is(nobody.code, 1);
  assert.match(
    nobody.err,
    /^bida: http:\/\/127\.0\.0\.1:\d+ cannot be reached: ECONNREFUSED; .*--url right\?\n$/,
  );
  const stranger = await bida(["nodes"], { ...remote, BIDA_USER: "admin:wrong" });
  assert.is(stranger.code, 1);
  assert.match(stranger.err, /^bida: the credentials are missing or wrong; give --key .* or --user /);
});

test("apps, users, destinations, queue, nodes, audit, alarms: by each way", async () => {
  for (const [way, env] of ways()) {
    const app = await json(env, "apps", "create", `app-${way}`, "--rate", "50");
    assert.match(app.key, /\S{20}/);
    // An app's key does what an app may.
    if (way === "HTTP") {
      const own = environment({ BIDA_URL: remote.BIDA_URL as string, BIDA_API_KEY: app.key });
      assert.match((await json(own, "send", world.receiver.url())).taskId, /^[0-9a-f-]{36}$/);
      assert.is((await bida(["users"], own)).code, 1);
    }
    assert.is.not((await json(env, "apps", "rotate-key", `app-${way}`)).key, app.key);
    assert.is((await json(env, "apps", "set", `app-${way}`, "--rate", "none")).ratePerSecond, null);
    await json(env, "apps", "delete", `app-${way}`);

    const made = await json(env, "users", "create", `user-${way}`, "--role", "viewer");
    assert.match(made.password, /^\S{24}$/);
    assert.is((await json(env, "users", "set", `user-${way}`, "--role", "operator")).role, "operator");
    const given = await bida(
      ["users", "password", `user-${way}`, "--password-stdin"],
      env,
      "a longer one, by hand\n",
    );
    assert.equal([given.code, given.out], [0, `user-${way} has another password\n`]);
    await json(env, "users", "delete", `user-${way}`);

    const { origin } = world.receiver;
    assert.is((await json(env, "destinations", "set", origin, "--rate", "20")).ratePerSecond, 20);
    assert.is((await json(env, "destinations", "set", origin, "--rate", "none")).ratePerSecond, null);
    assert.is((await json(env, "destinations", "pause", origin)).paused, true);
    assert.is((await json(env, "destinations", "resume", origin)).paused, false);
    assert.type((await json(env, "queue")).open, "number");
    const [node] = (await json(env, "nodes")).items;
    assert.is((await json(env, "drain", node.nodeID, "--note", "by test")).draining, true);
    assert.is((await json(env, "undrain", node.nodeID)).draining, false);
    const { items } = await json(env, "audit", "--action", "node.drain", "--limit", "1");
    assert.is(items[0].note, "by test");
    assert.equal((await json(env, "alarms")).items, []);
    assert.ok(Array.isArray((await json(env, "jobs")).items));
  }
});

test("many by a filter: counted first, then changed; exported as JSON lines and CSV", async () => {
  const url = world.receiver.url(500);
  const ids = await Promise.all(
    [1, 2, 3].map(() => world.submit({ url, limitCallCount: 1, sourceAppName: "cli-many" })),
  );
  for (const id of ids) await world.ended(id);
  const filter = ["--source", "cli-many", "--state", "exhausted"];
  assert.is((await json(local, "tasks", "resolve", ...filter, "--dry-run")).matched, 3);
  for (const [, env] of ways()) {
    const { out } = await bida(["tasks", "export", ...filter], env);
    const exported = out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).taskId as string);
    assert.equal(exported.toSorted(), ids.toSorted());
  }
  const file = join(mkdtempSync(join(tmpdir(), "bida-cli-")), "tasks.csv");
  const written = await bida(["tasks", "export", ...filter, "--format", "csv", "--out", file], local);
  assert.is(written.out, `3 tasks are in ${file}\n`);
  assert.is(readFileSync(file, "utf8").trim().split("\r\n").length, 4);
  assert.is((await json(remote, "tasks", "resolve", ...filter, "--note", "by hand")).changed, 3);
});

test("an export has nobody's secrets in it, not even for the app that they are of, or for the REPL", async () => {
  const app = await json(local, "apps", "create", "cli-export");
  const secret = "Bearer s3cr3t";
  const task = { url: `${world.receiver.url()}?token=s3cr3t`, requestMethod: "POST", limitCallCount: 1 };
  const headers = { authorization: `Bearer ${app.key}` };
  const sent = { ...task, headers: { authorization: secret }, sourceAppName: "cli-export" };
  const reply = await world.api("POST", "/v1/tasks", sent, headers);
  assert.is(reply.status, 202, reply.text);
  await world.ended(reply.json.taskId);
  const own = environment({ BIDA_URL: remote.BIDA_URL as string, BIDA_API_KEY: app.key });
  assert.is((await json(own, "tasks", "get", reply.json.taskId)).task.headers.authorization, secret);
  for (const env of [own, ...ways().map(([, one]) => one)])
    for (const format of ["jsonl", "csv"]) {
      const { code, out } = await bida(
        ["tasks", "export", "--source", "cli-export", "--format", format],
        env,
      );
      assert.is(code, 0);
      assert.ok(out.includes(reply.json.taskId) && out.includes("token=******"), out);
      assert.not.match(out, /s3cr3t/);
      // To the byte, the mark at the beginning and the ends of lines included. `text()` would drop the former.
      const path = `/v1/tasks/export?sourceAppName=cli-export&format=${format}`;
      const answer = await fetch(`${remote.BIDA_URL}${path}`, { headers });
      assert.is(out, Buffer.from(await answer.arrayBuffer()).toString());
    }
});

test("tail: what happens arrives, by each way", async () => {
  for (const [way, env] of ways()) {
    const { said, ended } = started(["tail", "--json", "--source", `tail-${way}`, "--count", "1"], env);
    // It follows from some moment on: tasks are sent until one is told of.
    await until("a change", async () => {
      if (said.out.includes("\n")) return true;
      await world.submit({ url: world.receiver.url(), sourceAppName: `tail-${way}` });
      return false;
    });
    const { code, out, err } = await ended;
    assert.is(code, 0, err);
    assert.match(JSON.parse(out).type, /^task\./);
  }
});

test("listen: prints callbacks, verifies signatures, fails as often as it was told", async () => {
  const { signingSecret, key } = await json(local, "apps", "create", "listened");
  const { said, ended } = started([
    "listen",
    "--port",
    "0",
    "--secret",
    signingSecret,
    "--fail",
    "1",
    "--count",
    "2",
  ]);
  await until("it listens", () => said.out.includes("listening at"));
  const origin = /http:\/\/\S+/.exec(said.out)?.[0] as string;
  const own = environment({ BIDA_URL: remote.BIDA_URL as string, BIDA_API_KEY: key });
  const task = '{"retry":{"strategy":"fixed","delayMs":0}}';
  await json(own, "send", `${origin}/paid`, "--param", '{"order":4711}', "--task", task);
  const { code, out } = await ended;
  assert.is(code, 0);
  const [, first, body, second] = out.split("\n");
  assert.match(first ?? "", /^500 {2}POST \/paid {2}[0-9a-f-]{36} #1 signature right$/);
  assert.is(body, '     {"order":4711}');
  assert.match(second ?? "", /^200 {2}POST \/paid {2}[0-9a-f-]{36} #2 signature right$/);
});

test("repl: a script; migrate is refused while a process has the file", async () => {
  const file = await bida(["repl"], local, "nodes\nfrobnicate\n");
  assert.is(file.code, 1);
  assert.match(file.out, /^node +state/);
  const refused = await bida(["migrate"], local);
  assert.is(refused.code, 2);
  assert.match(refused.err, /another Bida process uses file:/);
  const folder = mkdtempSync(join(tmpdir(), "bida-cli-"));
  const fresh = environment({ BIDA_DATA_DIR: folder });
  assert.match((await bida(["migrate", "--dry-run"], fresh)).out, /would run 001_tasks, /);
  assert.match((await bida(["migrate"], fresh)).out, /: ran 001_tasks, /);
  assert.match((await bida(["migrate"], fresh)).out, /: up to date\n$/);
});

test("doctor: nothing is bad of a process that is well, here and over HTTP", async () => {
  for (const [way, env] of ways()) {
    const { code, out } = await bida(["doctor", "--json"], env);
    const { findings, bad } = JSON.parse(out);
    assert.equal([code, bad], [0, 0], way);
    assert.ok(
      findings.some(({ about, level }: Record<string, string>) => about === "nodes" && level === "ok"),
    );
    for (const { level, fix } of findings) assert.ok(level === "ok" || fix, "each has what to do");
  }
  const nobody = await bida(
    ["doctor"],
    environment({ BIDA_DATA_DIR: mkdtempSync(join(tmpdir(), "bida-cli-")) }),
  );
  assert.is(nobody.code, 1);
  assert.match(nobody.out, /bad +nodes +no Bida runs on .*\n +→ start one: bida start/);
});

test.run();
