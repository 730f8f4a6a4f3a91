/** The package `bida` as somebody installs it: packed, put into an empty folder, started. @takes 35 s */
import { execFile, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Receiver } from "../e2e/kit/receiver.ts";
import { until } from "../e2e/kit/until.ts";
import { NO_REGISTRY, npmInstall, packages } from "../servers/packages.ts";
import { freePort } from "../servers/ports.ts";
import { boundToUs, endWithUs } from "../servers/process.ts";
import { temporaryFolder } from "../servers/server.ts";
import { environment, ROOT } from "./command.ts";

const run = promisify(execFile);
const LIMIT = { timeout: 240_000, maxBuffer: 1 << 26 };

/** Null: no registry can be reached, and packages cannot be had. */
async function installed(): Promise<string | null> {
  const folder = temporaryFolder("package");
  await run(process.execPath, [join(ROOT, "scripts/build-package.ts")], { ...LIMIT, cwd: ROOT });
  const { stdout } = await run("npm", ["pack", "--silent", "--pack-destination", folder], {
    ...LIMIT,
    cwd: join(ROOT, "dist/package"),
  });
  writeFileSync(join(folder, "package.json"), "{}");
  return (await npmInstall(folder, join(folder, stdout.trim()))) ? folder : null;
}

test("it installs into an empty folder, holds no sources, and runs", async () => {
  const folder = await installed();
  if (folder === null) return console.log(NO_REGISTRY);
  const own = join(folder, "node_modules/bida");
  const manifest = JSON.parse(readFileSync(join(own, "package.json"), "utf8"));
  for (const field of ["name", "version", "description", "keywords", "license", "author", "engines", "bin"])
    assert.ok(manifest[field], field);
  assert.not.ok("devDependencies" in manifest || "scripts" in manifest, "nothing of development");
  const { stdout } = await run("find", [
    own,
    "-name",
    "*.ts",
    "-not",
    "-path",
    "*/node_modules/*/node_modules/*",
  ]);
  assert.is(stdout, "");

  const tools = await packages({ publint: "0.3.25" });
  if (tools !== null)
    await run(process.execPath, [join(tools, "node_modules/publint/src/cli.js"), "run", own, "--strict"]);

  const port = await freePort();
  const env = environment({ BIDA_PORT: String(port), BIDA_DATA_DIR: join(folder, "data") });
  // As the READMEs have it typed; --no: nothing from a registry. A group: a signal for npx alone does not reach what it started.
  const child = spawn(...boundToUs("npx", ["--no", "--", "bida", "start"]), {
    cwd: folder,
    env,
    stdio: "ignore",
    detached: true,
  });
  const ended = endWithUs(child, true);
  const url = `http://127.0.0.1:${port}`;
  const answers = async (path: string) => (await fetch(`${url}${path}`).catch(() => null))?.status === 200;
  await until("the node", () => answers("/readyz"), 60_000);
  assert.match(await (await fetch(url)).text(), /<!doctype html>/i, "the console is built");
  assert.ok(await answers("/docs"));
  // Not to Bida itself, which callbacks never reach.
  const receiver = await Receiver.start();
  const send = ["send", receiver.url(), "--wait", "--json"];
  const npx = (...args: string[]) =>
    run("npx", ["--no", "--", "bida", ...args], { timeout: 60_000, cwd: folder, env });
  assert.is(JSON.parse((await npx(...send)).stdout).task.state, "succeeded");
  assert.is((await npx("check", "--json")).stdout, '{"sound":true,"mistakes":[],"unknown":[]}\n');
  assert.match(
    (await npx("bench", "--help")).stdout,
    /^Usage: bida bench /,
    "although it is not in the package",
  );
  assert.match((await npx("import", "kkbida", "--help")).stdout, /--dry-run/);
  await receiver.stop();
  const [node] = JSON.parse((await npx("nodes", "--json")).stdout).items;
  process.kill(node.pid, "SIGTERM");
  assert.is(await ended, "exit 0");
});

test.run();
