/** `/openapi.json` and the pages that explain the API. No page loads anything from elsewhere. */

import { BidaError } from "../../core/errors.ts";
import packageJson from "../../package.json" with { type: "json" };
import { assetNames, readAsset } from "./docs/assets.ts";
import { errorsPage } from "./docs/errors-page.ts";
import { type Resource, resourceOf, sendResource } from "./docs/resource.ts";
import { openApiDocument } from "./openapi/document.ts";
import type { Declaration, Route } from "./route.ts";

const tag = "Documentation";
const access = null;
const JSON_TYPE = "application/json; charset=utf-8";
const HTML_TYPE = "text/html; charset=utf-8";

/** @param declared everything that is to be described, these routes included */
export function docsRoutes(declared: () => Declaration[]): Route[] {
  const openApi = once(async () => {
    const text = JSON.stringify(openApiDocument(declared(), packageJson.version));
    return resourceOf(JSON_TYPE, text);
  });
  const page = once(async () => resourceOf(HTML_TYPE, await readAsset("docs.html")));
  const errors = once(async () => resourceOf(HTML_TYPE, errorsPage()));
  const assets = new Map(
    assetNames.map(([name, type]) => [name, once(async () => resourceOf(type, await readAsset(name)))]),
  );

  return [
    {
      method: "GET",
      path: "/openapi.json",
      tag,
      summary: "This document",
      access,
      answer: { description: "OpenAPI 3.1", contentType: "application/json" },
      handler: async ({ req, res }) => sendResource(req, res, await openApi()),
    },
    {
      method: "GET",
      path: "/docs",
      tag,
      summary: "A page to read this document",
      access,
      answer: { description: "The page", contentType: "text/html" },
      handler: async ({ req, res }) => sendResource(req, res, await page()),
    },
    {
      method: "GET",
      path: "/docs/errors",
      tag,
      summary: "What each error code means",
      description: "`type` of a problem document points here.",
      access,
      answer: { description: "The page", contentType: "text/html" },
      handler: async ({ req, res }) => sendResource(req, res, await errors()),
    },
    {
      method: "GET",
      path: "/docs/assets/{file}",
      tag,
      summary: "Styles and scripts of these pages",
      access,
      answer: { description: "The file", contentType: "*/*" },
      handler: async ({ params, req, res }) => {
        const asset = assets.get(params.file ?? "");
        if (!asset) throw new BidaError("not_found");
        sendResource(req, res, await asset());
      },
    },
  ];
}

/** Made when it is first asked for; tried again where that failed. */
function once(make: () => Promise<Resource>): () => Promise<Resource> {
  let made: Promise<Resource> | null = null;
  return () => {
    made ??= make().catch((error) => {
      made = null;
      throw error;
    });
    return made;
  };
}
