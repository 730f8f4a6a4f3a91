// Builds the console into dist/: hashed files, each also as .br and .gz, and a budget for what the first page loads.
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig, type Plugin, type Rollup } from "vite";

/** Bytes of JavaScript, brotli, that the first page may need; the build fails above it. */
const FIRST_LOAD_BUDGET = 150 * 1024;

const brotli = promisify(brotliCompress);
const gz = promisify(gzip);

/** Writes .br and .gz beside every text file and says what the first page weighs. */
function compress(): Plugin {
  return {
    name: "compress",
    apply: "build",
    async writeBundle(options, bundle) {
      const folder = options.dir as string;
      const sizes = new Map<string, number>();
      for (const name of [...Object.keys(bundle), "boot.js", "favicon.svg"]) {
        if (!/\.(js|css|html|svg)$/.test(name)) continue;
        const content = readFileSync(join(folder, name));
        const small = await brotli(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
        sizes.set(name, small.length);
        if (content.length < 400) continue;
        await writeFile(join(folder, `${name}.br`), small);
        await writeFile(join(folder, `${name}.gz`), await gz(content, { level: 9 }));
      }
      report(bundle, sizes);
    },
  };
}

function report(bundle: Rollup.OutputBundle, sizes: Map<string, number>): void {
  const chunks = Object.values(bundle).filter((part) => part.type === "chunk");
  const first = new Set<string>(["boot.js"]);
  const follow = (name: string) => {
    if (first.has(name)) return;
    first.add(name);
    for (const imported of chunks.find((chunk) => chunk.fileName === name)?.imports ?? []) follow(imported);
  };
  for (const chunk of chunks) if (chunk.isEntry) follow(chunk.fileName);
  // The overview, which is what `/` shows.
  for (const chunk of chunks)
    if (/\/Overview\.svelte$/.test(chunk.facadeModuleId ?? "")) follow(chunk.fileName);
  const sum = (names: Iterable<string>) => [...names].reduce((all, name) => all + (sizes.get(name) ?? 0), 0);
  const kb = (bytes: number) => `${(bytes / 1024).toFixed(1)} KB`;
  const all = sum([...sizes.keys()].filter((name) => name.endsWith(".js")));
  const css = sum([...sizes.keys()].filter((name) => name.endsWith(".css")));
  console.log(
    `First load: ${kb(sum(first))} of JavaScript in brotli (${[...first].map((name) => basename(name)).join(", ")}); ` +
      `all pages: ${kb(all)}, styles ${kb(css)}`,
  );
  if (sum(first) > FIRST_LOAD_BUDGET) throw new Error(`First load is over ${kb(FIRST_LOAD_BUDGET)}`);
}

export default defineConfig({
  plugins: [svelte(), compress()],
  build: {
    target: "es2022",
    outDir: "dist",
    emptyOutDir: true,
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
  server: {
    // The rules that the console shares with the server.
    fs: { allow: [".", "../core"] },
    // `npm run dev` beside a running Bida.
    proxy: Object.fromEntries(
      ["/v1", "/api", "/healthz", "/readyz", "/openapi.json", "/docs"].map((path) => [
        path,
        process.env.BIDA_URL ?? "http://127.0.0.1:8080",
      ]),
    ),
  },
});
