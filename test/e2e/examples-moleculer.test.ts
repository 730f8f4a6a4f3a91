/** The examples for Moleculer, each in a folder of its own with its release of Moleculer, beside a cluster. @takes 30 s */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { boundToUs, endWithUs } from "../servers/process.ts";
import { temporaryFolder } from "../servers/server.ts";
import { type Cluster, startCluster } from "./kit/cluster.ts";
import { until } from "./kit/until.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const MODULES = join(ROOT, "node_modules");
const test = suite("examples for Moleculer");
let world: Cluster;
let client: string;
const running: { child: ChildProcess; ended: Promise<string> }[] = [];

test.before(async () => {
  // The package as it is installed: its manifest, and what its build makes.
  client = temporaryFolder("client");
  cpSync(join(ROOT, "client/package.json"), join(client, "package.json"));
  const args = ["-p", join(ROOT, "client/tsconfig.build.json"), "--outDir", join(client, "dist")];
  const { status, stdout } = spawnSync(join(MODULES, ".bin/tsc"), args, { encoding: "utf8" });
  assert.is(status, 0, stdout);
  world = await startCluster();
});
test.after.each(async () => {
  for (const { child, ended } of running.splice(0)) {
    child.kill();
    await ended;
  }
});
test.after(() => world.stop());

/** Starts an example as its README says, with these packages in the place of those that npm would install. */
function run(example: string, packages: Record<string, string>): () => string {
  const folder = temporaryFolder("example");
  cpSync(join(ROOT, "examples", example), folder, { recursive: true });
  mkdirSync(join(folder, "node_modules"));
  for (const [name, target] of Object.entries(packages))
    symlinkSync(target, join(folder, "node_modules", name));
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  assert.equal(Object.keys(manifest.dependencies).toSorted(), Object.keys(packages).toSorted());
  const [program = "", ...args] = String(manifest.scripts.start).split(" ");
  assert.is(program, "node");
  const env = {
    ...process.env,
    BIDA_NATS_URL: world.bus.url,
    TARGET: world.receiver.url(),
    ORDER: `${example}-4711`,
  };
  const [command, all] = boundToUs(process.execPath, args);
  const child = spawn(command, all, { cwd: folder, env });
  running.push({ child, ended: endWithUs(child) });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  return () => output;
}

async function prints(example: string, packages: Record<string, string>, lines: RegExp[]): Promise<void> {
  const output = run(example, packages);
  await until("its lines", () => lines.every((line) => line.test(output())), 60_000).catch((error: Error) => {
    throw new Error(`${error.message}\n${output()}`);
  });
  const [, taskId = ""] = /^accepted (\S+)$/m.exec(output()) ?? [];
  assert.match(output(), new RegExp(`^delivered ${taskId}$`, "m"));
  const [call] = await world.receiver.waitForCalls(taskId, 1);
  assert.equal(JSON.parse(String(call?.body)), { orderId: `${example}-4711` });
}

const REFUSED = /^invalid_task limitCallCount,requestMethod,url$/m;
const nats = join(MODULES, "nats");

test("0.14, with nothing of Bida's", () =>
  prints("moleculer-0.14", { moleculer: join(MODULES, "moleculer-0.14"), nats }, [
    /^accepted/m,
    /^delivered/m,
    REFUSED,
  ]));

test("0.15, with the mixin", () =>
  prints("moleculer-0.15-mixin", { moleculer: join(MODULES, "moleculer"), nats, "bida-client": client }, [
    /^accepted/m,
    /^delivered/m,
    /^succeeded after 1 call\(s\)$/m,
    REFUSED,
  ]));

test.run();
