/** The Docker image, as far as it can be known without Docker: all that its programs import is copied into it. */
import { existsSync, globSync, readFileSync, statSync } from "node:fs";
import { dirname, join, matchesGlob, relative, resolve } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ROOT } from "./kit/markdown.ts";

const test = suite("image");
const lines = (path: string) =>
  readFileSync(join(ROOT, path), "utf8")
    .split("\n")
    .filter((line) => line.trim() !== "" && !line.startsWith("#"));
const ignored = lines(".dockerignore");
const isIgnored = (path: string) =>
  path.split("/").some((_, i, parts) => {
    const part = parts.slice(0, i + 1).join("/");
    return ignored.some((pattern) => matchesGlob(part, pattern));
  });
const stage = lines("Dockerfile").slice(
  lines("Dockerfile").findLastIndex((line) => line.startsWith("FROM ")),
);
const copies = stage
  .filter((line) => line.startsWith("COPY ") && !line.includes("--from"))
  .map((line) => line.split(/\s+/).slice(1));
/** Path in the checkout → path in the image. */
const image = new Map<string, string>();
for (const words of copies) {
  const [sources, target] = [words.slice(0, -1), words.at(-1) as string];
  for (const source of sources) {
    const path = join(ROOT, source);
    if (!existsSync(path) || isIgnored(source)) continue;
    if (!statSync(path).isDirectory()) {
      image.set(
        source,
        join(target, sources.length > 1 || /[./]$/.test(target) ? source.split("/").at(-1)! : ""),
      );
      continue;
    }
    for (const file of globSync("**/*.*", { cwd: path }))
      if (!isIgnored(join(source, file))) image.set(join(source, file), join(target, file));
  }
}

test("what is copied is there, and is not kept out of the build", () => {
  assert.ok(copies.length > 8);
  for (const words of copies)
    for (const source of words.slice(0, -1)) {
      assert.ok(existsSync(join(ROOT, source)), source);
      assert.not.ok(isIgnored(source), `${source} is in .dockerignore`);
    }
});

test("each program in it finds what it imports", () => {
  const programs = [
    "moleculer.config.ts",
    "bin/bida.mjs",
    "cli/main.ts",
    "scripts/healthcheck.mjs",
    "scripts/import-kkbida.ts",
    ...globSync("services/**/*.service.ts", { cwd: ROOT }),
  ];
  const seen = new Set<string>();
  const lacking = new Set<string>();
  const visit = (path: string, from: string) => {
    if (seen.has(path)) return;
    seen.add(path);
    if (!image.has(path)) return void lacking.add(`${path} (imported by ${from})`);
    assert.is(image.get(path), path, "each is where it is in the checkout");
    const text = readFileSync(join(ROOT, path), "utf8");
    for (const [, to = ""] of text.matchAll(/(?:\bfrom|\bimport)[\s(]+["'](\.[^"']+)["']/g))
      visit(relative(ROOT, resolve(ROOT, dirname(path), to)), path);
    // Threads and files of other languages.
    for (const [, to = ""] of text.matchAll(/new URL\(["'](\.[^"']+\.\w+)["']/g))
      if (existsSync(resolve(ROOT, dirname(path), to)))
        visit(relative(ROOT, resolve(ROOT, dirname(path), to)), path);
  };
  for (const program of programs) visit(program, "nobody");
  assert.ok(seen.size > 300, `${seen.size} files`);
  assert.equal([...lacking], []);
});

test.run();
