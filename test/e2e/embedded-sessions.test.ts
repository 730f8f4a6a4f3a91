/** What is revoked is gone: streams, sessions, browsers that are known. @takes 30 s */
import { randomUUID } from "node:crypto";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { startEmbedded } from "./kit/embedded.ts";
import { EventReader } from "./kit/events.ts";
import { until } from "./kit/until.ts";
import { ADMIN, type Reply, type World } from "./kit/world.ts";
import { basic, newUser, PASSWORD } from "./suite/access.ts";

let world: World;

test.before(async () => {
  // Tests say where they come from, and that they came over TLS.
  world = await startEmbedded({ BIDA_TRUST_PROXY: "127.0.0.1", BIDA_RETENTION_DAYS: "0" });
});
test.after(() => world.stop());

type Headers = Record<string, string>;
const ours = () => ({ origin: world.baseUrl });
const login = (username: string, headers: Headers = {}, password = PASSWORD) =>
  world.api("POST", "/v1/session", { username, password }, { ...ours(), ...headers });
const cookies = (reply: Reply): string[] =>
  reply.headers.getSetCookie().map((cookie) => cookie.split(";", 1)[0] as string);
const sessionOf = (reply: Reply): Headers => ({ cookie: cookies(reply)[0] ?? "" });
const whoAmI = async (headers: Headers) => (await world.api("GET", "/v1/session", undefined, headers)).status;
const soon = (headers: Headers, status: number) =>
  until(`status ${status}`, async () => (await whoAmI(headers)) === status);

interface Revoked {
  headers: Headers;
  revoke(): Promise<Reply>;
}

async function user(): Promise<{ id: number; username: string; session: Headers; headers: Headers }> {
  const made = await newUser(world, "viewer");
  return { ...made, session: sessionOf(await login(made.username)) };
}

async function app(change: (path: string) => Promise<Reply>): Promise<Revoked> {
  const made = (await world.api("POST", "/v1/apps", { name: `app-${randomUUID()}` })).json;
  const headers = { authorization: `Bearer ${made.key}` };
  return { headers, revoke: () => change(`/v1/apps/${made.id}`) };
}

const REVOKED: [what: string, make: () => Promise<Revoked>][] = [
  [
    "a logout",
    async () => {
      const { session } = await user();
      const revoke = () => world.api("DELETE", "/v1/session", undefined, { ...session, ...ours() });
      return { headers: session, revoke };
    },
  ],
  [
    "a session that its user ended from elsewhere",
    async () => {
      const { session, headers } = await user();
      const [{ id }] = (await world.api("GET", "/v1/sessions", undefined, headers)).json.items;
      return {
        headers: session,
        revoke: () => world.api("DELETE", `/v1/sessions/${id}`, undefined, { ...headers, ...ours() }),
      };
    },
  ],
  [
    "sessions that an administrator ended",
    async () => {
      const { id, session } = await user();
      return { headers: session, revoke: () => world.api("DELETE", `/v1/users/${id}/sessions`) };
    },
  ],
  ...[{ role: "operator" }, { disabled: true }, { password: "another good one" }].flatMap((change) =>
    (["session", "headers"] as const).map((with_): [string, () => Promise<Revoked>] => [
      `${JSON.stringify(change)} of a user with ${with_ === "session" ? "a session" : "Basic"}`,
      async () => {
        const made = await user();
        return { headers: made[with_], revoke: () => world.api("PATCH", `/v1/users/${made.id}`, change) };
      },
    ]),
  ),
  [
    "a deleted user",
    async () => {
      const { id, headers } = await user();
      return { headers, revoke: () => world.api("DELETE", `/v1/users/${id}`) };
    },
  ],
  ["a deleted app", () => app((path) => world.api("DELETE", path))],
  ["a disabled app", () => app((path) => world.api("PATCH", path, { disabled: true }))],
  [
    "an app that may not come from here any more",
    () => app((path) => world.api("PATCH", path, { ipAllow: ["192.0.2.0/24"] })),
  ],
  ["a rotated key", () => app((path) => world.api("POST", `${path}/rotate-key`, { immediately: true }))],
];

for (const [what, make] of REVOKED) {
  test(`a stream ends: ${what}`, async () => {
    const { headers, revoke } = await make();
    const [innocent, stream] = [await EventReader.open(world), await EventReader.open(world, "", headers)];
    const ends: string[] = [];
    void innocent.ended.then(() => ends.push("innocent"));
    const reply = await revoke();
    assert.ok(reply.status < 300, reply.text);
    assert.is(await stream.ended, "end");
    assert.equal(ends, []);
    await innocent.close();
  });
}

test("a stream ends within seconds where nobody told of it: its session is over by the clock", async () => {
  const { session, id } = await user();
  const stream = await EventReader.open(world, "", session);
  await world.withDatabase((db) => db.knex("sessions").where("user_id", id).update({ expires_at: 1 }));
  assert.is(await stream.ended, "end");
});

test("a stream is no use of its session: it does not keep it alive", async () => {
  const { session, id } = await user();
  const end = Date.now() + 3_600_000;
  await world.withDatabase((db) => db.knex("sessions").where("user_id", id).update({ expires_at: end }));
  const expiry = () =>
    world.withDatabase(async (db) =>
      Number(
        await db
          .knex("sessions")
          .where("user_id", id)
          .first("expires_at")
          .then((row) => row.expires_at),
      ),
    );
  const stream = await EventReader.open(world, "", { ...session });
  // Opening it was a request, and one use.
  await until("the use to be noted", async () => (await expiry()) > end);
  await world.withDatabase((db) => db.knex("sessions").where("user_id", id).update({ expires_at: end }));
  // Another user's change makes every stream ask again.
  const other = await newUser(world, "viewer");
  await world.api("PATCH", `/v1/users/${other.id}`, { role: "operator" });
  await until("a tick after it", () => stream.stats.length > 1);
  assert.is(await expiry(), end);
  await stream.close();
});

test("a login ends the session that the browser had, whoever's it was", async () => {
  const [first, second] = [await user(), await user()];
  const elsewhere = sessionOf(await login(first.username));
  const next = await login(second.username, first.session);
  assert.is(next.status, 200);
  await soon(first.session, 401);
  assert.is(await whoAmI(elsewhere), 200);
  assert.is(await whoAmI(sessionOf(next)), 200);
  // A login that fails changes nothing.
  assert.is((await login(second.username, sessionOf(next), "wrong password")).status, 401);
  assert.is(await whoAmI(sessionOf(next)), 200);
});

test("log out everywhere; other users' sessions stay", async () => {
  const [one, other] = [await user(), await user()];
  const second = sessionOf(await login(one.username));
  const reply = await world.api("DELETE", "/v1/session?everywhere=true", undefined, {
    ...one.session,
    ...ours(),
  });
  assert.is(reply.status, 204);
  await soon(one.session, 401);
  await soon(second, 401);
  assert.is(await whoAmI(other.session), 200);
  assert.is(await whoAmI(one.headers), 200);
  const { items } = (await world.api("GET", `/v1/audit?action=session.end&target=user:${one.id}`)).json;
  assert.equal([items.length, items[0].actor.name, items[0].before], [1, one.username, { sessions: 2 }]);
  assert.is((await world.api("DELETE", "/v1/session?everywhere=1", undefined, ours())).status, 400);
});

test("the list of sessions: one's own, where from, which one this is; nothing in it is a credential", async () => {
  const made = await newUser(world, "viewer");
  const from = { "user-agent": "Mozilla/5.0 <b>", "x-forwarded-for": "192.0.2.7" };
  const here = sessionOf(await login(made.username, from));
  const there = sessionOf(await login(made.username, { "x-forwarded-for": "2001:db8::1" }));
  const reply = await world.api("GET", "/v1/sessions", undefined, here);
  const items = reply.json.items as { id: string; current: boolean; sourceIp: string; userAgent: string }[];
  assert.equal(
    items.map(({ current, sourceIp }) => [current, sourceIp]).sort(),
    [
      [false, "2001:db8::1"],
      [true, "192.0.2.7"],
    ].sort(),
  );
  assert.is(items.find(({ current }) => current)?.userAgent, "Mozilla/5.0 <b>");
  for (const { cookie = "" } of [here, there])
    assert.not.ok(reply.text.includes(cookie.split("=")[1] ?? "?"));
  const stranger = await user();
  for (const id of [items[0]?.id, "0", "x".repeat(300)])
    assert.is(
      (await world.api("DELETE", `/v1/sessions/${id}`, undefined, { ...stranger.session, ...ours() })).status,
      404,
    );
  const end = (id: string | undefined) =>
    world.api("DELETE", `/v1/sessions/${id}`, undefined, { ...here, ...ours() });
  assert.is((await end(items.find(({ current }) => !current)?.id)).status, 204);
  await soon(there, 401);
  assert.is(await whoAmI(here), 200);
  const asAdmin = (await world.api("GET", `/v1/users/${made.id}/sessions`)).json.items;
  assert.equal(
    asAdmin.map(({ current }: { current: boolean }) => current),
    [false],
  );
  assert.is((await world.api("GET", `/v1/users/${made.id}/sessions`, undefined, here)).status, 403);
  assert.is((await world.api("GET", "/v1/users/999999/sessions")).status, 404);
});

test("a user has at most 100 sessions; the oldest ends", async () => {
  const { id, username, session } = await user();
  await world.withDatabase(async (db) => {
    const row = await db.knex("sessions").where("user_id", id).first();
    await db
      .knex("sessions")
      .where("user_id", id)
      .update({ created_at: row.created_at - 1_000 });
    for (let i = 0; i < 99; i++)
      await db.knex("sessions").insert({ ...row, token_hash: Buffer.alloc(32, randomUUID()) });
  });
  assert.is((await login(username)).status, 200);
  await soon(session, 401);
  assert.is((await world.api("GET", `/v1/users/${id}/sessions`)).json.items.length, 100);
});

test("behind TLS cookies are __Host-, and a planted one without it counts for nothing", async () => {
  const tls = { "x-forwarded-proto": "https" };
  const { username } = await newUser(world, "viewer");
  const reply = await login(username, { ...tls, origin: world.baseUrl.replace("http:", "https:") });
  for (const [i, name] of ["__Host-bida_session", "__Host-bida_device"].entries())
    assert.match(
      reply.headers.getSetCookie()[i] ?? "",
      new RegExp(`^${name}=[\\w-]{43}; Path=/; HttpOnly; SameSite=Strict; Max-Age=\\d+; Secure$`),
    );
  const session = sessionOf(reply);
  assert.is(await whoAmI({ ...session, ...tls }), 200);
  assert.is(await whoAmI({ cookie: session.cookie?.replace("__Host-", "") ?? "", ...tls }), 401);
  // Without TLS the browser would not send it.
  assert.is(await whoAmI(session), 401);
});

test("a browser that is known is not held back by what others try, from wherever", async () => {
  const made = await newUser(world, "operator");
  const at = { "x-forwarded-for": "198.51.100.7" };
  const [, device = ""] = cookies(await login(made.username, at));
  for (let i = 0; i < 5; i++) assert.is((await login(made.username, at, "wrong password")).status, 401);
  assert.is((await login(made.username, at)).status, 429);
  const known = await login(made.username, { ...at, cookie: device });
  assert.is(known.status, 200, known.text);
  // From another network too.
  assert.is((await login(made.username, { "x-forwarded-for": "203.0.113.1", cookie: device })).status, 200);
  // What it gets wrong itself counts for itself.
  for (let i = 0; i < 5; i++)
    assert.is((await login(made.username, { ...at, cookie: device }, "wrong password")).status, 401);
  assert.is((await login(made.username, { ...at, cookie: device })).status, 429);
  // To another account it is not known.
  const other = await newUser(world, "viewer");
  for (let i = 0; i < 5; i++)
    assert.is((await login(other.username, { ...at, cookie: device }, "wrong password")).status, 401);
  assert.is((await login(other.username, { ...at, cookie: device })).status, 429);
});

test("a flood of logins from many addresses: who is known gets in, the flood gets 429", async () => {
  const made = await newUser(world, "operator");
  const at = { "x-forwarded-for": "198.51.100.77" };
  assert.is((await login(made.username, at)).status, 200);
  const flood = Array.from({ length: 120 }, (_, i) =>
    login(made.username, { "x-forwarded-for": `10.9.${i}.1` }, "wrong password"),
  );
  // 503: on a machine that is busy with other things an answer comes too late.
  const known = await until("an answer in time", async () => {
    const reply = await login(made.username, at);
    return reply.status === 503 ? null : reply;
  });
  assert.is(known.status, 200, known.text);
  const statuses = (await Promise.all(flood)).map(({ status }) => status);
  assert.ok(statuses.includes(429));
  assert.ok(
    statuses.every((status) => [401, 429, 503].includes(status)),
    String(statuses),
  );
});

test("wrong passwords are in the audit log, without what was typed as a name", async () => {
  const made = await newUser(world, "viewer");
  await login(made.username, { "x-forwarded-for": "203.0.113.50" }, "wrong password");
  await login("my secret, in the wrong field", { "x-forwarded-for": "203.0.113.51" }, "wrong password");
  assert.is(await whoAmI({ ...basic(made.username, "wrong"), "x-forwarded-for": "203.0.113.52" }), 401);
  const { items, text } = await (async () => {
    const reply = await world.api("GET", "/v1/audit?action=login.refuse&limit=200", undefined, ADMIN);
    return {
      items: reply.json.items as { sourceIp: string; target: { id: string | null } }[],
      text: reply.text,
    };
  })();
  const of = (ip: string) => items.filter(({ sourceIp }) => sourceIp === ip).map(({ target }) => target.id);
  assert.equal(of("203.0.113.50"), [made.username]);
  assert.equal(of("203.0.113.51"), [null]);
  assert.equal(of("203.0.113.52"), [made.username]);
  assert.not.match(text, "my secret");
});

test.run();
