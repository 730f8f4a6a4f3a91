/** Actions over HTTP: each goes to a route that is declared. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { everyDeclaration } from "../../services/api/api.service.ts";
import { REST } from "../../services/repl/rest-routes.ts";

/** Names of parameters differ: an action's `id` is a route's `jobId`. */
const shape = ({ method, path }: { method: string; path: string }) =>
  `${method} ${path.replace(/\{\w+\}/g, "{}")}`;

test("each route that the command line asks is declared", () => {
  const declared = new Set(everyDeclaration().map(shape));
  for (const [action, rest] of Object.entries(REST)) {
    if (rest.path === "/v1/tasks/{action}") {
      for (const one of ["retry", "cancel", "resolve"]) assert.ok(declared.has(`POST /v1/tasks/${one}`), one);
    } else assert.ok(declared.has(shape(rest)), `${action}: ${shape(rest)}`);
  }
});

test.run();
