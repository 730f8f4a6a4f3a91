/** Users, their sessions, and the audit log. */
import * as assert from "uvu/assert";
import { until } from "../kit/until.ts";
import { ADMIN, type Reply } from "../kit/world.ts";
import { basic, newUser, PASSWORD } from "./access.ts";
import type { Suite } from "./suite.ts";

export const cookieOf = (reply: Reply): string => reply.headers.getSetCookie()[0]?.split(";")[0] ?? "";

export function peopleSuite({ test, world }: Suite): void {
  const ours = () => ({ origin: world().baseUrl });
  const login = (username: string, password = PASSWORD) =>
    world().api("POST", "/v1/session", { username, password }, ours());
  const whoAmI = (headers: Record<string, string>) => world().api("GET", "/v1/session", undefined, headers);
  /** The admin service's word reaches other nodes a moment later. */
  const soon = (what: string, headers: Record<string, string>, status: number) =>
    until(what, async () => (await whoAmI(headers)).status === status);
  const audit = async (query: string) =>
    (await world().api("GET", `/v1/audit?${query}`)).json.items as Record<string, unknown>[];

  test("a session: login, who am I, a change, logout", async () => {
    const user = await newUser(world(), "operator");
    const reply = await login(user.username);
    assert.is(reply.status, 200, reply.text);
    const set = reply.headers.getSetCookie()[0] ?? "";
    assert.match(set, /^bida_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=\d+$/);
    const session = { cookie: cookieOf(reply) };
    const me = await whoAmI(session);
    assert.equal(me.json.user, { id: user.id, username: user.username, role: "operator" });
    assert.is(me.json.mustChangePassword, false);
    const hours = (Date.parse(me.json.expiresAt) - Date.now()) / 3_600_000;
    assert.ok(hours > 11.9 && hours < 12.1, String(hours));

    const taskId = await world().submit({ url: world().receiver.url(), delayMs: 3_600_000 });
    const cancel = (headers: Record<string, string>) =>
      world().api("POST", `/v1/tasks/${taskId}/cancel`, undefined, { ...session, ...headers });
    for (const headers of [
      {},
      { origin: "https://evil.example" },
      { origin: world().baseUrl, "sec-fetch-site": "cross-site" },
      { origin: "null" },
    ] as Record<string, string>[]) {
      assert.is((await cancel(headers)).json.code, "forbidden", JSON.stringify(headers));
    }
    assert.is((await world().task(taskId)).state, "pending");
    assert.is((await cancel(ours())).json.state, "canceled");

    const out = await world().api("DELETE", "/v1/session", undefined, { ...session, ...ours() });
    assert.is(out.status, 204);
    assert.match(out.headers.getSetCookie()[0] ?? "", /^bida_session=;.*Max-Age=0/);
    await soon("the logout to be known", session, 401);
    const over = await whoAmI(session);
    assert.match(over.headers.get("www-authenticate") ?? "", /^Session/);
  });

  test("a login with wrong or odd credentials", async () => {
    const user = await newUser(world(), "viewer");
    const wrong = await login(user.username, "not the password");
    assert.equal([wrong.status, wrong.json.code], [401, "unauthorized"]);
    assert.equal(wrong.headers.getSetCookie(), []);
    for (const body of [{}, { username: 1, password: 2 }, { username: "x".repeat(65), password: "p" }, []]) {
      const reply = await world().api("POST", "/v1/session", body, ours());
      assert.equal([reply.status, reply.json.code], [400, "invalid_body"], JSON.stringify(body));
    }
    // Another case is somebody else. One try: an address has 20 failures before all of its logins have to wait.
    assert.is((await login("Admin", "admin")).status, 401);
    const evil = { origin: "https://evil.example" };
    const { username } = user;
    const foreign = await world().api("POST", "/v1/session", { username, password: PASSWORD }, evil);
    assert.is(foreign.status, 403);
  });

  test("after five failures an account has to wait, right password or not; others do not", async () => {
    const [user, other] = [await newUser(world(), "viewer"), await newUser(world(), "viewer")];
    assert.is((await login(other.username)).status, 200);
    for (let i = 0; i < 5; i++) assert.is((await login(user.username, "wrong")).status, 401);
    const held = await login(user.username);
    assert.equal([held.status, held.json.code], [429, "too_many_requests"]);
    assert.ok(Number(held.headers.get("retry-after")) >= 1);
    assert.is((await login(other.username)).status, 200);
    // It counts for Basic as well, which is the same password.
    assert.is((await whoAmI(basic(user.username, "wrong again"))).status, 429);
    const back = await until("the wait to be over", async () => {
      const reply = await login(user.username);
      return reply.status === 429 ? null : reply;
    });
    assert.is(back.status, 200);
    // A success forgives: the next failure is the first again.
    assert.is((await login(user.username, "wrong")).status, 401);
    assert.is((await login(user.username)).status, 200);
  });

  test("the own password: the old one and all sessions end; the request's session goes on anew", async () => {
    const user = await newUser(world(), "viewer");
    const [here, elsewhere] = [await login(user.username), await login(user.username)].map((reply) => ({
      cookie: cookieOf(reply),
    }));
    assert.is((await whoAmI(user.headers)).status, 200);
    const change = (body: unknown) =>
      world().api("POST", "/v1/session/password", body, { ...(here as { cookie: string }), ...ours() });
    const next = "another good one";
    for (const [body, field] of [
      [{ currentPassword: "wrong", newPassword: next }, "currentPassword"],
      [{ currentPassword: PASSWORD, newPassword: "short" }, "newPassword"],
      [{ currentPassword: PASSWORD, newPassword: user.username.toUpperCase() }, "newPassword"],
      [{ currentPassword: PASSWORD }, "newPassword"],
    ] as const) {
      const reply = await change(body);
      assert.equal([reply.status, reply.json.errors[0]?.field], [400, field], reply.text);
    }
    const changed = await change({ currentPassword: PASSWORD, newPassword: next });
    assert.is(changed.status, 204, changed.text);
    const renewed = { cookie: cookieOf(changed) };
    assert.is((await whoAmI(renewed)).status, 200);
    await soon("the other session to end", elsewhere as { cookie: string }, 401);
    await soon("this session's former cookie to end", here as { cookie: string }, 401);
    await soon("the former password to end", user.headers, 401);
    assert.is((await whoAmI(basic(user.username, next))).status, 200);
    const [entry] = await audit(`target=user:${user.id}&action=user.password`);
    assert.is((entry?.actor as { name: string } | undefined)?.name, user.username);
    assert.not.match(JSON.stringify(await audit(`target=user:${user.id}`)), next);
  });

  test("a user is changed, disabled, reset and deleted, each at once", async () => {
    const user = await newUser(world(), "viewer");
    const patch = (body: unknown) => world().api("PATCH", `/v1/users/${user.id}`, body);
    const session = { cookie: cookieOf(await login(user.username)) };
    assert.is((await patch({ role: "operator" })).json.role, "operator");
    await until("the role", async () => (await whoAmI(session)).json.user?.role === "operator");
    assert.is((await patch({ disabled: true })).json.disabled, true);
    await soon("the session to end", session, 401);
    await soon("the credentials to be refused", user.headers, 401);
    assert.is((await patch({ disabled: false, password: "given by an admin" })).status, 200);
    assert.is((await whoAmI(session)).status, 401);
    assert.is((await whoAmI(basic(user.username, "given by an admin"))).status, 200);
    assert.is((await world().api("DELETE", `/v1/users/${user.id}`)).status, 204);
    await soon("the user to be gone", basic(user.username, "given by an admin"), 401);
    assert.is((await patch({ role: "viewer" })).status, 404);
    const actions = (await audit(`target=user:${user.id}`)).map(({ action }) => action);
    assert.equal(actions, [
      "user.delete",
      "user.change",
      "user.change",
      "user.change",
      "session.create",
      "user.create",
    ]);
  });

  test("what a new user may not be", async () => {
    const { username } = await newUser(world(), "viewer");
    const bad: [body: Record<string, unknown>, status: number, field: string][] = [
      [{ username, password: PASSWORD, role: "viewer" }, 409, "username"],
      [{ username: "a:b", password: PASSWORD, role: "viewer" }, 400, "username"],
      [{ username: " a", password: PASSWORD, role: "viewer" }, 400, "username"],
      [{ username: `${username} `, password: PASSWORD, role: "viewer" }, 400, "username"],
      [{ username: "a\u0000b", password: PASSWORD, role: "viewer" }, 400, "username"],
      [{ username: "", password: PASSWORD, role: "viewer" }, 400, "username"],
      [{ username: "x".repeat(65), password: PASSWORD, role: "viewer" }, 400, "username"],
      [{ username: "a\u200bb", password: PASSWORD, role: "viewer" }, 400, "username"],
      [{ username: "nim\u202eda", password: PASSWORD, role: "viewer" }, 400, "username"],
      [{ username: "\u2800", password: PASSWORD, role: "viewer" }, 400, "username"],
      [{ username: "a：b", password: PASSWORD, role: "viewer" }, 400, "username"],
      [{ username: "ﷺ".repeat(10), password: PASSWORD, role: "viewer" }, 400, "username"],
      [
        { username: `${username.replaceAll("e", "ｅ")}`, password: PASSWORD, role: "viewer" },
        409,
        "username",
      ],
      [{ username: "n", password: "          ", role: "viewer" }, 400, "password"],
      [{ username: "n", password: "aaaaaaaaaaaa", role: "viewer" }, 400, "password"],
      [{ username: "n", password: "Password1234", role: "viewer" }, 400, "password"],
      [{ username: "n", password: "1234567890", role: "viewer" }, 400, "password"],
      [{ username: "n", password: "123456789", role: "viewer" }, 400, "password"],
      [{ username: "my-own-name", password: "My-Own-Name", role: "viewer" }, 400, "password"],
      [{ username: "n", password: PASSWORD, role: "root" }, 400, "role"],
      [{ username: "n", password: PASSWORD }, 400, "role"],
      [{ username: "n", password: PASSWORD, role: "viewer", disabled: true }, 400, "disabled"],
    ];
    for (const [body, status, field] of bad) {
      const reply = await world().api("POST", "/v1/users", body);
      assert.equal([reply.status, reply.json.errors[0]?.field], [status, field], JSON.stringify(body));
    }
  });

  test("the last administrator can be neither deleted nor demoted nor disabled", async () => {
    const users = (await world().api("GET", "/v1/users?limit=200")).json.items;
    const admin = users.find((user: { username: string }) => user.username === "admin");
    assert.is(admin.environmentPassword, true);
    assert.not.match(JSON.stringify(users), /argon2|hash/i);
    for (const change of [{ role: "operator" }, { disabled: true }]) {
      const reply = await world().api("PATCH", `/v1/users/${admin.id}`, change);
      assert.equal([reply.status, reply.json.code], [409, "conflict"], reply.text);
    }
    assert.is((await world().api("DELETE", `/v1/users/${admin.id}`)).status, 409);
    assert.is((await whoAmI(ADMIN)).status, 200);
  });

  test("the default password is told of", async () => {
    const me = (await whoAmI(ADMIN)).json;
    assert.equal([me.user.username, me.user.role, me.mustChangePassword], ["admin", "admin", true]);
    assert.is(me.expiresAt, null);
    const reply = await login("admin", "admin");
    assert.is(reply.json.mustChangePassword, true);
  });

  test("lists of users turn their pages", async () => {
    const names: string[] = [];
    let cursor = "";
    do {
      const page = (await world().api("GET", `/v1/users?limit=3${cursor && `&cursor=${cursor}`}`)).json;
      names.push(...page.items.map(({ username }: { username: string }) => username));
      cursor = page.nextCursor;
    } while (cursor);
    assert.is(new Set(names).size, names.length);
    assert.ok(names.includes("admin"));
    for (const query of ["limit=0", "limit=201", "limit=x", "cursor=x", "role=admin"])
      assert.is((await world().api("GET", `/v1/users?${query}`)).status, 400, query);
  });

  test("the audit log: what people do by hand, with their note; what they try and may not", async () => {
    const operator = await newUser(world(), "operator");
    const viewer = await newUser(world(), "viewer");
    const taskId = await world().submit({ url: world().receiver.url(), delayMs: 3_600_000 });
    const act = (what: string, body: unknown, headers: Record<string, string>) =>
      world().api("POST", `/v1/tasks/${taskId}/${what}`, body, headers);
    assert.is(
      (await act("cancel", { note: "x".repeat(501) }, operator.headers)).json.errors[0]?.field,
      "note",
    );
    assert.is((await act("cancel", { note: "客户要求" }, operator.headers)).status, 200);
    assert.is((await act("retry", { note: "after all" }, operator.headers)).status, 200);
    await world().ended(taskId);
    assert.is((await act("resolve", {}, operator.headers)).status, 409);
    assert.is((await act("cancel", undefined, viewer.headers)).status, 403);

    const own = await world().api("GET", `/v1/audit?target=task:${taskId}`, undefined, operator.headers);
    const [retried, canceled, ...rest] = own.json.items;
    assert.equal(rest, []);
    assert.equal(
      [canceled.action, canceled.note, canceled.after.state],
      ["task.cancel", "客户要求", "canceled"],
    );
    assert.equal([canceled.before.state, canceled.sourceIp], ["pending", "127.0.0.1"]);
    assert.is(canceled.requestPath, `POST /v1/tasks/${taskId}/cancel`);
    assert.equal(canceled.actor, { kind: "user", id: operator.id, name: operator.username });
    assert.equal([retried.action, retried.note], ["task.retry", "after all"]);

    const refused = await until("the refusal to be recorded", async () => {
      const entries = await audit(`actor=${viewer.username}`);
      return entries.length > 0 ? entries : null;
    });
    assert.equal(
      refused.map(({ action, target }) => [action, target]),
      [["request.refuse", { type: "route", id: "POST /v1/tasks/{taskId}/cancel", name: null }]],
    );
    for (const query of ["", "?target=task", `?target=user:${operator.id}`, "?action=task.retry"])
      assert.is(
        (await world().api("GET", `/v1/audit${query}`, undefined, operator.headers)).status,
        403,
        query,
      );
    assert.is((await world().api("GET", "/v1/audit?target=task:x", undefined, viewer.headers)).status, 403);
  });

  test("the audit log: filters and pages", async () => {
    const from = new Date().toISOString();
    const operator = await newUser(world(), "operator");
    const taskId = await world().submit({ url: world().receiver.url(), delayMs: 3_600_000 });
    const retry = () => world().api("POST", `/v1/tasks/${taskId}/retry`, { force: true }, operator.headers);
    for (let done = 0; done < 5; ) if ((await retry()).status === 200) done++;
    const ids: unknown[] = [];
    let cursor = "";
    do {
      const query = `actor=${operator.username}&action=task.retry&limit=2${cursor && `&cursor=${cursor}`}`;
      const page = (await world().api("GET", `/v1/audit?${query}`)).json;
      ids.push(...page.items.map(({ id }: { id: string }) => id));
      cursor = page.nextCursor;
    } while (cursor);
    assert.equal([ids.length, new Set(ids).size], [5, 5]);
    assert.is((await audit(`target=task:${taskId}&to=${from}`)).length, 0);
    assert.is((await audit(`target=task:${taskId}&action=task.retry`)).length, 5);
    for (const query of ["from=yesterday", "cursor=zzz", "limit=0", "surprise=1", "actor="])
      assert.is((await world().api("GET", `/v1/audit?${query}`)).status, 400, query);
  });
}
