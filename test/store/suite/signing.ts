import { randomBytes } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { appByKeyHash, createApp, hashKey, signingSecrets } from "../../../store/apps.ts";
import type { Database } from "../../../store/database.ts";
import { openSecretBox, SecretBox } from "../../../store/secret-box.ts";
import { temporaryFolder } from "../../servers/server.ts";

import { clock, closeDatabase, freshDatabase, type Kind } from "../fixtures.ts";

export function signing(kind: Kind): void {
  const test = suite(`${kind.name}: apps`);
  const box = new SecretBox(randomBytes(32));
  const SECRET = `whsec_${Buffer.alloc(32, 9).toString("base64")}`;
  let db: Database;
  test.before(async () => {
    db = await freshDatabase(kind);
  });
  test.after(() => closeDatabase(db));

  test("an app is found by its key, which is stored nowhere", async () => {
    const { key, ...app } = await createApp(db, box, "shop", [], clock.now());
    assert.match(key, /^bida_[\w-]{43}$/);
    assert.equal(await appByKeyHash(db, hashKey(key)), app);
    assert.is(await appByKeyHash(db, hashKey(`${key}x`)), null);
    assert.not.match(JSON.stringify(await db.knex("apps").select()), key);
  });

  test("signing secrets come back newest first, and are sealed in the table", async () => {
    const one = await createApp(db, box, "one", [SECRET, "whsec_old"], clock.now());
    const two = await createApp(db, box, "two", [SECRET], clock.now());
    const secrets = await signingSecrets(db, box, [one.id, two.id, 999]);
    assert.equal([...secrets].sort(), [
      [one.id, [SECRET, "whsec_old"]],
      [two.id, [SECRET]],
    ]);
    assert.equal([...(await signingSecrets(db, box, []))], []);
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
    assert.equal([...(await signingSecrets(db, new SecretBox(randomBytes(32)), [id]))], [[id, null]]);
    const [row] = await db.knex("apps").where({ id });
    const bytes = Buffer.from(row.sealed_secrets, "base64");
    bytes[bytes.length - 1]! ^= 1;
    await db
      .knex("apps")
      .where({ id })
      .update({ sealed_secrets: bytes.toString("base64") });
    const read = await signingSecrets(db, box, [id, good.id]);
    assert.is(read.get(id), null);
    assert.equal(read.get(good.id), [SECRET], "others are not touched by it");
  });

  test("the key of an installation is made once, for its owner only", () => {
    const dataDir = path.join(temporaryFolder("secret"), "new");
    const sealed = openSecretBox({ natsUrls: [], secretKey: null, dataDir }).seal("必达\0");
    assert.is(openSecretBox({ natsUrls: [], secretKey: null, dataDir }).open(sealed), "必达\0");
    const file = path.join(dataDir, "secret.key");
    assert.is(statSync(file).mode & 0o777, 0o600);
    const secretKey = Buffer.from(readFileSync(file, "utf8"), "base64");
    assert.is(openSecretBox({ natsUrls: [], secretKey, dataDir: "/nowhere" }).open(sealed), "必达\0");
  });

  test.run();
}
