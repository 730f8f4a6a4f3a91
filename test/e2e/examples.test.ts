/**
 * The examples, each in a folder of its own with the packages of its manifest, beside a cluster; each under the project's Node, and
 * under Node 20 where its packages run there. @takes 35 s
 */
import { spawn } from "node:child_process";
import { cpSync, globSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { packedClient } from "../client/packed.ts";
import { NO_REGISTRY, nodeOf, packages } from "../servers/packages.ts";
import { boundToUs, endWithUs } from "../servers/process.ts";
import { temporaryFolder } from "../servers/server.ts";
import { type Cluster, startCluster } from "./kit/cluster.ts";
import { inherited } from "./kit/node.ts";
import { until } from "./kit/until.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const MODULES = join(ROOT, "node_modules");
const test = suite("examples");
let world: Cluster;
let client: string;
let old: string | null;

interface Running {
  output(): string;
  /** Resolves with what the pattern found in what it printed. */
  printed(pattern: RegExp): Promise<RegExpMatchArray>;
  ended: Promise<string>;
  stop(): Promise<void>;
}
const running: Running[] = [];

test.before(async () => {
  [{ folder: client }, old, world] = await Promise.all([packedClient(), nodeOf("20.11.0"), startCluster()]);
});
test.after.each(async () => {
  for (const one of running.splice(0)) await one.stop();
});
test.after(() => world.stop());

/**
 * Starts an example as its README says.
 * @param found where its packages are that the project does not have itself
 */
function run(example: string, node: string, found: Record<string, string>, env: NodeJS.ProcessEnv): Running {
  const folder = temporaryFolder("example");
  cpSync(join(ROOT, "examples", example), folder, { recursive: true });
  mkdirSync(join(folder, "node_modules"));
  const manifest = manifestOf(example);
  for (const name of Object.keys(manifest.dependencies))
    symlinkSync(found[name] ?? join(MODULES, name), join(folder, "node_modules", name));
  const [program, ...args] = String(manifest.scripts.start).split(" ");
  assert.is(program, "node");
  const [command, all] = boundToUs(node, args);
  const child = spawn(command, all, { cwd: folder, env: { ...inherited(), ...env } });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  const ended = endWithUs(child);
  const one: Running = {
    output: () => output,
    printed: (pattern) =>
      until(String(pattern), () => pattern.exec(output), 60_000).catch((error: Error) => {
        throw new Error(`${error.message}\n${output}`);
      }),
    ended,
    async stop() {
      child.kill();
      await ended;
    },
  };
  running.push(one);
  return one;
}

const manifestOf = (example: string) =>
  JSON.parse(readFileSync(join(ROOT, "examples", example, "package.json"), "utf8"));

/** A test of an example under each Node that it says it runs under. */
function example(name: string, found: () => Promise<Record<string, string> | null>, body: Body): void {
  const { engines } = manifestOf(name);
  test(name, async () => {
    const there = await found();
    if (there === null) return console.log(`${name}: ${NO_REGISTRY}`);
    await body((env) => run(name, process.execPath, there, env), "24");
    if (engines.node !== ">=20") return assert.is(engines.node, ">=22");
    if (old === null) return console.log(`${name} under Node 20: ${NO_REGISTRY}`);
    await body((env) => run(name, join(old as string, "node"), there, env), "20");
  });
}

type Body = (start: (env: NodeJS.ProcessEnv) => Running, node: string) => Promise<void>;

const REFUSED = /^invalid_task limitCallCount,requestMethod,url$/m;

/** Over NATS: what it printed, and that its target was called. */
const overNats =
  (shop: string, more: RegExp[]): Body =>
  async (start, node) => {
    const order = `${shop}-${node}`;
    const one = start({ BIDA_NATS_URL: world.bus.url, TARGET: world.receiver.url(), ORDER: order });
    const [, taskId = ""] = await one.printed(/^accepted (\S+)$/m);
    for (const line of [new RegExp(`^delivered ${taskId}$`, "m"), REFUSED, ...more]) await one.printed(line);
    const [call] = await world.receiver.waitForCalls(taskId, 1);
    assert.equal(JSON.parse(String(call?.body)), { orderId: order });
    await one.stop();
  };

const own = async () => ({ moleculer: join(MODULES, "moleculer"), "bida-client": client });

example(
  "moleculer-0.14",
  async () => ({ moleculer: join(MODULES, "moleculer-0.14") }),
  overNats("fourteen", []),
);

example("moleculer-0.15-mixin", own, overNats("mixin", [/^succeeded after 1 call\(s\)$/m]));

example("fetch-commonjs", own, async (start, node) => {
  const env = { BIDA_URL: world.baseUrl, TARGET: world.receiver.url(), ORDER: node };
  const first = start(env);
  assert.is(await first.ended, "exit 0", first.output());
  const lines = first.output().split("\n");
  const [, taskId = ""] = /^accepted (\S+)$/.exec(lines[0] ?? "") ?? [];
  assert.equal(lines.slice(1, 3), ["succeeded after 1 call(s)", "#1 succeeded 200"]);
  assert.match(lines[3] ?? "", /^invalid_task; .*requestMethod .*/);
  const [call] = await world.receiver.waitForCalls(taskId, 1);
  assert.equal(JSON.parse(String(call?.body)), { invoice: node });
  const again = start(env);
  await again.ended;
  assert.ok(again.output().startsWith(`accepted ${taskId}\n`), "its key is the invoice's");
});

/** Express and Fastify are not among the project's own packages. */
const frameworks = async () => {
  const { express } = manifestOf("express-shop").dependencies;
  const { fastify } = manifestOf("fastify-receiver").dependencies;
  const folder = await packages({ express, fastify });
  if (folder === null) return null;
  const at = (name: string) => join(folder, "node_modules", name);
  return { express: at("express"), fastify: at("fastify"), "bida-client": client };
};

example("express-shop", frameworks, async (start, node) => {
  const url = world.receiver.url();
  const one = start({ BIDA_URL: world.baseUrl, TARGET: url, PORT: "0" });
  const [, shop = ""] = await one.printed(/^listening at (\S+)$/m);
  const order = `${shop}/orders/express-${node}`;
  const asked = async (method: string, path = "", body?: object) => {
    const headers = { "content-type": "application/json" };
    const response = await fetch(order + path, {
      method,
      headers,
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: response.status, json: (await response.json()) as Record<string, unknown> };
  };
  assert.is((await asked("POST", "/pay")).status, 404);
  assert.is((await asked("PUT", "", { items: ["tea"] })).status, 201);
  const paid = await asked("POST", "/pay");
  assert.is(paid.status, 202);
  const taskId = paid.json.taskId as string;
  const [call] = await world.receiver.waitForCalls(taskId, 1);
  assert.equal(JSON.parse(String(call?.body)), { orderId: `express-${node}`, items: ["tea"] });
  assert.is((await asked("POST", "/pay")).json.taskId, taskId, "paid twice, told once");
  await world.ended(taskId);
  assert.equal((await asked("GET")).json.told, { state: "succeeded", calls: 1, error: null });
  await one.stop();

  const nowhere = start({ BIDA_URL: "http://127.0.0.1:1", PORT: "0" });
  const [, lonely = ""] = await nowhere.printed(/^listening at (\S+)$/m);
  await fetch(`${lonely}/orders/1`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: "{}",
  });
  const refused = await fetch(`${lonely}/orders/1/pay`, { method: "POST" });
  assert.is(refused.status, 503, "without Bida nothing is paid");
  await nowhere.stop();
});

example("fastify-receiver", frameworks, async (start, node) => {
  const app = await world.api("POST", "/v1/apps", { name: `fastify-${node}` });
  const { key, signingSecret } = app.json as { key: string; signingSecret: string };
  const one = start({ BIDA_SECRET: signingSecret, DATABASE: ":memory:", PORT: "0" });
  const [, stock = ""] = await one.printed(/^listening at (\S+)$/m);
  const send = async (items: unknown[]) => {
    const task = {
      url: `${stock}/orders/81/paid`,
      requestMethod: "POST",
      requestParam: { items },
      ...{ limitCallCount: 2, retry: { strategy: "fixed", delayMs: 0 } },
    };
    const sent = await world.api("POST", "/v1/tasks", task, { authorization: `Bearer ${key}` });
    return (sent.json as { taskId: string }).taskId;
  };
  const taskId = await send(["tea", "cup"]);
  assert.is((await world.ended(taskId)).state, "succeeded");
  // Called again, as when the answer to the first call was lost.
  assert.is((await world.api("POST", `/v1/tasks/${taskId}/retry`, { force: true })).status, 200);
  await one.printed(new RegExp(`^known ${taskId}$`, "m"));
  // The work fails behind its first item: nothing of it is left, and the next call is no repetition.
  const broken = await send(["tea", 7]);
  assert.is((await world.ended(broken)).state, "exhausted");
  assert.not.match(one.output(), broken);
  const forged = await fetch(`${stock}/orders/81/paid`, { method: "POST", body: '{"items":["tea"]}' });
  assert.is(forged.status, 401);
  assert.equal(await (await fetch(`${stock}/stock`)).json(), [
    { item: "cup", reserved: 1 },
    { item: "tea", reserved: 1 },
  ]);
  await one.stop();
});

test("no two examples have an idempotency key in common", () => {
  // Pages in Chinese, and the client's, show the same examples again.
  const where = ["README.md", "docs/**/*.md", "client/examples/*.ts", "examples/*/*.{js,cjs}"];
  const files = globSync(where, { cwd: ROOT, exclude: ["docs/zh-CN/**"] });
  const found = files.flatMap((file) => {
    const text = readFileSync(join(ROOT, file), "utf8");
    const keys = Array.from(
      text.matchAll(/idempotency-?key['"]?: *['"`]?([\w${}.-]{4,})/gi),
      ([, key = ""]) => key,
    );
    // A page may repeat a request, to show what comes of it.
    return [...new Set(keys.map((key) => key.replace(/\$\{\w+\}/g, "*")))];
  });
  assert.ok(found.length >= 9, JSON.stringify(found));
  assert.equal([...new Set(found)].toSorted(), found.toSorted());
});

test.run();
