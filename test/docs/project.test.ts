/** What a repository has beside its code: it can be read, names what is there, and says one version. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { page, ROOT } from "./kit/markdown.ts";

const test = suite("project files");
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
const manifest = JSON.parse(read("package.json"));
const YAML = join(ROOT, "site/node_modules/yaml");
// `npm test` installs it with the packages of the site.
const check = existsSync(YAML) ? test : test.skip;
const parse = (path: string) => createRequire(import.meta.url)(YAML).parse(read(path));

check("CI runs npm test, and scripts that are there", () => {
  const { jobs } = parse(".github/workflows/ci.yml");
  const commands = Object.values<{ steps: { run?: string }[] }>(jobs).flatMap(({ steps }) =>
    steps.flatMap(({ run }) => run ?? []),
  );
  assert.ok(commands.includes("npm test"));
  for (const [, script = ""] of commands.join("\n").matchAll(/npm run ([\w:]+)/g))
    assert.ok(script in manifest.scripts, script);
});

check("YAML and JSON of tools can be read", () => {
  const files = [
    ...globSync(".github/**/*.yml", { cwd: ROOT }),
    "docker-compose.yml",
    "docs/monitoring/alerts.yml",
  ];
  assert.ok(files.length > 5);
  for (const file of files) assert.type(parse(file), "object", file);
  for (const form of ["bug", "idea"]) {
    const { name, description, body } = parse(`.github/ISSUE_TEMPLATE/${form}.yml`);
    assert.ok(name && description && body.length > 2);
  }
  const { directories } = parse(".github/dependabot.yml").updates[0];
  for (const folder of directories) assert.ok(existsSync(join(ROOT, folder, "package.json")), folder);
  assert.ok(JSON.parse(read(".devcontainer/devcontainer.json")).image);
});

test("one version everywhere, and the changelog has it", () => {
  const { version } = manifest;
  for (const folder of ["client", "site", "ui"])
    assert.is(JSON.parse(read(`${folder}/package.json`)).version, version, folder);
  for (const folder of [".", "site", "ui"])
    assert.is(JSON.parse(read(`${folder}/package-lock.json`)).version, version, folder);
  const titles = page("CHANGELOG.md").headings.map(({ text }) => text);
  const at = titles.findIndex((title) => title.startsWith(`[${version}]`));
  assert.ok(at > 0 && /^\[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d$/.test(titles[at] ?? ""), titles.join());
  const kinds = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"];
  const ofVersion = page("CHANGELOG.md")
    .headings.slice(at + 1)
    .filter(({ depth }) => depth === 3)
    .map(({ text }) => text);
  assert.equal(
    [...new Set(ofVersion)].toSorted((a, b) => kinds.indexOf(a) - kinds.indexOf(b)),
    ofVersion,
    "sorted by kind, each once",
  );
  assert.ok(
    ofVersion.every((kind) => kinds.includes(kind)),
    ofVersion.join(),
  );
});

test("examples use the client of this version", () => {
  const wanted = `^${manifest.version}`;
  for (const file of globSync("examples/*/package.json", { cwd: ROOT })) {
    const { "bida-client": client = wanted } = JSON.parse(read(file)).dependencies;
    assert.is(client, wanted, file);
  }
  for (const file of globSync("examples/*/README.md", { cwd: ROOT }))
    for (const [, version] of read(file).matchAll(/bida-client-(\d[\w.]*)\.tgz/g))
      assert.is(version, manifest.version, file);
});

test("the release of Node is the one that the project needs", () => {
  const [wanted = 0] = read(".nvmrc").trim().split(".").map(Number);
  const [least = 0] = (/\d+/.exec(manifest.engines.node) ?? []).map(Number);
  assert.ok(wanted >= least && read("Dockerfile").includes(`node:${wanted}-`));
});

test("what needs packages installs them first", () => {
  const { scripts } = manifest;
  const bare = Object.keys(scripts).filter(
    (name) => !/^(pre|post)[a-z]/.test(name) && !scripts[`pre${name}`]?.includes("scripts/prepare.mjs"),
  );
  assert.equal(bare, []);
});

test.run();
