/** Files of the documentation's pages: our own, and those of Swagger UI. */
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const SWAGGER = dirname(fileURLToPath(import.meta.resolve("swagger-ui-dist/package.json")));

/** What is served under `/docs/assets/`, and nothing else, with its media type. */
export const assetNames: [name: string, type: string][] = [
  ["docs.js", "text/javascript; charset=utf-8"],
  ["docs.css", "text/css; charset=utf-8"],
  ["swagger-ui-bundle.js", "text/javascript; charset=utf-8"],
  ["swagger-ui.css", "text/css; charset=utf-8"],
  ["favicon-32x32.png", "image/png"],
];

/** @param name one of {@link assetNames}, or a page beside this file */
export const readAsset = (name: string): Promise<Buffer> =>
  readFile(join(name.startsWith("docs.") ? import.meta.dirname : SWAGGER, name));
