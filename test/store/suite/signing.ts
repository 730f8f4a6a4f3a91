import { randomBytes } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { epochMs } from "../../../core/clock.ts";
import {
  type AppPatch,
  appByKeyHash,
  createApp,
  deleteApp,
  hashKey,
  listApps,
  lockApp,
  replaceKey,
  signingSecrets,
  writeApp,
} from "../../../store/apps.ts";
import type { Database } from "../../../store/database.ts";
import { transaction } from "../../../store/failures.ts";
import { openSecretBox, SecretBox } from "../../../store/secret-box.ts";
import { refusal } from "../../core/helpers.ts";
import { temporaryFolder } from "../../servers/server.ts";
import { clock, closeDatabase, freshDatabase, inMs, type Kind } from "../fixtures.ts";
import { sealedBefore } from "../sealed-before.ts";

export function signing(kind: Kind): void {
  const test = suite(`${kind.name}: apps`);
  const KEY = randomBytes(32);
  const box = new SecretBox(KEY);
  const SECRET = `whsec_${Buffer.alloc(32, 9).toString("base64")}`;
  let db: Database;
  test.before(async () => {
    db = await freshDatabase(kind);
  });
  test.after(() => closeDatabase(db));

  test("an app is found by its key, which is stored nowhere", async () => {
    const { key, ...app } = await createApp(db, box, "shop", [], clock.now());
    assert.match(key, /^bida_[\w-]{43}$/);
    assert.equal(await appByKeyHash(db, box, hashKey(key), clock.now()), app);
    assert.is(await appByKeyHash(db, box, hashKey(`${key}x`), clock.now()), null);
    assert.not.match(JSON.stringify(await db.knex("apps").select()), key);
  });

  test("signing secrets come back newest first, and are sealed in the table", async () => {
    const one = await createApp(db, box, "one", [SECRET, "whsec_old"], clock.now());
    const two = await createApp(db, box, "two", [SECRET], clock.now());
    const secrets = await signingSecrets(db, box, [one.id, two.id, 999], clock.now());
    assert.equal([...secrets].sort(), [
      [one.id, [SECRET, "whsec_old"]],
      [two.id, [SECRET]],
    ]);
    assert.equal([...(await signingSecrets(db, box, [], clock.now()))], []);
    const rows = await db.knex("apps").whereIn("id", [one.id, two.id]);
    for (const row of rows) {
      assert.not.match(row.sealed_secrets, SECRET);
      assert.not.match(Buffer.from(row.sealed_secrets, "base64").toString("latin1"), "whsec_");
    }
    assert.is.not(rows[0].sealed_secrets.slice(0, 16), rows[1].sealed_secrets.slice(0, 16));
  });

  test("another key, or a changed row, opens nothing", async () => {
    const { id } = await createApp(db, box, "sealed", [SECRET], clock.now());
    const good = await createApp(db, box, "still good", [SECRET], clock.now());
    assert.equal(
      [...(await signingSecrets(db, new SecretBox(randomBytes(32)), [id], clock.now()))],
      [[id, null]],
    );
    const [row] = await db.knex("apps").where({ id });
    const bytes = Buffer.from(row.sealed_secrets, "base64");
    bytes[bytes.length - 1]! ^= 1;
    await db
      .knex("apps")
      .where({ id })
      .update({ sealed_secrets: bytes.toString("base64") });
    const read = await signingSecrets(db, box, [id, good.id], clock.now());
    assert.is(read.get(id), null);
    assert.equal(read.get(good.id), [SECRET], "others are not touched by it");
  });

  test("a rotated key works beside the new one until its end; then the new one alone", async () => {
    const { id, key } = await createApp(db, box, "rotating", [], clock.now());
    const at = (time: number, text: string) => appByKeyHash(db, box, hashKey(text), epochMs(time));
    const now = clock.now();
    const end = inMs(1000);
    await transaction(db, async (within) => {
      await replaceKey(within, await lockApp(within, box, id), "second", end, now);
    });
    assert.equal([(await at(now, key))?.id, (await at(now, "second"))?.id], [id, id]);
    assert.is((await at(end - 1, key))?.id, id);
    assert.equal([await at(end, key), (await at(end, "second"))?.id], [null, id]);
    await transaction(db, async (within) => {
      const app = await replaceKey(within, await lockApp(within, box, id), "third", null, now);
      assert.is(app.previousKeyUntil, null);
    });
    assert.equal(
      [await at(now, key), await at(now, "second"), (await at(now, "third"))?.id],
      [null, null, id],
    );
  });

  test("a rotated secret signs beside the new one until its end", async () => {
    const { id } = await createApp(db, box, "signing", ["whsec_old"], clock.now());
    const end = inMs(1000);
    await transaction(db, async (within) => {
      const app = await lockApp(within, box, id);
      const secrets = [
        { secret: "whsec_new", until: null },
        { secret: "whsec_old", until: end },
      ];
      await writeApp(within, box, app, { secrets }, clock.now());
    });
    const at = async (time: number) => (await signingSecrets(db, box, [id], epochMs(time))).get(id);
    assert.equal(await at(end - 1), ["whsec_new", "whsec_old"]);
    assert.equal(await at(end), ["whsec_new"]);
  });

  test("secrets sealed before rotation came are plain texts, and still open", async () => {
    const { id } = await createApp(db, box, "plain", [SECRET], clock.now());
    await db
      .knex("apps")
      .where({ id })
      .update({ sealed_secrets: sealedBefore(KEY, JSON.stringify([SECRET])) });
    assert.equal((await signingSecrets(db, box, [id], clock.now())).get(id), [SECRET]);
  });

  test("limits are kept; a disabled app's key opens nothing; another name that is taken is a conflict", async () => {
    const limits = {
      ipAllow: ["10.0.0.0/8"],
      ratePerSecond: 5,
      signResends: true,
      businessKeyPath: "$.orderNo",
    };
    const { key, ...app } = await createApp(db, box, "limited", [], clock.now(), limits);
    assert.equal(await appByKeyHash(db, box, hashKey(key), clock.now()), app);
    const other = await createApp(db, box, "other", [], clock.now());
    const write = (patch: AppPatch) =>
      transaction(db, async (within) =>
        writeApp(within, box, await lockApp(within, box, other.id), patch, clock.now()),
      );
    assert.is((await refusal(() => write({ name: "limited" }))).code, "conflict");
    const again = await refusal(() => createApp(db, box, "limited", [], clock.now()));
    assert.equal([again.code, again.errors[0]?.field], ["conflict", "name"]);
    await write({ disabled: true });
    assert.is(await appByKeyHash(db, box, hashKey(other.key), clock.now()), null);
    await write({ disabled: false });
    assert.is((await appByKeyHash(db, box, hashKey(other.key), clock.now()))?.id, other.id);
  });

  test("a deleted app: no key, not listed, its name is free; its secrets still sign", async () => {
    const { id, key } = await createApp(db, box, "leaving", [SECRET], clock.now());
    const remove = () =>
      transaction(db, async (within) => deleteApp(within, await lockApp(within, box, id), clock.now()));
    await remove();
    assert.is(await appByKeyHash(db, box, hashKey(key), clock.now()), null);
    assert.is((await refusal(remove)).code, "not_found");
    const again = await createApp(db, box, "leaving", [], clock.now());
    assert.is.not(again.id, id);
    const ids = (await listApps(db, box, 200, null)).items.map((app) => app.id);
    assert.equal([ids.includes(id), ids.includes(again.id)], [false, true]);
    assert.equal((await signingSecrets(db, box, [id], clock.now())).get(id), [SECRET]);
  });

  test("pages of apps hold each one once", async () => {
    const all = (await listApps(db, box, 200, null)).items.map(({ id }) => id);
    const seen: number[] = [];
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof listApps>> = await listApps(db, box, 2, cursor);
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
    } while (cursor !== null);
    assert.equal(seen, all);
    assert.is((await refusal(() => listApps(db, box, 2, "x"))).code, "invalid_query");
  });

  test("the key of an installation is made once, for its owner only", () => {
    const dataDir = path.join(temporaryFolder("secret"), "new");
    const sealed = openSecretBox({ natsUrls: [], secretKey: null, dataDir }).seal("必达\0", "apps:1");
    assert.is(openSecretBox({ natsUrls: [], secretKey: null, dataDir }).open(sealed, "apps:1"), "必达\0");
    const file = path.join(dataDir, "secret.key");
    assert.is(statSync(file).mode & 0o777, 0o600);
    const secretKey = Buffer.from(readFileSync(file, "utf8"), "base64");
    assert.is(
      openSecretBox({ natsUrls: [], secretKey, dataDir: "/nowhere" }).open(sealed, "apps:1"),
      "必达\0",
    );
  });

  test.run();
}
