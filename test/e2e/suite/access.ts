/** Every declared route × everybody who may knock: the table (`kit/who-may.ts`) decides, and nothing else. */
import * as assert from "uvu/assert";
import { ROUTES } from "../../../services/api/api.service.ts";
import { nodeRoutes } from "../../../services/api/nodes.routes.ts";
import type { Route } from "../../../services/api/route.ts";
import { WHO_MAY } from "../kit/who-may.ts";
import { ADMIN, type World } from "../kit/world.ts";
import type { Suite } from "./suite.ts";

/** Only their declarations are looked at. */
const EVERY_ROUTE: Route[] = [...ROUTES, ...nodeRoutes(undefined as never)];

export const PASSWORD = "correct horse battery";
export const basic = (username: string, password = PASSWORD) => ({
  authorization: `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`,
});

/** Makes a user with {@link PASSWORD}; returns its id, and the headers it calls with. */
export async function newUser(world: World, role: string, username = `${role}-${Math.random()}`) {
  const reply = await world.api("POST", "/v1/users", { username, password: PASSWORD, role });
  assert.is(reply.status, 201, reply.text);
  return { id: reply.json.id as number, username, headers: basic(username) };
}

const RANKS = ["viewer", "operator", "admin"];

/** What `who` gets of a route, by the table: 401, 403, or null for anything else. */
function expected({ method, path }: Route, who: string): number | null {
  const may = WHO_MAY[`${method} ${path}`];
  if (may === undefined) throw new Error(`${method} ${path} has no row in who-may.ts`);
  if (["everybody", "legacy", "scrape"].includes(may)) return null;
  if (who === "nobody" || who.startsWith("wrong")) return 401;
  const [role = "", , apps] = may.split(" ");
  if (who === "app") return apps ? null : 403;
  return RANKS.indexOf(who) >= RANKS.indexOf(role) ? null : 403;
}

/** Asks for things that are not there, with a body that no schema accepts: nothing happens where it is let through. */
async function knock(world: World, route: Route, headers: Record<string, string>): Promise<number> {
  const path = route.path
    .replace("{taskId}", "00000000-0000-7000-8000-000000000000")
    .replace(/\{\w+\}/g, "0");
  const query = route.path === "/v1/audit" ? "?target=task:none" : "";
  const answer = await fetch(`${world.baseUrl}${path}${query}`, {
    method: route.method,
    headers:
      route.method === "GET"
        ? headers
        : { "content-type": "application/json", origin: world.baseUrl, ...headers },
    // Where it may be missing it can ask for more than the route alone.
    body: route.body && !route.body.optional ? '{"no schema has this": 1}' : null,
    signal: AbortSignal.timeout(30_000),
  });
  await answer.body?.cancel();
  return answer.status;
}

export function accessSuite({ test, world }: Suite): void {
  test("every route, for everybody: 401, 403 or more, as it is declared", async () => {
    const app = await world().app(`walker-${Math.random()}`);
    const users = await Promise.all(RANKS.map((role) => newUser(world(), role)));
    const callers: [who: string, headers: Record<string, string>][] = [
      ["nobody", {}],
      ["wrong key", { authorization: "Bearer bida_wrong" }],
      ["wrong cookie", { cookie: `bida_session=${"x".repeat(43)}` }],
      ["wrong scheme", { authorization: `Digest ${ADMIN.authorization.slice(6)}` }],
      ["app", app.headers],
      ...RANKS.map((role, i): [string, Record<string, string>] => [role, users[i]?.headers ?? {}]),
    ];
    const { username } = users[1] ?? { username: "" };
    const login = await world().api("POST", "/v1/session", { username, password: PASSWORD });
    callers.push(["operator", { cookie: login.headers.getSetCookie()[0]?.split(";")[0] ?? "" }]);
    const seen = new Set<string>();
    for (const route of EVERY_ROUTE) {
      for (const [who, headers] of callers) {
        // Not yet: the session is needed for the other routes.
        if (route.path === "/v1/session" && route.method === "DELETE" && headers.cookie) continue;
        const status = await knock(world(), route, headers);
        const name = `${route.method} ${route.path} as ${who}`;
        const wanted = expected(route, who);
        if (wanted !== null) assert.is(status, wanted, name);
        else
          assert.ok(
            ![403, 500, 503].includes(status) && (status !== 401 || !route.access),
            `${name}: ${status}`,
          );
        seen.add(`${wanted}`);
      }
    }
    assert.equal([...seen].sort(), ["401", "403", "null"]);
    for (const { id } of users) await world().api("DELETE", `/v1/users/${id}`);
  });

  test("wrong Basic credentials are 401 at first, then 429", async () => {
    const name = `stranger-${Math.random()}`;
    const statuses: number[] = [];
    for (const route of ROUTES.filter(({ access }) => access !== null).slice(0, 8))
      statuses.push(await knock(world(), route, basic(name)));
    assert.equal(statuses.slice(0, 5), [401, 401, 401, 401, 401]);
    for (const status of statuses.slice(5)) assert.ok(status === 401 || status === 429, String(status));
    assert.ok(statuses.includes(429));
  });
}
