/**
 * What the linter does not see: circles of imports that types alone close (`noImportCycles` of biome ignores
 * `import type`), and things that end the process when nobody listens to their errors.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";

const test = suite("structure");

const ROOT = path.resolve(import.meta.dirname, "..");
const FOLDERS = ["core", "store", "due", "actors", "services", "cli", "client", "scripts"];

const sources = FOLDERS.flatMap((folder) =>
  readdirSync(path.join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .map((file) => path.join(ROOT, folder, file))
    .filter((file) => /\.ts$/.test(file) && !file.includes("node_modules") && !/\.d\.ts$/.test(file)),
);

/** Every way in which a module names another one of ours: `import`, `import type`, `export … from`, `import()`. */
const IMPORT = /(?:\bfrom\s+|\bimport\s*\(\s*|^import\s+)"(\.{1,2}\/[^"]+)"/gm;

const textOf = (file: string): string => readFileSync(file, "utf8");
const importsOf = (file: string): string[] =>
  Array.from(textOf(file).matchAll(IMPORT), ([, to]) =>
    path.resolve(path.dirname(file), to as string),
  ).filter((to) => to.endsWith(".ts") && existsSync(to));
const shown = (file: string): string => path.relative(ROOT, file);

/** Groups of modules that reach each other (R. Tarjan, 1972). */
function circles(graph: Map<string, string[]>): string[][] {
  const found: string[][] = [];
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const visit = (node: string) => {
    index.set(node, index.size);
    low.set(node, index.get(node) as number);
    stack.push(node);
    for (const next of graph.get(node) ?? []) {
      if (!index.has(next)) visit(next);
      if (stack.includes(next)) low.set(node, Math.min(low.get(node) as number, low.get(next) as number));
    }
    if (low.get(node) !== index.get(node)) return;
    const group = stack.splice(stack.indexOf(node));
    if (group.length > 1 || graph.get(node)?.includes(node)) found.push(group.toSorted());
  };
  for (const node of graph.keys()) if (!index.has(node)) visit(node);
  return found;
}

test("the search finds circles", () => {
  const graph = new Map([
    ["a", ["b"]],
    ["b", ["c", "d"]],
    ["c", ["a"]],
    ["d", ["e"]],
    ["e", []],
    ["f", ["f"]],
  ]);
  assert.equal(circles(graph), [["a", "b", "c"], ["f"]]);
});

test("imports of any kind, of types too, make no circle", () => {
  const graph = new Map(sources.map((file) => [file, importsOf(file)]));
  assert.ok(sources.length > 200, "the sources are found");
  assert.ok([...graph.values()].flat().length > 1_000, "their imports are found");
  assert.equal(
    circles(graph).map((group) => group.map(shown)),
    [],
  );
});

/** What emits `error`, and ends the process where nobody listens. */
const EMITTERS =
  /\b(createServer|createReadStream|createWriteStream|connect|open)\([^;]*\b(?:net|address)\b|\bnew (Worker|Redis|Socket)\(|\bcreateServer\(/;

test("who makes a socket, a server, a thread or a stream listens to its errors in the same file", () => {
  const makers = sources.filter(
    (file) => EMITTERS.test(textOf(file)) && !/^(scripts|client\/examples)\//.test(shown(file)),
  );
  assert.ok(makers.length >= 4, makers.map(shown).join());
  const silent = makers.filter((file) => !/\.(on|once|prependListener)\("error"/.test(textOf(file)));
  // `connect` of redis-scripts.ts returns what its callers listen to.
  assert.equal(silent.map(shown), []);
});

/** Ways to ask which database it is; the words of comments are no way. */
const ASKS = /\bdialect\b|\bdriver\.name\b|\bclient\.config\.client\b|[!=]==\s*["'`](?:sqlite|mysql)2?["'`]/;
const COMMENTS = /\/\*[\s\S]*?\*\/|\/\/ .*$/gm;
const asks = (text: string): boolean => ASKS.test(text.replace(COMMENTS, ""));

test("only its driver knows which database it is, and migrations, which make its tables", () => {
  assert.ok(asks('if (db.dialect === "mysql") x();') && asks('db.driver.name === "sqlite"'));
  assert.not.ok(asks("// Whatever the dialect.") || asks("await db.driver.ping(1)"));
  const asking = sources.map(shown).filter((file) => asks(textOf(path.join(ROOT, file))));
  assert.equal(
    asking.filter((file) => !/^store\/(drivers|migrations)\//.test(file)),
    [],
  );
});

/** What stands between backticks: the text around `${…}`, and each expression, of inner ones too. */
function templatesOf(source: string): { text: string; inserted: string[] }[] {
  const found: { text: string; inserted: string[] }[] = [];
  const template = (start: number): number => {
    const one = { text: "", inserted: [] as string[] };
    let at = start;
    for (; source[at] !== "`"; at++) {
      if (source.startsWith("${", at)) {
        const from = at + 2;
        for (let [open, to] = [1, from]; ; to++) {
          if (source[to] === "`") to = template(to + 1) - 1;
          else if (source[to] === "{") open++;
          else if (source[to] === "}" && --open === 0) {
            one.inserted.push(source.slice(from, to));
            at = to;
            break;
          }
        }
      } else if (source[at] === "\\") at++;
      else one.text += source[at];
    }
    found.push(one);
    return at + 1;
  };
  const bare = source.replace(COMMENTS, "").replace(/"(?:[^"\\\n]|\\.)*"/g, '""');
  for (source = bare; ; ) {
    const at = source.indexOf("`");
    if (at < 0) return found;
    source = source.slice(template(at + 1));
  }
}

/** What may be part of a statement's text: names of the schema, constants, and texts that are made of nothing else. */
const NO_VALUES = [
  // Constants, and counts.
  /^[A-Z][A-Z_]+(?:\.[a-zA-Z]+)?$/,
  /^\(4 \* KEEPALIVE_MS\) \/ 1000$/,
  /^[A-Z]+\[end\]$/,
  /^ends\.length \/ 2$/,
  // Question marks.
  /^placeholders\(/,
  /^"" ?\.repeat\(/,
  /^marks$/,
  // Tables, columns, directions, and which of two words.
  /^(?:column|columns|table|verb|key|first|second|before|beyond|orderBy|expression|update|lock|name|type|i)$/,
  /^columns?\.(?:join|map)\(/,
  /^wait === "" \? "" : ""$/,
  // Texts that such statements are put together of, in the same file, and what drivers say.
  /^(?:last|owners|nth|rows|text|texts|suffix|each|inside|cases|whole|head|exact|lower|bodies|params|select|where|page|limit)(?:\.join\(""\))?$/,
  /^(?:(?:db\.)?driver\.|joinInOrder$)/,
  /^stateCode\(""\)$/,
  /^(?:not|asText)\(""\)$/,
  /^not\(column\)$/,
  /^PROGRESS\.map\(/,
  /^\[/,
];
const SQL =
  /\b(?:SELECT|INSERT|UPDATE|DELETE|WHERE|FROM|JOIN|VALUES|LIKE|CASE|COALESCE|REGEXP|WHEN|SHOW|SET)\b|\?|=/;

test("values are bound: nothing but names, constants and question marks is put into the text of SQL", () => {
  const injected =
    "db.knex.raw(`SELECT * FROM tasks WHERE url = '${filter.url}' AND n IN ${placeholders(2)}`)";
  assert.equal(templatesOf(injected)[0]?.inserted, ["filter.url", "placeholders(2)"]);
  const suspects = sources
    .map(shown)
    .filter((file) => file.startsWith("store/"))
    .flatMap((file) =>
      templatesOf(textOf(path.join(ROOT, file)))
        .filter(({ text }) => SQL.test(text))
        .flatMap(({ inserted }) => inserted)
        .filter((one) => !NO_VALUES.some((pattern) => pattern.test(one.trim())))
        .map((one) => `${file}: ${one}`),
    );
  assert.equal(suspects, [], "if it can be no caller's value, say so in NO_VALUES; otherwise bind it");
  const concatenated = sources
    .map(shown)
    .filter(
      (file) =>
        file.startsWith("store/") && /\b(?:raw|whereRaw)\([^`;]*"\s*\+/i.test(textOf(path.join(ROOT, file))),
    );
  assert.equal(concatenated, []);
});

test("services keep no state in their modules: it belongs to an object that is made when they start", () => {
  const STATE = /^(?:export )?let /m;
  const services = sources.filter((file) => shown(file).startsWith("services/"));
  assert.equal(services.filter((file) => STATE.test(textOf(file))).map(shown), []);
});

test.run();
