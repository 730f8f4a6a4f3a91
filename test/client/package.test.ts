/** The package `bida-client` as somebody installs it: into an empty folder, by modules of both kinds, by old compilers. @takes 30 s */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { NO_REGISTRY, nodeOf, npmInstall, packages } from "../servers/packages.ts";
import { temporaryFolder } from "../servers/server.ts";
import { type Packed, packedClient } from "./packed.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const run = promisify(execFile);
const test = suite("client package");
let packed: Packed;
/** An empty folder, into which it was installed. */
let folder: string;

test.before(async () => {
  packed = await packedClient();
  folder = temporaryFolder("consumer");
  writeFileSync(join(folder, "package.json"), "{}");
  assert.ok(await npmInstall(folder, packed.tarball), "it depends on nothing");
});

const NAMES = ["BidaMixin", "CallbackError", "createBrokerClient", "createHttpClient", "verifySignature"];

test("what a registry shows is there, and nothing of development is in it", () => {
  const manifest = JSON.parse(readFileSync(join(packed.folder, "package.json"), "utf8"));
  const shown = [
    "name",
    "version",
    "description",
    "keywords",
    "license",
    "author",
    "engines",
    "exports",
    "files",
  ];
  for (const field of shown) assert.ok(manifest[field], field);
  assert.is(manifest.sideEffects, false);
  assert.not.ok("dependencies" in manifest || "devDependencies" in manifest);
  const files = readdirSync(packed.folder, { recursive: true }) as string[];
  assert.equal(
    files.filter((file) => /(?<!\.d)\.ts$|\.mjs$|tsconfig/.test(file)),
    [],
  );
  for (const file of ["LICENSE", "README.md", "README.zh-CN.md"]) assert.ok(files.includes(file), file);
});

test("it runs as an ECMAScript module and as CommonJS, on Node 20.11 too; both are one implementation", async () => {
  writeFileSync(
    join(folder, "esm.mjs"),
    `import * as all from "bida-client"; console.log(Object.keys(all).sort().join());`,
  );
  writeFileSync(join(folder, "cjs.cjs"), `console.log(Object.keys(require("bida-client")).sort().join());`);
  writeFileSync(
    join(folder, "both.mjs"),
    `import { CallbackError, createBrokerClient } from "bida-client";
import { createRequire } from "node:module";
const required = createRequire(import.meta.url)("bida-client");
console.log(required.CallbackError === CallbackError);
const task = { url: "http://target.example", requestMethod: "GET", limitCallCount: 1 };
console.log(await createBrokerClient({ call: async () => ({ taskId: "t1" }) }).call(task));`,
  );
  // The last release that cannot require ECMAScript modules.
  const old = await nodeOf("20.11.0");
  if (old === null) console.log(`Node 20.11: ${NO_REGISTRY}`);
  for (const node of [process.execPath, ...(old ? [join(old, "node")] : [])]) {
    const said = async (file: string) => (await run(node, [join(folder, file)])).stdout.trim();
    assert.is(await said("esm.mjs"), NAMES.join());
    assert.is(await said("cjs.cjs"), NAMES.join());
    assert.is(await said("both.mjs"), "true\nt1");
  }
});

const PROGRAM = `
const bida = createHttpClient({ baseUrl: "http://127.0.0.1:8080", username: "admin", password: "admin" });
const broker: BrokerClient = createBrokerClient({ call: async () => ({ taskId: "t1" }) });
export async function send(): Promise<TaskView> {
  try {
    const taskId: string = await bida.call({ url: "https://shop.example", requestMethod: "GET", limitCallCount: 1 });
    const { items } = await broker.action("bida.admin.list", { state: ["pending"] });
    items.map((item) => item.taskId);
    // @ts-expect-error there is no such field
    await bida.call({ url: "https://shop.example", requestMethod: "GET", limitCallCount: 1, limit: 1 });
    return await bida.waitFor(taskId);
  } catch (error) {
    if (error instanceof CallbackError) for (const { field, message } of error.errors) error.message += field + message;
    throw error;
  }
}
export const ok: boolean = verifySignature({ "webhook-id": "1" }, "body", "whsec_x");
export const mixin = BidaMixin({ sourceAppName: "shop" });
export type Submitted = ActionMap["bida.scheduler.submit"][1]["taskId"];
export const callbacks: BidaCallbacks = { exhausted: (event) => void event.lastError?.code };
`;
const WHAT = `BidaMixin, CallbackError, createBrokerClient, createHttpClient, verifySignature, type ActionMap, type BidaCallbacks, type BrokerClient, type TaskView`;

/** How compilers look for modules: as Node does, as bundlers do, and as they did before. */
const WAYS = {
  nodenext: { module: "nodenext", moduleResolution: "nodenext" },
  bundler: { module: "esnext", moduleResolution: "bundler" },
  node10: { module: "commonjs", moduleResolution: "node10" },
};

test("the types are clean for TypeScript 5.4 to 7, without skipLibCheck, without Node's types", async () => {
  const imported = `import { ${WHAT} } from "bida-client";${PROGRAM}`;
  for (const name of ["program.mts", "program.cts", "program.ts"])
    writeFileSync(join(folder, name), imported);
  const compilers = await packages({
    "typescript-5.4": "npm:typescript@5.4.5",
    "typescript-5.9": "npm:typescript@5.9.3",
    "typescript-6": "npm:typescript@6.0.3",
  });
  if (compilers === null) console.log(`TypeScript 5.4, 5.9 and 6: ${NO_REGISTRY}`);
  const old = ["typescript-5.4", "typescript-5.9", "typescript-6"];
  const all = [
    ...(compilers ? old.map((name) => join(compilers, "node_modules", name)) : []),
    join(ROOT, "node_modules/typescript"),
  ];
  const modules = join(folder, "node_modules");
  mkdirSync(join(modules, "@types"), { recursive: true });
  symlinkSync(join(ROOT, "node_modules/@types/node"), join(modules, "@types/node"));
  symlinkSync(join(ROOT, "node_modules/undici-types"), join(modules, "undici-types"));
  const runs = all.flatMap((compiler) => {
    const newest = compiler.endsWith("/typescript");
    const ways: (keyof typeof WAYS)[] =
      newest || compiler.endsWith("6") ? ["nodenext", "bundler"] : ["nodenext", "bundler", "node10"];
    const bare = ways.map((way) => ({ compiler, way, types: [] as string[] }));
    return newest ? [...bare, { compiler, way: "nodenext" as const, types: ["node"] }] : bare;
  });
  for (const [i, { compiler, way, types }] of runs.entries()) {
    const config = join(folder, `tsconfig.${i}.json`);
    const compilerOptions = {
      ...WAYS[way],
      ...{ strict: true, exactOptionalPropertyTypes: true, noEmit: true, skipLibCheck: false },
      ...{ target: "es2022", lib: ["es2022"], types },
    };
    const files = way === "nodenext" ? ["program.mts", "program.cts"] : ["program.ts"];
    writeFileSync(config, JSON.stringify({ compilerOptions, files }));
    const done = await run(process.execPath, [join(compiler, "bin/tsc"), "-p", config]).catch(
      (error) => error,
    );
    assert.is(done.stdout, "", `${compiler} ${JSON.stringify(compilerOptions)}`);
  }
});

test("publint and attw find nothing", async () => {
  const tools = await packages({ publint: "0.3.25", "@arethetypeswrong/cli": "0.18.5" });
  if (tools === null) return console.log(NO_REGISTRY);
  const tool = (path: string, ...args: string[]) =>
    run(process.execPath, [join(tools, "node_modules", path), ...args]).catch(({ stdout, stderr }) => {
      throw new Error(`${stdout}${stderr}`);
    });
  await tool("publint/src/cli.js", "run", packed.folder, "--strict");
  await tool("@arethetypeswrong/cli/dist/index.js", packed.tarball);
  assert.ok(existsSync(packed.tarball));
});

test.run();
