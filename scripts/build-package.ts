/**
 * `npm run build:package`: makes `dist/package`, the folder of the package `bida`: JavaScript only, because Node strips no types
 * below node_modules, the console prebuilt, no development files. `npm pack ./dist/package` makes the tarball.
 */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import packageJson from "../package.json" with { type: "json" };

const ROOT = resolve(import.meta.dirname, "..");
const FOLDER = join(ROOT, "dist/package");
const CONSOLE = join(ROOT, "ui/dist");
/** What is read at run time beside the code. */
const ASSETS = ["due/lua/*.lua", "services/api/docs/*.{html,css,js,svg,png}"];

if (!existsSync(CONSOLE)) throw new Error("ui/dist is missing; node scripts/prepare.mjs builds it");
rmSync(FOLDER, { recursive: true, force: true });
const tsc = join(ROOT, "node_modules/.bin/tsc");
execFileSync(tsc, ["-p", join(ROOT, "tsconfig.package.json")], { stdio: "inherit", cwd: ROOT });
for (const file of globSync(ASSETS, { cwd: ROOT })) copy(file, join("dist", file));
copy("ui/dist", "dist/ui/dist");
for (const file of ["bin/bida.mjs", "LICENSE", "README.md", "README.zh-CN.md"]) copy(file, file);
// It came along because the code reads its version from it.
writeFileSync(join(FOLDER, "dist/package.json"), json({ type: "module", version: packageJson.version }));
writeFileSync(join(FOLDER, "package.json"), json(manifest()));
console.log(
  `${relative(process.cwd(), FOLDER) || "."} is ready: npm pack ./${relative(process.cwd(), FOLDER)}`,
);

function copy(from: string, to: string): void {
  mkdirSync(dirname(join(FOLDER, to)), { recursive: true });
  cpSync(join(ROOT, from), join(FOLDER, to), {
    recursive: true,
    filter: (path) => !path.endsWith(".bida-stamp"),
  });
}

/** What a registry shows, and what an installation needs. */
function manifest(): object {
  const { name, version, description, license, keywords, homepage, repository, bugs, author, dependencies } =
    JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  return {
    ...{ name, version, description, keywords, homepage, bugs, repository, author, license },
    type: "module",
    engines: { node: ">=22.19" },
    bin: { bida: "bin/bida.mjs" },
    // A program, and no library: nothing in it is to be imported.
    exports: { "./package.json": "./package.json" },
    files: ["bin", "dist", "README.zh-CN.md"],
    dependencies,
  };
}

function json(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
