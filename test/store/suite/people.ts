import { randomBytes } from "node:crypto";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { epochMs, later } from "../../../core/clock.ts";
import { ACQUAINTANCE, FAILURES_KEPT, SESSION_MAX } from "../../../core/logins.ts";
import type { Database } from "../../../store/database.ts";
import { transaction } from "../../../store/failures.ts";
import { noteFailure, noteSuccess, pruneAttempts, readAttempts } from "../../../store/login-attempts.ts";
import {
  deleteSession,
  deleteSessionsOf,
  extendSession,
  findSession,
  insertSession,
  pruneSessions,
} from "../../../store/sessions.ts";
import {
  checkAdminLeft,
  deleteUser,
  findUser,
  hasOwnAdmin,
  insertUser,
  listUsers,
  lockAdmins,
  lockUser,
  type User,
  writeUser,
} from "../../../store/users.ts";
import { refusal } from "../../core/helpers.ts";
import { clock, closeDatabase, freshDatabase, inMs, type Kind } from "../fixtures.ts";

export function people(kind: Kind): void {
  const test = suite(`${kind.name}: users, sessions, logins`);
  let db: Database;
  test.before(async () => {
    db = await freshDatabase(kind);
  });
  test.after(() => closeDatabase(db));
  const add = (username: string, role: User["role"] = "viewer", passwordHash: string | null = "hash") =>
    insertUser(db, { username, role, passwordHash }, clock.now());

  test("a user is found by the exact name, and once", async () => {
    const user = await add("小王");
    assert.equal(await findUser(db, "小王"), user);
    for (const other of ["小", "小王 ", " 小王", ""]) assert.is(await findUser(db, other), null);
    const error = await refusal(() => add("小王"));
    assert.equal([error.code, error.errors[0]?.field], ["conflict", "username"]);
    assert.ok((await listUsers(db, 200, null)).items.some(({ id }) => id === user.id));
  });

  test("an admin of the environment alone is no own admin", async () => {
    assert.is(await hasOwnAdmin(db), false);
    const environment = await add("environment", "admin", null);
    assert.is(await hasOwnAdmin(db), false);
    const own = await add("own", "admin");
    assert.is(await hasOwnAdmin(db), true);
    await transaction(db, (within) => writeUser(within, own, { disabled: true }, clock.now()));
    assert.is(await hasOwnAdmin(db), false);
    for (const { id } of [environment, own]) await deleteUser(db, id);
  });

  test("two admins who demote each other at once: one stays", async () => {
    const [one, two] = [await add("one", "admin"), await add("two", "admin")];
    const demote = (id: number) =>
      transaction(db, async (within) => {
        await lockAdmins(within);
        await writeUser(within, await lockUser(within, id), { role: "viewer" }, clock.now());
        await checkAdminLeft(within);
      });
    const results = await Promise.allSettled([demote(one.id), demote(two.id)]);
    assert.equal(results.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
    const admins = (await listUsers(db, 200, null)).items.filter(({ role }) => role === "admin");
    assert.is(admins.length, 1);
  });

  const begin = async (user: User, createdAt = clock.now(), expiresAt = inMs(1000)) => {
    const session = { tokenHash: randomBytes(32), user, mark: randomBytes(32), createdAt, expiresAt };
    await insertSession(db, session);
    return session;
  };

  test("a session is found until its end, which can be moved, but not past the longest", async () => {
    const user = await add("seven");
    const session = await begin(user);
    const at = (time: number) => findSession(db, session.tokenHash, epochMs(time));
    assert.equal(await at(clock.now()), session);
    assert.is(await at(session.expiresAt), null);
    await extendSession(db, session.tokenHash, inMs(5000), clock.now());
    assert.is((await at(session.expiresAt))?.expiresAt, inMs(5000));
    const old = await begin(user, clock.now(), later(clock.now(), epochMs(SESSION_MAX * 2) as never));
    const longest = later(old.createdAt, SESSION_MAX);
    assert.ok(await findSession(db, old.tokenHash, epochMs(longest - 1)));
    assert.is(await findSession(db, old.tokenHash, longest), null);
  });

  test("a session ends by logout, with its user's other ones, with its user, and is swept away", async () => {
    const user = await add("eight");
    const [one, two, three] = [await begin(user), await begin(user), await begin(user)];
    const find = (session: { tokenHash: Buffer }) => findSession(db, session.tokenHash, clock.now());
    assert.is(await deleteSession(db, one.tokenHash), user.id);
    assert.is(await deleteSession(db, one.tokenHash), null);
    assert.equal([await find(one), (await find(two))?.user.id], [null, user.id]);
    await transaction(db, (within) => writeUser(within, user, { disabled: true }, clock.now()));
    assert.is(await find(two), null);
    await transaction(db, (within) => writeUser(within, user, { disabled: false }, clock.now()));
    await deleteSessionsOf(db, user.id);
    assert.is(await find(three), null);
    const last = await begin(user);
    assert.is(await pruneSessions(db, epochMs(last.expiresAt - 1)), 0);
    assert.ok((await pruneSessions(db, last.expiresAt)) >= 1);
    assert.is(await find(last), null);
  });

  test("failures add up under each key, are forgotten in time, and by a success", async () => {
    const [a, b] = [`a${Math.random()}`, `b${Math.random()}`];
    const failures = async () => (await readAttempts(db, [a, b])).map((one) => one?.failures);
    assert.equal(await readAttempts(db, [a, b]), [null, null]);
    await noteFailure(db, [a, b], clock.now());
    await noteFailure(db, [a], clock.now());
    assert.equal(await failures(), [2, 1]);
    await noteFailure(db, [a], later(clock.now(), FAILURES_KEPT));
    assert.equal(await failures(), [3, 1]);
    // More than an hour after the last one: it is the first again.
    await noteFailure(db, [a], epochMs(clock.now() + FAILURES_KEPT * 2 + 1));
    assert.equal(await failures(), [1, 1]);
    await noteSuccess(db, a, clock.now());
    assert.equal(
      (await readAttempts(db, [a])).map((one) => [one?.failures, one?.succeededAt]),
      [[0, clock.now()]],
    );
    await noteSuccess(db, `c${Math.random()}`, clock.now());
  });

  test("20 failures at once are 20 failures", async () => {
    const keys = [`x${Math.random()}`, `y${Math.random()}`];
    await noteFailure(db, keys, clock.now());
    await Promise.all(Array.from({ length: 20 }, () => noteFailure(db, keys, clock.now())));
    assert.equal(
      (await readAttempts(db, keys)).map((one) => one?.failures),
      [21, 21],
    );
  });

  test("what no longer counts is swept away: failures after an hour, successes after a month", async () => {
    const [bad, good] = [`p${Math.random()}`, `q${Math.random()}`];
    await noteFailure(db, [bad], clock.now());
    await noteSuccess(db, good, clock.now());
    const known = async () => (await readAttempts(db, [bad, good])).map((one) => one !== null);
    await pruneAttempts(db, later(clock.now(), FAILURES_KEPT));
    assert.equal(await known(), [true, true]);
    await pruneAttempts(db, epochMs(clock.now() + FAILURES_KEPT + 1));
    assert.equal(await known(), [false, true]);
    await pruneAttempts(db, epochMs(clock.now() + ACQUAINTANCE + 1));
    assert.equal(await known(), [false, false]);
  });

  test.run();
}
