import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { sign } from "../../core/signature.ts";
import { problem, startFakeApi, taskView } from "./fake-api.ts";

const CLIENT = resolve(import.meta.dirname, "../../client");
const ID = "0198f3a2-0000-7000-8000-000000000001";
const test = suite("client examples");
const running: ChildProcess[] = [];

test.after.each(() => {
  for (const child of running.splice(0)) child.kill();
});

function run(example: string, env: Record<string, string>) {
  const child = spawn(process.execPath, [join(CLIENT, "examples", example)], {
    env: { ...process.env, ...env },
  });
  running.push(child);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text) => {
      output += text;
    });
  }
  return { child, output: () => output };
}

test("the READMEs show the examples as they are", () => {
  for (const readme of ["README.md", "README.zh-CN.md"]) {
    const text = readFileSync(join(CLIENT, readme), "utf8");
    for (const example of ["http.ts", "broker.ts", "verify.ts"]) {
      const source = readFileSync(join(CLIENT, "examples", example), "utf8").replace(
        "../index.ts",
        "bida-client",
      );
      assert.ok(text.includes(`\`\`\`ts\n${source}\`\`\``), `${readme} shows another ${example}`);
    }
  }
});

test("http.ts hands a task over and waits for its end", async () => {
  const attempt = { n: 1, outcome: "succeeded", statusCode: 200, durationMs: 3 };
  const api = await startFakeApi(({ method, url }) => {
    if (method === "POST") return { status: 202, body: { taskId: ID } };
    if (url.endsWith("/attempts")) return { status: 200, body: { items: [attempt], nextCursor: null } };
    return { status: 200, body: taskView({ state: "succeeded", callCount: 1 }) };
  });
  const { child, output } = run("http.ts", { BIDA_URL: api.url });
  const [code] = await once(child, "close");
  assert.is(output(), `accepted ${ID}\nsucceeded after 1 call(s)\n#1 succeeded 200 3 ms\n`);
  assert.is(code, 0);

  api.handler = () => problem(401, "unauthorized", { detail: "Wrong password" });
  const refused = run("http.ts", { BIDA_URL: api.url });
  const [failure] = await once(refused.child, "close");
  await api.stop();
  assert.is(refused.output(), "unauthorized Wrong password []\n");
  assert.is(failure, 1);
});

test("verify.ts takes what is signed, once, and nothing else", async () => {
  const secret = `whsec_${Buffer.alloc(24, "a").toString("base64")}`;
  const { child, output } = run("verify.ts", { BIDA_SECRET: secret, PORT: "0" });
  while (!output().includes("listening")) await once(child.stdout, "data");
  const url = `http://127.0.0.1:${output().match(/listening on (\d+)/)?.[1]}/`;

  const now = Math.floor(Date.now() / 1000);
  const body = '{"city":"上海"}';
  const headers = {
    "webhook-id": ID,
    "webhook-timestamp": String(now),
    "webhook-signature": sign(ID, now, body, [secret]),
  };
  for (let i = 0; i < 2; i++) assert.is((await fetch(url, { method: "POST", body, headers })).status, 200);
  assert.is((await fetch(url, { method: "POST", body: `${body} `, headers })).status, 401);
  assert.is((await fetch(url, { method: "POST", body })).status, 401);
  assert.is(output().match(/callback/g)?.length, 1);
});

test.run();
