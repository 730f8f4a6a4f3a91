import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, matchesGlob, relative, resolve } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";

const ROOT = resolve(import.meta.dirname, "../..");
const MANIFEST = JSON.parse(readFileSync(join(ROOT, "client/package.json"), "utf8"));

const test = suite("client package");
const dist = mkdtempSync(join(tmpdir(), "bida-client-"));

test.before(() => {
  const tsc = join(ROOT, "node_modules/.bin/tsc");
  const args = ["-p", join(ROOT, "client/tsconfig.build.json"), "--outDir", dist];
  const { status, stdout } = spawnSync(tsc, args, { encoding: "utf8" });
  assert.is(status, 0, stdout);
});
test.after(() => rmSync(dist, { recursive: true, force: true }));

/** Whether `file` (relative to dist) is in the tarball. */
const isShipped = (file: string) =>
  MANIFEST.files.some(
    (entry: string) => matchesGlob(`dist/${file}`, entry) || `dist/${file}`.startsWith(`${entry}/`),
  );

/** Everything that `entry` imports, directly or not: built files relative to dist, and bare names. */
function reachable(entry: string, extension: ".js" | ".d.ts"): Set<string> {
  const found = new Set([entry]);
  for (const file of found) {
    if (!file.endsWith(extension)) continue;
    const source = readFileSync(join(dist, file), "utf8");
    for (const [, name = ""] of source.matchAll(/^(?:import|export)\b[^;]*?from "([^"]+)";$/gm)) {
      const target = name.startsWith(".") ? relative(dist, resolve(dist, dirname(file), name)) : name;
      found.add(target.replace(/\.(js|ts)$/, extension));
    }
  }
  return found;
}

test("the JavaScript is complete and needs nothing but Node", () => {
  const files = [...reachable("client/index.js", ".js")];
  assert.ok(files.length > 5);
  for (const file of files) {
    assert.ok(file.startsWith("node:") || (existsSync(join(dist, file)) && isShipped(file)), file);
  }
});

test("the types are complete and need no other package: no Zod at the consumer's", () => {
  const files = [...reachable("client/index.d.ts", ".d.ts")];
  assert.ok(files.length > 10);
  for (const file of files) assert.ok(existsSync(join(dist, file)) && isShipped(file), file);
});

test("of core, nothing is shipped that is not needed", () => {
  const needed = new Set([
    ...reachable("client/index.js", ".js"),
    ...reachable("client/index.d.ts", ".d.ts"),
  ]);
  const core = MANIFEST.files.filter((entry: string) => entry.startsWith("dist/core/"));
  for (const entry of core) assert.ok(needed.has(entry.slice("dist/".length)), entry);
});

test("the built client works", async () => {
  const built = await import(join(dist, "client/index.js"));
  assert.equal(Object.keys(built).sort(), [
    "BidaMixin",
    "CallbackError",
    "createBrokerClient",
    "createHttpClient",
    "verifySignature",
  ]);
  const bida = built.createBrokerClient({ call: async () => ({ taskId: "t1" }) });
  assert.is(await bida.call({ url: "http://target.example", requestMethod: "GET", limitCallCount: 1 }), "t1");
});

test.run();
