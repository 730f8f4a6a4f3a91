/** Whatever the OpenAPI document declares gets these bodies and queries: a new route has its rows without anybody's doing. */

import { everyDeclaration } from "../../../services/api/api.service.ts";
import type { Declaration } from "../../../services/api/route.ts";
import { asked, members, type Row, repeated } from "../kit/row.ts";

const NO_ID = "00000000-0000-7000-8000-000000000000";
const pathOf = ({ path }: Declaration): string =>
  path
    .replace(/\{(taskId|jobId)\}/g, NO_ID)
    .replace("{origin}", "http%3A%2F%2Fnone.example")
    .replace(/\{\w+\}/g, "999999");

const KIB = 1024;
const BODIES: [name: string, text: string][] = [
  [
    "240 KiB of empty lists in its first fields",
    `{"taskIds":[${repeated("[],", 60 * KIB)}0],"filter":[${repeated("[],", 60 * KIB)}0],"name":[${repeated("[],", 60 * KIB)}0],"note":[${repeated("[],", 60 * KIB)}0]}`,
  ],
  ["many names", `{${members(20_000, "1")}}`],
  [
    "99 levels of lists, many times",
    `{"name":[${repeated(`${"[".repeat(90)}${"]".repeat(90)},`, 200 * KIB)}0]}`,
  ],
  ["levels without end", "[".repeat(250 * KIB)],
  ["more than it takes", `{"name":"${"x".repeat(300 * KIB)}"}`],
  [
    "a text of 250 KiB in each field",
    `{"name":"${"x".repeat(60 * KIB)}","url":"${"{".repeat(60 * KIB)}","content":"${"{{".repeat(30 * KIB)}","title":"${"${".repeat(30 * KIB)}"}`,
  ],
];

/** Bodies of tasks have rows of their own. */
const withBody = everyDeclaration().filter(
  ({ body, credentials }) => body && !body.asText && credentials !== "legacy",
);
const bodies = withBody.flatMap((route) =>
  BODIES.map(
    ([name, text]): Row => ({
      name: `${route.method} ${route.path}: ${name}`,
      run: (place) => asked(place, route.method, pathOf(route), { body: text }),
      status: [400, 404, 413],
    }),
  ),
);

const QUERIES: [name: string, query: string][] = [
  ["a value of 15 KiB in each of its parameters", "q=%5C%25&x="],
  ["a parameter a thousand times", repeated("state=pending&", 15_000)],
  ["brackets in brackets", `state${"[a]".repeat(2_000)}=1`],
  ["an index far out", `state[${"9".repeat(20)}]=pending&state[99999]=pending`],
  ["a cursor that is none", `cursor=${"A".repeat(12_000)}`],
  ["names of objects' own", "__proto__[a]=1&constructor=1&toString=1"],
];
const withQuery = everyDeclaration().filter(({ query }) => query);
/** A stream that is not refused does not end. */
const isStream = ({ path }: Declaration, query: string) =>
  path === "/v1/events" && query.startsWith("__proto__");
const queries = withQuery.flatMap((route) =>
  QUERIES.filter(([, query]) => !isStream(route, query)).map(
    ([name, query]): Row => ({
      name: `${route.method} ${route.path}: ${name}`,
      run: (place) =>
        asked(
          place,
          route.method,
          `${pathOf(route)}?${query.endsWith("=") ? query + "x".repeat(14_000) : query}`,
        ),
      // What is named like a member of every object is no parameter at all.
      status: query.startsWith("__proto__") ? [200, 204, 400, 404] : [400, 404],
      bytes: 256 * KIB,
    }),
  ),
);

export const declaredRows: Row[] = [...bodies, ...queries];
