/**
 * `npm start` of a fresh checkout on machines whose Node is old: the first start is killed in the middle, the next one ends with
 * SIGTERM, and then another release takes over. TEST_NODES=all tries each release from nothing. @takes 60 s
 */
import { execFile, spawn } from "node:child_process";
import { cpSync, existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { delimiter, join, relative, resolve } from "node:path";
import { promisify } from "node:util";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { inherited } from "../e2e/kit/node.ts";
import { Receiver } from "../e2e/kit/receiver.ts";
import { until } from "../e2e/kit/until.ts";
import { NO_REGISTRY, nodeOf, packages } from "../servers/packages.ts";
import { freePort } from "../servers/ports.ts";
import { endWithUs } from "../servers/process.ts";
import { temporaryFolder } from "../servers/server.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const ALL = ["18.20.8", "20.11.0", "20.20.2", "22.11.0", "22.19.0", "24.21.0"];
const SOME = ["18.20.8", "22.11.0"];
const VERSIONS = process.env.TEST_NODES === "all" ? ALL : SOME;
const FIRST_START_MS = 240_000;
/** Enough of some 300 to be in the middle. */
const HALF = 100;

const folder = temporaryFolder("start");

/** As `git clone` leaves it. */
function freshCheckout(): void {
  const made = /^(node_modules|dist|data|\.tmp|\.git)$/;
  cpSync(ROOT, folder, {
    recursive: true,
    filter: (path) =>
      !relative(ROOT, path)
        .split("/")
        .some((part) => made.test(part)),
  });
}

class Start {
  readonly port: number;
  readonly #npm;
  readonly ended: Promise<string>;
  #said = "";
  #left: string[] = [];

  /** @param path the folders where programs are looked for: no other Node than that release */
  constructor(path: string, port: number) {
    this.port = port;
    this.#npm = spawn("npm", ["start"], {
      cwd: folder,
      // CI's npm keeps no history and draws nothing.
      env: { ...inherited(), PATH: path, BIDA_PORT: String(port), npm_config_prefer_offline: "true" },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    // Looked for before the rest of the group is killed with its leader.
    this.#npm.once("exit", () => {
      this.#left = membersOf(Number(this.#npm.pid));
    });
    this.ended = endWithUs(this.#npm, true);
    for (const stream of [this.#npm.stdout, this.#npm.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => {
        this.#said += text;
      });
  }

  get said(): string {
    return this.#said;
  }

  async ready(deadlineMs: number): Promise<void> {
    let over: string | undefined;
    void this.ended.then((how) => {
      over = how;
    });
    const isReady = async () => {
      assert.is(over, undefined, this.#said);
      return (await fetch(`http://127.0.0.1:${this.port}/readyz`).catch(() => null))?.ok;
    };
    await until("the node", isReady, deadlineMs, 100).catch((error: Error) => {
      throw new Error(`${error.message}\n${this.#said}`);
    });
  }

  /** Kills all of it: npm, what prepares, and the npm of that, which leads a group of its own. */
  async kill(): Promise<void> {
    const pids = readFileSync(join(folder, ".tmp/preparing"), "utf8").split("\n").map(Number);
    this.#npm.kill("SIGKILL");
    for (const pid of pids) process.kill(pid, "SIGKILL");
    await this.ended;
  }

  /** @param how SIGTERM for npm alone, as supervisors send it, or Ctrl-C, which all of its group gets, and the node from npm again */
  async stop(how: "SIGTERM" | "Ctrl-C"): Promise<void> {
    const { pid } = this.#npm as { pid: number };
    if (how === "SIGTERM") process.kill(pid, "SIGTERM");
    else process.kill(-pid, "SIGINT");
    assert.is(await this.ended, "exit 0", this.#said);
    assert.equal(this.#left, [], "nothing goes on behind npm");
  }
}

/** The processes of a group that have not ended. */
function membersOf(group: number): string[] {
  return readdirSync("/proc").filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      const [state, , of] = readFileSync(`/proc/${pid}/stat`, "utf8")
        .replace(/^.*\) /, "")
        .split(" ");
      return Number(of) === group && state !== "Z";
    } catch {
      return false; // it has just ended
    }
  });
}

const installed = () => {
  const modules = join(folder, "node_modules");
  return existsSync(modules) ? readdirSync(modules).length : 0;
};

/** PATH of a machine that has this Node, and the npm that came with Node 18 to 22. Null: they cannot be had. */
async function machineWith(version: string): Promise<string | null> {
  const npm = await packages({ npm: "10.9.9" });
  const node = await nodeOf(version);
  return npm && node && [node, join(npm, "node_modules/.bin"), "/usr/bin", "/bin"].join(delimiter);
}

test("the first start is killed in the middle; the next ones work, with each release of Node", async () => {
  const machines = await Promise.all(VERSIONS.map(machineWith));
  if (machines.includes(null)) return console.log(NO_REGISTRY);
  freshCheckout();
  const [first] = machines as string[];
  const port = await freePort();
  const interrupted = new Start(first as string, port);
  await until("half of the packages", () => installed() > HALF, FIRST_START_MS);
  await interrupted.kill();

  for (const [i, path] of (machines as string[]).entries()) {
    const startedAt = performance.now();
    // In the checkout that another release has used.
    const start = new Start(path, port);
    await start.ready(FIRST_START_MS);
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    console.log(`npm start with Node ${VERSIONS[i]}: ready after ${seconds} s`);
    if (i === 0) await delivers(start);
    assert.is(/^Installing packages/m.test(start.said), i === 0, start.said);
    await start.stop(i % 2 === 0 ? "SIGTERM" : "Ctrl-C");
    if (VERSIONS !== ALL) continue;
    rmSync(join(folder, "node_modules"), { recursive: true });
    rmSync(join(folder, "ui/node_modules"), { recursive: true });
    rmSync(join(folder, "ui/dist"), { recursive: true });
    const fresh = new Start(path, port);
    await fresh.ready(FIRST_START_MS);
    await fresh.stop("SIGTERM");
  }
  const packed = await promisify(execFile)("npm", ["pack", "./client", "--silent"], {
    ...{ cwd: folder, env: { ...inherited(), PATH: first }, timeout: 60_000 },
  });
  assert.match(packed.stdout, /^bida-client-[\d.]+\.tgz$/m, "the client is packed as its README says");
});

/** The console is there, and a callback arrives. */
async function delivers({ port }: Start): Promise<void> {
  const url = `http://127.0.0.1:${port}`;
  assert.match(await (await fetch(url)).text(), /<!doctype html>/i);
  const receiver = await Receiver.start();
  const sent = await fetch(`${url}/v1/tasks`, {
    method: "POST",
    headers: { authorization: `Basic ${btoa("admin:admin")}`, "content-type": "application/json" },
    body: JSON.stringify({ url: receiver.url(), requestMethod: "POST", limitCallCount: 1 }),
  });
  const { taskId } = (await sent.json()) as { taskId: string };
  await receiver.waitForCalls(taskId, 1);
  await receiver.stop();
}

// Half a gigabyte: as a part of the test, and not while the runner waits for this process to end.
test.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));

test.run();
