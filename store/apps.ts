/** Calling apps: who a key belongs to, and what its callbacks are signed with. */
import { createHash, randomBytes } from "node:crypto";
import type { EpochMs } from "../core/clock.ts";
import type { Database } from "./database.ts";
import { translated } from "./failures.ts";
import { AppModel, from } from "./models.ts";
import type { SecretBox } from "./secret-box.ts";

export interface App {
  id: number;
  name: string;
}

/** A key has 256 random bits, so a plain hash protects it as well as a slow one would, and is looked up by index. */
export const hashKey = (key: string): Buffer => createHash("sha256").update(key).digest();

/**
 * @param secrets signing secrets, newest first (`whsec_…`)
 * @returns the app and its key, which is stored nowhere
 */
export async function createApp(
  db: Database,
  box: SecretBox,
  name: string,
  secrets: string[],
  now: EpochMs,
): Promise<App & { key: string }> {
  const key = `bida_${randomBytes(32).toString("base64url")}`;
  const row = {
    name,
    key_hash: hashKey(key),
    sealed_secrets: box.seal(JSON.stringify(secrets)),
    created_at: now,
  };
  const [id] = await db.knex("apps").insert(row);
  return { id: id as number, name, key };
}

/** The app a key belongs to, by the key's hash. */
export async function appByKeyHash(db: Database, keyHash: Buffer): Promise<App | null> {
  try {
    const row = await from(db, AppModel).findOne("key_hash", keyHash);
    return row ? { id: row.id as number, name: row.name as string } : null;
  } catch (error) {
    throw translated(error);
  }
}

/** Signing secrets by app id; null where they cannot be opened with our key. Apps without any are missing. */
export async function signingSecrets(
  db: Database,
  box: SecretBox,
  appIds: number[],
): Promise<Map<number, string[] | null>> {
  const rows = await from(db, AppModel).whereIn("id", appIds).whereNotNull("sealed_secrets");
  return new Map(rows.map((row) => [row.id as number, opened(box, row.sealed_secrets as string)]));
}

function opened(box: SecretBox, sealed: string): string[] | null {
  try {
    return JSON.parse(box.open(sealed));
  } catch {
    return null;
  }
}
