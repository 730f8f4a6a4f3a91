/** What `npm start` does first: interrupted anywhere, twice at once, under an old Node. With an npm that does as the test says. @takes 30 s */
import { type ChildProcess, spawn } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { until } from "../e2e/kit/until.ts";
import { NO_REGISTRY, nodeOf } from "../servers/packages.ts";
import { endWithUs } from "../servers/process.ts";
import { temporaryFolder } from "../servers/server.ts";

const ROOT = resolve(import.meta.dirname, "../..");

/**
 * Installs two packages as npm does: all folders are removed first, in no order; the record of what is there comes last. While
 * there is a file `hold` it stops half-way. What it begins and ends is in `npm.log`.
 */
const NPM = `#!/usr/bin/env node
const fs = require("fs"), path = require("path");
const root = process.env.CHECKOUT, modules = path.join(process.cwd(), "node_modules");
const log = (what) => fs.appendFileSync(path.join(root, "npm.log"), what + " " + process.pid + " " + process.argv.slice(2, 4).join(" ") + " " + process.versions.node + "\\n");
const write = (file, text) => {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text, { mode: 0o755 });
};
const held = (then) => {
  if (!fs.existsSync(path.join(root, "hold"))) return then();
  write(path.join(root, "held"), String(process.pid));
  const timer = setInterval(() => {
    if (fs.existsSync(path.join(root, "hold"))) return;
    clearInterval(timer);
    then();
  }, 20);
};
log("begin");
if (process.argv[2] === "ci") {
  const lock = JSON.parse(fs.readFileSync("package-lock.json", "utf8"));
  const names = Object.keys(lock.packages).filter((name) => name !== "");
  for (const name of names) fs.rmSync(name, { recursive: true, force: true });
  held(() => {
    fs.rmSync(modules, { recursive: true, force: true });
    for (const name of names) write(path.join(name, "package.json"), JSON.stringify(lock.packages[name]));
    write(path.join(modules, ".bin/vite"), "#!/bin/sh\\nmkdir -p dist && echo built >dist/index.html\\n");
    write(path.join(modules, ".package-lock.json"), JSON.stringify(lock));
    log("end");
  });
} else {
  // A package whose manifest is there is a whole one for npm.
  const node = path.join(modules, "node-" + process.platform + "-" + process.arch, "package.json");
  if (fs.existsSync(node)) return log("end");
  write(node, "{}");
  held(() => {
    fs.mkdirSync(path.join(modules, ".bin"));
    fs.symlinkSync(process.env.NEW_NODE, path.join(modules, ".bin/node"));
    fs.symlinkSync(process.argv[1], path.join(modules, ".bin/npm"));
    log("end");
  });
}
`;

class Checkout {
  readonly folder = temporaryFolder("prepare");

  constructor() {
    cpSync(join(ROOT, "scripts/prepare.mjs"), join(this.folder, "scripts/prepare.mjs"));
    cpSync(join(ROOT, "scripts/prepare"), join(this.folder, "scripts/prepare"), { recursive: true });
    mkdirSync(join(this.folder, "core"));
    mkdirSync(join(this.folder, "ui"));
    mkdirSync(join(this.folder, "bin"));
    writeFileSync(join(this.folder, "bin/npm"), NPM, { mode: 0o755 });
    this.wants("1.0.0");
  }

  /** Writes the locks: two packages of this version. */
  wants(version: string): void {
    const packages = { "": {}, "node_modules/a": { version }, "node_modules/b": { version } };
    for (const folder of [this.folder, join(this.folder, "ui")])
      writeFileSync(join(folder, "package-lock.json"), JSON.stringify({ packages }));
  }

  hold(): void {
    writeFileSync(this.path("hold"), "");
  }

  /** The pid of the npm that is held. */
  held(): Promise<number> {
    return until("npm to be half-way", () => (existsSync(this.path("held")) ? Number(this.read("held")) : 0));
  }

  goOn(): void {
    rmSync(this.path("hold"), { force: true });
    rmSync(this.path("held"), { force: true });
  }

  path(...parts: string[]): string {
    return join(this.folder, ...parts);
  }

  read(...parts: string[]): string {
    return readFileSync(this.path(...parts), "utf8");
  }

  /** What npm was asked for, in order. @throws where two were at work at once */
  asked(): string[] {
    if (!existsSync(this.path("npm.log"))) return [];
    const open = new Set<string>();
    const asked: string[] = [];
    for (const line of this.read("npm.log").trimEnd().split("\n")) {
      const [what, pid = "", ...args] = line.split(" ");
      if (what === "end") open.delete(pid);
      else {
        // One that was killed ended without a word.
        assert.not.ok(
          [...open].some((other) => isAlive(Number(other))),
          `two at once: ${line}`,
        );
        open.add(pid);
        asked.push(args.join(" "));
      }
    }
    return asked;
  }

  prepare(node = process.execPath) {
    const path = [this.path("bin"), dirname(node), "/usr/bin", "/bin"].join(delimiter);
    const child = spawn(node, ["scripts/prepare.mjs"], {
      cwd: this.folder,
      env: { PATH: path, CHECKOUT: this.folder, NEW_NODE: process.execPath },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const said = { text: "" };
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => {
        said.text += text;
      });
    return { child, said, ended: endWithUs(child) };
  }

  isWhole(): void {
    for (const folder of ["", "ui"])
      for (const name of ["a", "b"]) assert.ok(existsSync(this.path(folder, "node_modules", name)), name);
    assert.is(this.read("ui/dist/index.html"), "built\n");
    assert.not.ok(existsSync(this.path(".tmp/preparing")));
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

const gone = (pid: number) => until(`${pid} to be gone`, () => !isAlive(pid));

async function killed(child: ChildProcess, ended: Promise<string>): Promise<void> {
  child.kill("SIGKILL");
  await ended;
}

test("a second time nothing is asked for", async () => {
  const checkout = new Checkout();
  const { said, ended } = checkout.prepare();
  assert.is(await ended, "exit 0", said.text);
  checkout.isWhole();
  const ci = `ci --include=dev ${process.versions.node}`;
  assert.equal(checkout.asked(), [ci, ci]);
  const again = checkout.prepare();
  assert.is(await again.ended, "exit 0");
  assert.is(again.said.text, "");
  assert.is(checkout.asked().length, 2);
});

for (const signal of ["SIGTERM", "SIGINT"] as const)
  test(`${signal} half-way: npm ends with it, and the next start begins anew`, async () => {
    const checkout = new Checkout();
    checkout.hold();
    const { child, ended } = checkout.prepare();
    const npm = await checkout.held();
    child.kill(signal);
    assert.is(await ended, signal);
    await gone(npm);
    checkout.goOn();
    const next = checkout.prepare();
    assert.is(await next.ended, "exit 0", next.said.text);
    assert.not.match(next.said.text, "Waiting");
    checkout.isWhole();
  });

test("killed, npm too, half-way to other packages: the former ones are installed anew", async () => {
  const checkout = new Checkout();
  assert.is(await checkout.prepare().ended, "exit 0");
  checkout.wants("2.0.0");
  checkout.hold();
  const { child, ended } = checkout.prepare();
  const npm = await checkout.held();
  await killed(child, ended);
  process.kill(npm, "SIGKILL");
  await gone(npm);
  checkout.goOn();
  // Back to the former branch.
  checkout.wants("1.0.0");
  const next = checkout.prepare();
  assert.is(await next.ended, "exit 0", next.said.text);
  checkout.isWhole();
});

test("killed, and npm goes on: the next start waits for it", async () => {
  const checkout = new Checkout();
  checkout.hold();
  const { child, ended } = checkout.prepare();
  const npm = await checkout.held();
  await killed(child, ended);
  const next = checkout.prepare();
  await until("it to wait", () => next.said.text.includes(`(process ${npm})`));
  checkout.goOn();
  assert.is(await next.ended, "exit 0", next.said.text);
  checkout.isWhole();
  checkout.asked();
});

test("two at once: one prepares, the other waits", async () => {
  const checkout = new Checkout();
  checkout.hold();
  const first = checkout.prepare();
  await checkout.held();
  const second = checkout.prepare();
  await until("the second to wait", () => second.said.text.startsWith("Waiting for another preparation"));
  checkout.goOn();
  assert.equal(await Promise.all([first.ended, second.ended]), ["exit 0", "exit 0"]);
  checkout.isWhole();
  assert.is(checkout.asked().length, 2);
});

test("a lock whose pids are other programs' by now is taken over", async () => {
  const checkout = new Checkout();
  const stranger = spawn("sleep", ["60"]);
  const over = endWithUs(stranger);
  mkdirSync(checkout.path(".tmp"));
  writeFileSync(checkout.path(".tmp/preparing"), `${stranger.pid}`);
  assert.is(await checkout.prepare().ended, "exit 0");
  checkout.isWhole();
  stranger.kill();
  await over;
});

test("files of a package are missing though npm's record has it: it is installed again", async () => {
  const checkout = new Checkout();
  assert.is(await checkout.prepare().ended, "exit 0");
  rmSync(checkout.path("node_modules/.bida-stamp"));
  rmSync(checkout.path("node_modules/b"), { recursive: true });
  assert.is(await checkout.prepare().ended, "exit 0");
  checkout.isWhole();
});

test("an old Node: a new one comes first, installs the rest, and is there for what follows; killed half-way it comes again", async () => {
  const folder = await nodeOf("20.11.0");
  if (folder === null) return console.log(NO_REGISTRY);
  const checkout = new Checkout();
  const old = join(checkout.path("bin"), "node");
  symlinkSync(join(folder, "node"), old);
  checkout.hold();
  const { child, ended } = checkout.prepare(old);
  const npm = await checkout.held();
  await killed(child, ended);
  process.kill(npm, "SIGKILL");
  await gone(npm);
  checkout.goOn();
  const next = checkout.prepare(old);
  assert.is(await next.ended, "exit 0", next.said.text);
  const [install, ci] = ["install --no-save 20.11.0", `ci --include=dev ${process.versions.node}`];
  assert.equal(checkout.asked(), [install, install, ci, ci]);
  checkout.isWhole();
  const bin = checkout.path("node_modules/.bin/node");
  assert.is(realpathSync(bin), realpathSync(process.execPath));

  // Somebody's own npm ci has removed it: it is not installed again.
  rmSync(bin);
  assert.is(await checkout.prepare(old).ended, "exit 0");
  assert.ok(existsSync(bin));
  assert.is(checkout.asked().length, 4);
  // The same checkout on a machine with a new Node.
  assert.is(await checkout.prepare().ended, "exit 0");
  assert.is(checkout.asked().length, 4);
});

test.run();
