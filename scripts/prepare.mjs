// Makes a checkout ready to run; npm calls it before start, test, demo and the benchmarks.
// Plain JavaScript for Node 18 and newer: it runs before anything is installed, under whatever Node the machine has.
// A second run finds everything in place and must stay fast: it reads a few files and starts no process.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const NEEDED_NODE = [22, 19];
const SHOWN_LINES = 30;
const root = dirname(dirname(fileURLToPath(import.meta.url)));
/** The console, a package of its own: what builds it is not needed to run it. */
const ui = join(root, "ui");
const bin = join(root, "node_modules", ".bin");
const otherPath = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder && folder !== bin);

class Failure extends Error {}

try {
  installPackages(root, "packages");
  installNode();
  buildUi();
  // What some commands need beside: `ui` to check and change the console, `site` for the documentation.
  for (const folder of process.argv.slice(2))
    installPackages(join(root, folder), `the packages of ${folder}`);
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  console.error(`prepare: ${error.message}`);
  process.exit(1);
}

/** Runs `npm ci` unless node_modules is what package-lock.json says; a stamp inside remembers that it is. */
function installPackages(folder, what) {
  const stampFile = join(folder, "node_modules", ".bida-stamp");
  const stamp = `${lockHash(folder)} ${process.platform}-${process.arch}\n`;
  if (existsSync(stampFile) && readFileSync(stampFile, "utf8") === stamp) return;
  if (!installedByHand(folder)) {
    console.log(`Installing ${what} ...`);
    // Vite and the test tools are development packages: wanted even where NODE_ENV=production is set.
    // No package needs its install script: better-sqlite3 brings its binaries, but npm would compile it all the same.
    const quiet = ["--include=dev", "--ignore-scripts"];
    const result = npm(["ci", ...quiet], folder);
    // `npm ci` refuses a lock that lacks optional packages for other platforms, which npm itself writes when its
    // registry does not carry them. `npm install` takes the same versions from such a lock.
    if (/code EUSAGE/.test(result.output)) check(npm(["install", "--no-save", ...quiet], folder));
    else check(result);
  }
  writeFileSync(stampFile, stamp);
}

/** True when npm's own record of node_modules fits the lock: somebody ran `npm install`, and may work in it now. */
function installedByHand(folder) {
  const record = join(folder, "node_modules", ".package-lock.json");
  if (!existsSync(record)) return false;
  const lock = JSON.parse(readFileSync(join(folder, "package-lock.json"), "utf8"));
  const installed = JSON.parse(readFileSync(record, "utf8")).packages;
  return Object.entries(lock.packages).every(([path, wanted]) => {
    if (path === "") return true;
    const found = installed[path];
    return found ? found.version === wanted.version : wanted.optional === true;
  });
}

function lockHash(folder) {
  const lock = readFileSync(join(folder, "package-lock.json"));
  return createHash("sha256").update(lock).digest("hex");
}

/**
 * Puts Node 24 into node_modules/.bin where the `node` of the next npm step would be too old. That is not the
 * Node of this process when `npm ci` has just removed it: the second run is itself run by node_modules/.bin/node.
 */
function installNode() {
  if (recent(process.versions.node) && existsSync(process.execPath)) return;
  if (recent(nextNode())) return;
  console.log("Installing Node 24 in node_modules (190 MB), this machine's own is too old ...");
  // Not with --no-package-lock: that would resolve all the other packages anew, past the lock.
  check(npm(["install", "--no-save", "node@24"]));
  const version = nextNode();
  if (!recent(version)) {
    throw new Failure(
      `Node ${NEEDED_NODE.join(".")} or newer is needed; npm's package node@24 gave "${version}"`,
    );
  }
}

function recent(version) {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > NEEDED_NODE[0] || (major === NEEDED_NODE[0] && minor >= NEEDED_NODE[1]);
}

/** The version of the Node that npm's next step finds, "" when there is none. */
function nextNode() {
  const result = spawnSync("node", ["-p", "process.versions.node"], {
    env: { ...process.env, PATH: [bin, ...otherPath].join(delimiter) },
    encoding: "utf8",
  });
  return result.stdout?.trim() ?? "";
}

/**
 * Builds ui/ when its sources, those of core/ (which it takes rules from) or its packages are not those of the last
 * build; installs packages only then.
 */
function buildUi() {
  const changed = Math.max(newest(ui, ["dist", "node_modules"]), newest(join(root, "core")));
  const stamp = `${changed} ${lockHash(ui)}\n`;
  const builtStamp = join(ui, "dist", ".bida-stamp");
  if (existsSync(builtStamp) && readFileSync(builtStamp, "utf8") === stamp) return;
  installPackages(ui, "the console's packages");
  console.log("Building the console ...");
  check(run("vite", ["build"], [join(ui, "node_modules", ".bin"), bin, ...otherPath], ui));
  writeFileSync(builtStamp, stamp);
}

/** Latest modification (ms) of anything below a folder; folders count, so that a deleted file is noticed. */
function newest(folder, except = []) {
  let latest = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (except.includes(entry.name)) continue;
    const path = join(folder, entry.name);
    latest = Math.max(latest, statSync(path).mtimeMs, entry.isDirectory() ? newest(path) : 0);
  }
  return latest;
}

/** npm under the machine's own Node: `npm ci` must not remove the Node it is running on. */
function npm(args, folder = root) {
  return run("npm", [...args, "--no-audit", "--no-fund"], otherPath, folder);
}

/** Runs a command in a folder to its end, silently. */
function run(command, args, path, folder) {
  const result = spawnSync(command, args, {
    cwd: folder,
    env: { ...process.env, PATH: path.join(delimiter) },
    encoding: "utf8",
    maxBuffer: 1 << 28,
    stdio: ["ignore", "pipe", "pipe"],
  });
  return {
    line: [command, ...args].join(" ") + (folder === root ? "" : ` (in ${folder.slice(root.length + 1)})`),
    failure:
      result.status === 0 ? "" : (result.error?.message ?? result.signal ?? `exit code ${result.status}`),
    output: `${result.stdout ?? ""}${result.stderr ?? ""}`,
  };
}

/** Throws for a command that failed, after showing the beginning of what it said (npm's warnings are no part of it). */
function check({ line, failure, output }) {
  if (!failure) return;
  const said = output.split("\n").filter((text) => text.trim() && !text.startsWith("npm warn"));
  for (const text of said.slice(0, SHOWN_LINES)) console.error(text);
  throw new Failure(`"${line}" failed: ${failure}`);
}
