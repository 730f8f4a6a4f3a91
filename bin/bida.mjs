#!/usr/bin/env node
// The command `bida`. Plain JavaScript that old versions of Node read too: it says what is needed, or goes on under a
// newer Node that was put beside it (scripts/prepare.mjs, or npm's package `node`).
import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import * as module from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const NEEDED = [22, 19];
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const checkout = join(root, "cli", "main.ts");
// A package holds JavaScript only: Node strips no types below node_modules.
const main = existsSync(checkout) ? checkout : join(root, "dist", "cli", "main.js");

const recent = (version) => {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1]);
};

if (recent(process.versions.node)) {
  // What Node compiles, and strips of types, is kept for the next command and for the nodes that this one starts: they
  // take half the time then. Not in the system's temporary folder: others could put code there.
  process.env.NODE_COMPILE_CACHE ??= join(
    existsSync(checkout) ? join(root, "node_modules") : dirname(root),
    ".cache/bida",
  );
  module.enableCompileCache(process.env.NODE_COMPILE_CACHE);
  await import(pathToFileURL(main).href);
} else goOn();

function goOn() {
  const node = [join(root, "node_modules", ".bin", "node"), join(root, "..", ".bin", "node")].find(isRecent);
  if (node === undefined) {
    console.error(
      `bida: Node ${NEEDED.join(".")} or newer is needed, this is ${process.versions.node}; type: npx -p node@24 -p bida bida …`,
    );
    process.exit(2);
  }
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: "inherit" });
  const signals = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"];
  for (const signal of signals) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => {
    for (const one of signals) process.removeAllListeners(one);
    if (signal !== null) process.kill(process.pid, signal);
    process.exit(code ?? 1);
  });
}

function isRecent(node) {
  if (!existsSync(node)) return false;
  const { stdout } = spawnSync(node, ["-p", "process.versions.node"], { encoding: "utf8" });
  return recent((stdout ?? "").trim());
}
