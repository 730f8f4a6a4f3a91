/** Rights that are taken away while a request is under way, which had them when it came. @takes 8 s */

import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Actor } from "../../core/caller.ts";
import { systemClock } from "../../core/clock.ts";
import type { BidaError } from "../../core/errors.ts";
import { MemoryDueSet } from "../../due/memory.ts";
import { Authenticator } from "../../services/admin/authenticator.ts";
import { changeFiltered } from "../../services/admin/bulk.ts";
import { sessionActions } from "../../services/admin/session.actions.ts";
import type { BidaContext } from "../../services/bus/types.ts";
import { DueRepeats } from "../../services/tasks/due-repeats.ts";
import { createApp, deleteApp, lockApp } from "../../store/apps.ts";
import { listJobs } from "../../store/bulk/jobs.ts";
import type { Database } from "../../store/database.ts";
import { transaction } from "../../store/failures.ts";
import { EVERYTHING } from "../../store/scope.ts";
import { SecretBox } from "../../store/secret-box.ts";
import { deleteUser, insertUser, lockUser, type User, writeUser } from "../../store/users.ts";
import { closeDatabase, freshDatabase, KINDS } from "../store/fixtures.ts";

const clock = systemClock;
const box = new SecretBox(Buffer.alloc(32, 1));
const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "done",
    ({ code }: BidaError) => code,
  );
const written = (db: Database, { id }: User, patch: Parameters<typeof writeUser>[2]) =>
  transaction(db, async (within) => writeUser(within, await lockUser(within, id), patch, clock.now()));

/** How a user may change while their password is checked. */
const CHANGES: Record<string, (db: Database, user: User) => Promise<unknown>> = {
  "another password is set": (db, user) => written(db, user, { passwordHash: "other" }),
  "the user is disabled": (db, user) => written(db, user, { disabled: true }),
  "the user is deleted": (db, { id }) => transaction(db, (within) => deleteUser(within, id)),
};

for (const kind of KINDS) {
  for (const [what, change] of Object.entries(CHANGES)) {
    test(`${kind.name}: ${what} while a login, or a change of password, is checked: it is refused`, async () => {
      const db = await freshDatabase(kind);
      const authenticator = new Authenticator({ db, clock });
      const passwordHash = await authenticator.passwords.hash("the old password");
      for (const action of ["login", "changePassword"] as const) {
        const name = `ann-${action}`;
        const user = await transaction(db, (within) =>
          insertUser(within, { username: name, role: "admin", passwordHash }, clock.now()),
        );
        authenticator.passwords.verify = async () => Boolean(await change(db, user).then(() => true));
        const ctx = {
          service: { office: { resources: { db, clock }, authenticator } },
          meta: {},
          broker: { broadcast: async () => undefined },
        } as unknown as BidaContext;
        const given = { username: name, password: "the old password", environment: false };
        const proof = { tokenHash: "ab".repeat(32), mark: "cd".repeat(32) };
        const asked =
          action === "login"
            ? sessionActions.login({ ...given, ...proof }, ctx)
            : sessionActions.changePassword(
                {
                  current: given,
                  newPassword: "a new long password",
                  renewed: { ...proof, userAgent: null },
                },
                ctx,
              );
        assert.is(
          await codeOf(asked as Promise<unknown>),
          action === "login" ? "unauthorized" : "invalid_body",
        );
        assert.equal(await db.knex("sessions"), []);
        const [row] = await db.knex("users").where("username", name);
        assert.ok(
          [undefined, "other", passwordHash].includes(row?.password_hash),
          "no password of theirs is set",
        );
      }
      await closeDatabase(db);
    });
  }

  test(`${kind.name}: a job is not begun by a user or an app who may not do it any more when it is added`, async () => {
    const db = await freshDatabase(kind);
    const due = new MemoryDueSet(clock, { leaseMs: 10_000 as never, window: 10 });
    const office = {
      resources: {
        db,
        box,
        due,
        repeats: new DueRepeats(due, {} as never),
        clock,
        config: { redisUrl: null },
      },
      worker: { wake: () => undefined },
    } as unknown as Parameters<typeof changeFiltered>[0];
    const begin = (actor: Actor) => {
      const ctx = { meta: { actor } } as unknown as BidaContext;
      const options = { dryRun: false, pace: 1 };
      return codeOf(
        changeFiltered(office, ctx, "resolve", { state: ["exhausted"] } as never, options as never),
      );
    };
    const add = (username: string) =>
      transaction(db, (within) =>
        insertUser(within, { username, role: "operator", passwordHash: "x" }, clock.now()),
      );
    const actorOf = ({ id, username: name }: User): Actor => ({ kind: "user", id, name, role: "operator" });
    const [ann, bob, eve, tim] = [await add("ann"), await add("bob"), await add("eve"), await add("tim")];
    await written(db, bob, { disabled: true });
    await written(db, eve, { role: "viewer" });
    await transaction(db, (within) => deleteUser(within, tim.id));
    const app = await createApp(db, box, "shop", [], clock.now());
    await transaction(db, async (within) =>
      deleteApp(within, await lockApp(within, box, app.id), clock.now()),
    );
    assert.is(await begin({ kind: "app", id: app.id, name: "shop", role: null }), "forbidden");
    assert.is(await begin(actorOf(ann)), "done");
    for (const user of [bob, eve, tim]) assert.is(await begin(actorOf(user)), "forbidden", user.username);
    const { items } = await listJobs(db, EVERYTHING, 9, null);
    assert.equal(
      items.map(({ actor }) => actor.name),
      ["ann"],
    );
    const audited = await db.knex("audit").where("action", "job.start");
    assert.is(audited.length, 1);
    // At most 20 that have not ended, also where several are counted at once.
    const all = await Promise.all(Array.from({ length: 25 }, () => begin(actorOf(ann))));
    assert.is(all.filter((code) => code === "done").length, 19);
    assert.is(all.filter((code) => code === "share_used_up").length, 6);
    await closeDatabase(db);
  });
}

test.run();
