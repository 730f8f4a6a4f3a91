/**
 * Every code block of the documentation is taken from its file and tried beside one running Bida: shell blocks run in bash, programs are
 * type-checked and run on Node 20 and 24, JSON that is sent or answered keeps to its schema, YAML can be read, Java is what other tests
 * compile. A block that cannot run says why in an HTML comment, `<!-- not run: … -->`. @takes 60 s
 */
import { globSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { epochMs } from "../../core/clock.ts";
import { checkTask, readTask } from "../../core/parse-task.ts";
import { problemSchema } from "../../core/schema/problem.ts";
import { packedClient } from "../client/packed.ts";
import { type Cluster, startCluster } from "../e2e/kit/cluster.ts";
import { Receiver } from "../e2e/kit/receiver.ts";
import { until } from "../e2e/kit/until.ts";
import { nodeOf } from "../servers/packages.ts";
import { freePort } from "../servers/ports.ts";
import { type Block, markdownFiles, page, ROOT, withoutComments } from "./kit/markdown.ts";
import { Programs, type Running } from "./kit/programs.ts";
import { type Places, placed, runShell } from "./kit/shell.ts";

const test = suite("code blocks of the documentation");

/** Blocks that may stay untried; each has its reason beside it. One more is a decision. */
const MOST_NOT_RUN = 8;
const SITE = join(ROOT, "site/node_modules");
/** Null where it cannot be had. */
const NODE_20 = await nodeOf("20.20.2");

interface Found extends Block {
  page: string;
  name: string;
}

// The reference of the commands is made from their help, and test/cli/golden.test.ts runs its examples; a changelog shows no code.
const pages = markdownFiles().filter((path) => !/^(docs\/reference\/cli|CHANGELOG)\.md$/.test(path));
const all: Found[] = pages.flatMap((path) =>
  page(path).blocks.map((block, at) => ({
    ...block,
    page: path,
    name: `${path.replace(/\W+/g, "-").replace(/-md$/, "")}-${at + 1}`,
  })),
);
/** The same block in both languages is tried once. */
const seen = new Set<string>();
const blocks = all.filter(({ language, text, notRun }) => {
  const key = `${language}\n${withoutComments(text)}`;
  if (notRun !== null || seen.has(key)) return false;
  seen.add(key);
  return true;
});
const of = (...languages: string[]) => blocks.filter(({ language }) => languages.includes(language));
const where = ({ page: path, line }: Found) => `${path}:${line}`;

let world: Cluster;
let target: Receiver;
let places: Places;
/** What programs get: an app's credentials. Shell blocks have a user's. */
let app: Record<string, string>;
let programs: Programs;

async function setUp(): Promise<void> {
  target = await Receiver.start({ otherwise: { status: 200, body: "ok" } });
  world = await startCluster({ plan: [{ services: "api,admin,notifier,scheduler,dispatcher" }] });
  const secret = `whsec_${Buffer.alloc(24, 3).toString("base64")}`;
  const { key } = await world.app("readers", [secret]);
  const url = new URL(world.baseUrl);
  places = {
    bida: url.host,
    target: new URL(target.url()).host,
    env: { BIDA_URL: world.baseUrl, TARGET: `http://${new URL(target.url()).host}/paid` },
  };
  app = { BIDA_API_KEY: key, BIDA_SECRET: secret };
  programs = new Programs(
    of("ts", "js").map((block) => ({ ...block, text: placed(block.text, places) })),
    (await packedClient()).folder,
  );
}

test.before(() =>
  setUp().catch((error) => {
    console.error(error); // uvu says nothing of what a hook throws
    throw error;
  }),
);
test.after(async () => {
  await world?.stop();
  await target?.stop();
});

test("every block has a language that is tried, and few say why they are not", () => {
  const known = ["sh", "ts", "js", "json", "yaml", "java", "mermaid", "text"];
  assert.equal(
    all
      .filter(({ language }) => !known.includes(language))
      .map((block) => `${where(block)} \`\`\`${block.language}`),
    [],
  );
  const left = new Map(
    all
      .filter(({ notRun }) => notRun !== null)
      .map((block) => [block.text, `${where(block)}: ${block.notRun}`]),
  );
  for (const line of left.values()) console.log(`not run: ${line}`);
  assert.ok(left.size <= MOST_NOT_RUN, `${left.size} blocks are not run`);
  assert.ok(of("sh").length > 20 && of("ts", "js").length > 8, "they are found");
});

/** Keys of a value, and of what is in it: the shape of an answer. */
function shape(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shape);
  if (value === null || typeof value !== "object") return typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shape(inner)]));
}

for (const block of of("sh"))
  test(`${where(block)} runs`, async () => {
    // An example's commands are typed in its folder.
    const [, folder = "."] = /^(examples\/[^/]+)\//.exec(block.page) ?? [];
    const env = { ...places.env, BIDA_USER: "admin:admin", BLOCK_FOLDER: folder };
    const out = await runShell(block.text, { ...places, env });
    // JSON that follows on its page is what was answered.
    const [next] = page(block.page).blocks.filter(({ line }) => line > block.line);
    if (next?.language !== "json" || next.line - block.line > 12 || !block.text.includes("curl ")) return;
    const last = out.trim().split("\n").at(-1) ?? "";
    assert.equal(shape(JSON.parse(last)), shape(JSON.parse(next.text)), `line ${next.line}`);
  });

test("the callbacks that the shell blocks handed over arrived", async () => {
  const { items } = await world.client.list({ limit: 200 });
  const ours = items.filter(({ url }) => url.includes(places.target));
  assert.ok(ours.length >= 5, `${ours.length} tasks`);
  for (const { taskId, url } of ours) assert.is((await world.ended(taskId)).state, "succeeded", url);
});

for (const block of of("json"))
  test(`${where(block)} is JSON that keeps to its schema`, () => {
    const value = JSON.parse(block.text);
    if (
      value.requestMethod !== undefined &&
      value.limitCallCount !== undefined &&
      value.createdAt === undefined
    )
      checkTask(readTask(block.text), epochMs(Date.now()));
    if (value.type !== undefined && value.detail !== undefined) problemSchema.parse(value);
  });

test("YAML can be read", () => {
  const { parse } = createRequire(join(SITE, "x.js"))("yaml");
  assert.ok(of("yaml").length > 0);
  for (const block of of("yaml")) assert.type(parse(block.text), "object", where(block));
});

test("Java is what test/e2e compiles and runs", () => {
  const files = globSync(["docs/java/*.java", "test/e2e/java/src/*.java"], { cwd: ROOT });
  const sources = files.map((file) => readFileSync(join(ROOT, file), "utf8").trim());
  assert.ok(of("java").length > 0);
  for (const block of of("java")) assert.ok(sources.includes(block.text.trim()), where(block));
});

test("diagrams are those beside the code", () => {
  const [states] = page("core/task-states.md").blocks;
  for (const block of of("mermaid")) assert.is(block.text, states?.text, where(block));
});

const isServer = ({ text }: Block) => /\.listen\(/.test(text);
/** Moleculer 0.15 needs Node 22. */
const runsOn20 = ({ text }: Block) => !/moleculer|broker\./.test(text);

/** Runs a block's program, or starts it and sees that it listens. */
async function tryOut(block: Found, node: string | undefined): Promise<void> {
  const env = { ...places.env, ...app, PORT: String(await freePort()), BIDA_NATS_URL: world.bus.url };
  const running = programs.start(block.name, env, node);
  if (!isServer(block)) return assert.is(await running.ended, "exit 0", `${where(block)}\n${running.output}`);
  await listening(running, block);
  await running.stop();
}

async function listening(running: Running, block: Found): Promise<void> {
  let ended = "";
  void running.ended.then((how) => {
    ended = how;
  });
  await until(`${where(block)} to listen`, () => ended || running.output.includes("listening on"));
  assert.is(ended, "", running.output);
}

const nodes: [name: string, file: string | undefined][] = [
  [`Node ${process.versions.node}`, process.execPath],
  ["Node 20", NODE_20 ? join(NODE_20, "node") : undefined],
];
for (const [name, file] of nodes) {
  const check = file ? test : test.skip;
  for (const block of of("ts", "js").filter(({ page: path }) => !path.includes("guides/")))
    if (name !== "Node 20" || runsOn20(block))
      check(`${where(block)} runs on ${name}`, () => tryOut(block, file));

  /** The first program of a guide hands callbacks over, the second one receives them. */
  for (const guide of ["express", "fastify", "nestjs"])
    check(`the guide for ${guide}: a callback goes from one program to the other on ${name}`, async () => {
      const [sender, receiver] = of("ts").filter(({ page: path }) => path.endsWith(`guides/${guide}.md`)) as [
        Found,
        Found,
      ];
      const [from, to] = [await freePort(), await freePort()];
      const env = { ...places.env, ...app, TARGET: `http://127.0.0.1:${to}/paid` };
      const started = [
        programs.start(receiver.name, { ...env, PORT: String(to) }, file),
        programs.start(sender.name, { ...env, PORT: String(from) }, file),
      ] as const;
      try {
        await listening(started[0], receiver);
        await listening(started[1], sender);
        const order = `${guide}-${name}`.replace(/\W/g, "");
        const answer = await fetch(`http://127.0.0.1:${from}/orders/${order}/pay`, { method: "POST" });
        assert.is(answer.status, 202, started[1].output);
        const { taskId } = (await answer.json()) as { taskId: string };
        assert.is((await world.ended(taskId)).state, "succeeded", started[0].output);
        await until("the receiver's line", () => started[0].output.includes(`paid ${order}`));
        const headers = { "content-type": "application/json" };
        const unsigned = await fetch(env.TARGET, { method: "POST", headers, body: '{"order":"x"}' });
        assert.is(unsigned.status, 401, "a callback that Bida has not signed");
      } finally {
        await Promise.all(started.map((running) => running.stop()));
      }
    });
}

test.run();
