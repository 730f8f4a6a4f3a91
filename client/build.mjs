// Builds the package into `dist`, or into the folder that is given: `node build.mjs [folder]`. For Node 20 and newer.
//
// There is one implementation, in CommonJS, and an ECMAScript module that hands its exports on: in whichever ways a program
// and its packages load the client, `CallbackError` is one class.
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const CLIENT = dirname(fileURLToPath(import.meta.url));
const DIST = resolve(process.argv[2] ?? join(CLIENT, "dist"));
const CJS = join(DIST, "cjs");
const ENTRY = "client/index";

rmSync(DIST, { recursive: true, force: true });
compile();
const shipped = new Set([...reachable(".js"), ...reachable(".d.ts")]);
for (const file of filesBelow(CJS)) if (!shipped.has(file)) rmSync(file);
writeFileSync(join(CJS, "package.json"), '{ "type": "commonjs" }\n');
const names = Object.keys(createRequire(import.meta.url)(join(CJS, `${ENTRY}.js`)));
writeFileSync(join(DIST, "index.js"), `export { ${names.join(", ")} } from "./cjs/${ENTRY}.js";\n`);
writeFileSync(join(DIST, "index.d.ts"), `export * from "./cjs/${ENTRY}.js";\n`);

function compile() {
  const program = join(CLIENT, "../node_modules/typescript/bin/tsc");
  const args = [program, "-p", join(CLIENT, "tsconfig.build.json"), "--outDir", CJS];
  mkdirSync(CJS, { recursive: true });
  const { status, error } = spawnSync(process.execPath, args, { stdio: "inherit" });
  if (status !== 0) throw error ?? new Error("it does not compile");
}

/** The files that the entry needs, directly or not: of core/, the compiler makes more. */
function reachable(extension) {
  const found = new Set([join(CJS, ENTRY + extension)]);
  for (const file of found)
    for (const [, path] of readFileSync(file, "utf8").matchAll(/(?:from|require\()\s*"(\.[^"]+)"/g))
      found.add(join(dirname(file), path.replace(/\.[jt]s$/, extension)));
  return found;
}

function filesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
}
