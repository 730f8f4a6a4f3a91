// Makes a checkout ready to run; npm calls it before start, test, demo and the benchmarks.
// Plain JavaScript for Node 18 and newer: it runs before anything is installed, under whatever Node the machine has.
// A second run finds everything in place and must stay fast: it reads a few files and starts no process.
// It may be ended at any moment: what says that something is in place is removed first, and written last.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, delimiter, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { Lock } from "./prepare/lock.mjs";
import { Interrupted, Programs } from "./prepare/programs.mjs";

const NEEDED_NODE = [22, 19];
const SHOWN_LINES = 30;
const root = dirname(dirname(fileURLToPath(import.meta.url)));
/** The console, a package of its own: what builds it is not needed to run it. */
const ui = join(root, "ui");
/** What some commands need beside, named by them: `ui` to check and change the console, `site` for the documentation. */
const folders = process.argv.slice(2).map((name) => join(root, name));
const bin = join(root, "node_modules", ".bin");
const machinePath = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder && folder !== bin);
/** Where Node and npm are put if the machine's are too old. Not in node_modules, which `npm ci` empties. */
const ownNode = join(root, ".tmp", "node");
const ownBin = join(ownNode, "node_modules", ".bin");

class Failure extends Error {}

const lock = new Lock(join(root, ".tmp", "preparing"));

if (!isReady()) {
  let signal;
  try {
    await lock.take((pids) => {
      console.log(`Waiting for another preparation of this checkout (process ${pids.join(", ")}) ...`);
    });
    const programs = new Programs((pid) => lock.working(pid));
    try {
      await prepare(programs);
    } finally {
      programs.close();
      lock.release();
    }
  } catch (error) {
    if (error instanceof Interrupted) ({ signal } = error);
    else if (error instanceof Failure) console.error(`prepare: ${error.message}`);
    else throw error;
    process.exitCode = 1;
  }
  if (signal !== undefined) process.kill(process.pid, signal);
}

function isReady() {
  return arePackagesInPlace(root) && isNodeInPlace() && isUiBuilt() && folders.every(arePackagesInPlace);
}

async function prepare(programs) {
  const path = recent(versionOn(machinePath)) ? machinePath : [ownBin, ...machinePath];
  if (!recent(versionOn(path))) await installNode(programs, path);
  if (!arePackagesInPlace(root)) await installPackages(programs, path, root, "packages");
  if (!isNodeInPlace()) linkNode();
  if (!isUiBuilt()) await buildUi(programs, path);
  for (const folder of folders)
    if (!arePackagesInPlace(folder))
      await installPackages(programs, path, folder, `the packages of ${basename(folder)}`);
}

function arePackagesInPlace(folder) {
  return reads(packagesStamp(folder), stampOfPackages(folder));
}

/** Runs `npm ci` unless node_modules is what package-lock.json says. */
async function installPackages(programs, path, folder, what) {
  if (!installedByHand(folder)) {
    console.log(`Installing ${what} ...`);
    // npm ci removes all folders at once and in any order: these must not outlive the others.
    for (const file of [packagesStamp(folder), npmRecord(folder)]) rmSync(file, { force: true });
    // Vite and the test tools are development packages: wanted even where NODE_ENV=production is set.
    // No package needs its install script: better-sqlite3 brings its binaries, but npm would compile it all the same.
    const quiet = ["--include=dev", "--ignore-scripts"];
    const result = await npm(programs, path, ["ci", ...quiet], folder);
    // `npm ci` refuses a lock that lacks optional packages for other platforms, which npm itself writes when its
    // registry does not carry them. `npm install` takes the same versions from such a lock; of a package that is half
    // there it would take what there is.
    if (/code EUSAGE/.test(result.output)) {
      rmSync(join(folder, "node_modules"), { recursive: true, force: true });
      check(await npm(programs, path, ["install", "--no-save", ...quiet], folder));
    } else check(result);
  }
  writeFileSync(packagesStamp(folder), stampOfPackages(folder));
}

/** True when npm's own record of node_modules fits the lock: somebody ran `npm install`, and may work in it now. */
function installedByHand(folder) {
  const record = npmRecord(folder);
  if (!existsSync(record)) return false;
  const lock = JSON.parse(readFileSync(join(folder, "package-lock.json"), "utf8"));
  const installed = JSON.parse(readFileSync(record, "utf8")).packages;
  return Object.entries(lock.packages).every(([path, wanted]) => {
    if (path === "") return true;
    const found = installed[path];
    if (!found) return wanted.optional === true;
    return found.version === wanted.version && existsSync(join(folder, path, "package.json"));
  });
}

function packagesStamp(folder) {
  return join(folder, "node_modules", ".bida-stamp");
}

function npmRecord(folder) {
  return join(folder, "node_modules", ".package-lock.json");
}

function stampOfPackages(folder) {
  return `${lockHash(folder)} ${process.platform}-${process.arch}\n`;
}

function lockHash(folder) {
  const lock = readFileSync(join(folder, "package-lock.json"));
  return createHash("sha256").update(lock).digest("hex");
}

/**
 * Whether npm's next step runs under a Node that is new enough. That is not the Node of this process when `npm ci` has just
 * removed it: the second run is itself run by node_modules/.bin/node.
 */
function isNodeInPlace() {
  if (recent(process.versions.node) && existsSync(process.execPath)) return true;
  return recent(versionOn([bin, ...machinePath]));
}

/**
 * Installs Node 24 and its npm, which then does all the rest: npm leaves out optional packages, such as the binaries of the
 * console's builder, that do not run under the Node that it runs under itself.
 */
async function installNode(programs, path) {
  console.log("Installing Node 24 in .tmp (110 MB), this machine's own is too old ...");
  // npm would take one that is half there for a whole one.
  rmSync(ownNode, { recursive: true, force: true });
  mkdirSync(ownNode, { recursive: true });
  // Without one npm would look for it further up, and install there.
  writeFileSync(join(ownNode, "package.json"), "{}\n");
  // Of npm's package `node` only the part that it brings in by an install script: its binary for this platform.
  const [platform, arch] = [process.platform, process.arch];
  const name = platform === "darwin" && arch === "arm64" ? "node-bin" : "node";
  const what = [`${name}-${platform}-${arch}@24`, "npm@11"];
  check(
    await npm(
      programs,
      path,
      ["install", "--no-save", "--no-package-lock", "--ignore-scripts", ...what],
      ownNode,
    ),
  );
  const version = versionOn(path);
  if (!recent(version)) {
    throw new Failure(`Node ${NEEDED_NODE.join(".")} or newer is needed; npm's ${what[0]} gave "${version}"`);
  }
}

/** Puts the Node of our own where npm's scripts find it first. */
function linkNode() {
  rmSync(join(bin, "node"), { force: true });
  symlinkSync(relative(bin, join(ownBin, "node")), join(bin, "node"));
}

function recent(version) {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > NEEDED_NODE[0] || (major === NEEDED_NODE[0] && minor >= NEEDED_NODE[1]);
}

/** The version of the Node that is found in these folders, "" when there is none. */
function versionOn(path) {
  const env = { ...process.env, PATH: path.join(delimiter) };
  const result = spawnSync("node", ["-p", "process.versions.node"], { env, encoding: "utf8" });
  return result.stdout?.trim() ?? "";
}

/** Whether ui/dist was built of its sources as they are, those of core/ (which it takes rules from) and its packages. */
function isUiBuilt() {
  return reads(uiStamp(), stampOfUi());
}

/** Builds ui/; installs its packages only then. */
async function buildUi(programs, path) {
  rmSync(uiStamp(), { force: true });
  if (!arePackagesInPlace(ui)) await installPackages(programs, path, ui, "the console's packages");
  console.log("Building the console ...");
  const stamp = stampOfUi();
  check(await programs.run("vite", ["build"], [join(ui, "node_modules", ".bin"), ...path], ui));
  writeFileSync(uiStamp(), stamp);
}

function uiStamp() {
  return join(ui, "dist", ".bida-stamp");
}

function stampOfUi() {
  const changed = Math.max(newest(ui, ["dist", "node_modules"]), newest(join(root, "core")));
  return `${changed} ${lockHash(ui)}\n`;
}

/** Latest modification (ms) of anything below a folder; folders count, to notice a deleted file. */
function newest(folder, except = []) {
  let latest = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (except.includes(entry.name)) continue;
    const path = join(folder, entry.name);
    latest = Math.max(latest, statSync(path).mtimeMs, entry.isDirectory() ? newest(path) : 0);
  }
  return latest;
}

function reads(file, text) {
  return existsSync(file) && readFileSync(file, "utf8") === text;
}

function npm(programs, path, args, folder) {
  return programs.run("npm", [...args, "--no-audit", "--no-fund"], path, folder);
}

/** Throws for a command that failed, after showing the beginning of what it said (npm's warnings are no part of it). */
function check({ line, failure, output }) {
  if (!failure) return;
  const said = output.split("\n").filter((text) => text.trim() && !text.startsWith("npm warn"));
  for (const text of said.slice(0, SHOWN_LINES)) console.error(text);
  throw new Failure(`"${line}" failed: ${failure}`);
}
