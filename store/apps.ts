/** Calling apps: who a key belongs to, what its callbacks are signed with, and what it may. */
import { createHash, randomBytes } from "node:crypto";
import type { Knex } from "knex";
import { type EpochMs, epochMs } from "../core/clock.ts";
import { BidaError } from "../core/errors.ts";
import { Columns, textsOf } from "./columns.ts";
import type { Database } from "./database.ts";
import { reading } from "./failures.ts";
import { AppModel, from } from "./models.ts";
import { idPage } from "./paging.ts";
import type { Row } from "./rows.ts";
import type { SecretBox } from "./secret-box.ts";
import { ifFree } from "./taken.ts";
import { whereContains, whereExactly } from "./text-match.ts";

export interface App {
  id: number;
  name: string;
  disabled: boolean;
  /** CIDR ranges; empty: from anywhere. */
  ipAllow: string[];
  ratePerSecond: number | null;
  /** Whether what operators resend in its name is signed as its own. */
  signResends: boolean;
  /** Where its business key stands in what its tasks send, a JSONPath; null: it has none. */
  businessKeyPath: string | null;
  /** Until when the former key works. */
  previousKeyUntil: EpochMs | null;
  /** Newest first. Null: there are some, which do not open with our key. */
  secrets: SigningSecret[] | null;
  createdAt: EpochMs;
  updatedAt: EpochMs;
}

export interface SigningSecret {
  /** `whsec_…` */
  secret: string;
  /** It signs until then. Null: it is the present one. */
  until: EpochMs | null;
}

/** A key has 256 random bits, so a plain hash protects it as well as a slow one would, and is looked up by index. */
export const hashKey = (key: string): Buffer => createHash("sha256").update(key).digest();

export const newKey = (): string => `bida_${randomBytes(32).toString("base64url")}`;
/** 32 bytes, as Standard Webhooks recommends (24 to 64). */
export const newSecret = (): string => `whsec_${randomBytes(32).toString("base64")}`;

/**
 * @param secrets signing secrets, newest first (`whsec_…`)
 * @returns the app and its key, which is stored nowhere
 * @throws BidaError conflict where the name is taken
 */
export async function createApp(
  within: Database,
  box: SecretBox,
  name: string,
  secrets: string[],
  now: EpochMs,
  limits: Pick<App, "ipAllow" | "ratePerSecond" | "signResends" | "businessKeyPath"> = {
    ipAllow: [],
    ratePerSecond: null,
    signResends: false,
    businessKeyPath: null,
  },
): Promise<App & { key: string }> {
  const key = newKey();
  const kept = secrets.map((secret): SigningSecret => ({ secret, until: null }));
  const app = { name, disabled: false, ...limits, previousKeyUntil: null, secrets: kept };
  const row = { ...columnsOf(app), key_hash: hashKey(key), created_at: now, updated_at: now };
  const add = async (knex: Knex): Promise<number> => {
    const [id] = (await ifFree("an app", "name", name, knex("apps").insert(row))) as [number];
    // They are bound to the row, whose id is known now. Without any there is no need of a key to seal them with.
    if (kept.length > 0)
      await knex("apps")
        .where("id", id)
        .update({ sealed_secrets: sealed(box, id, kept) });
    return id;
  };
  const id = await (within.knex.isTransaction ? add(within.knex) : within.knex.transaction(add));
  return { id, ...app, createdAt: now, updatedAt: now, key };
}

/** The app that a key belongs to at `now`, by the key's hash; null also where it is disabled. */
export async function appByKeyHash(
  db: Database,
  box: SecretBox,
  keyHash: Buffer,
  now: EpochMs,
): Promise<App | null> {
  const row = await reading(
    from(db, AppModel)
      .where("disabled", false)
      .where((either) =>
        either
          .where("key_hash", keyHash)
          .orWhere((former) =>
            former.where("previous_key_hash", keyHash).where("previous_key_until", ">", now),
          ),
      )
      .first(),
  );
  return row ? fromRow(row, box) : null;
}

/** A page of the apps that are not deleted, in order of id. @throws BidaError invalid_query for a foreign cursor */
export async function listApps(db: Database, box: SecretBox, limit: number, cursor: string | null) {
  const page = await idPage(from(db, AppModel).whereNull("deleted_at"), limit, cursor);
  return { ...page, items: page.items.map((row) => fromRow(row, box)) };
}

/** The names of apps; those that were deleted have none. */
export async function appNames(db: Database, ids: number[]): Promise<Map<number, string>> {
  const rows = await reading(
    from(db, AppModel).select("id", "name").whereIn("id", ids).whereNull("deleted_at"),
  );
  return new Map(rows.map((row) => [row.id as number, row.name as string]));
}

/**
 * Locks an app's row. To be called in a transaction.
 * @throws BidaError not_found, also where it is deleted
 */
export async function lockApp(within: Database, box: SecretBox, id: number): Promise<App> {
  const row = await from(within, AppModel).findById(id).whereNull("deleted_at").forUpdate();
  if (!row) throw new BidaError("not_found", "No such app");
  return fromRow(row, box);
}

/** What of an app may be written. Its secrets only where `secrets` is given: they may be sealed with another key. */
export type AppPatch = Partial<
  Pick<App, "name" | "disabled" | "ipAllow" | "ratePerSecond" | "signResends" | "businessKeyPath">
> & {
  secrets?: SigningSecret[];
};

/** @throws BidaError conflict where the name is taken */
export async function writeApp(
  within: Database,
  box: SecretBox,
  app: App,
  patch: AppPatch,
  now: EpochMs,
): Promise<App> {
  const after: App = { ...app, ...patch, updatedAt: now };
  const columns = { ...columnsOf(after), updated_at: now };
  const secrets = patch.secrets ? { sealed_secrets: sealed(box, app.id, patch.secrets) } : {};
  await ifFree(
    "an app",
    "name",
    after.name,
    within
      .knex("apps")
      .where("id", app.id)
      .update({ ...columns, ...secrets }),
  );
  return after;
}

/** @param previousUntil until when the present key works beside the new one; null: it ends now */
export async function replaceKey(
  within: Database,
  app: App,
  key: string,
  previousUntil: EpochMs | null,
  now: EpochMs,
): Promise<App> {
  const { knex } = within;
  // One column takes the other's value first: MySQL assigns from left to right, SQLite all at once.
  await knex("apps")
    .where("id", app.id)
    .update({ previous_key_hash: previousUntil === null ? null : knex.ref("key_hash") });
  await knex("apps")
    .where("id", app.id)
    .update({ key_hash: hashKey(key), previous_key_until: previousUntil, updated_at: now });
  return { ...app, previousKeyUntil: previousUntil, updatedAt: now };
}

/** Ends an app's keys and frees its name. The row stays: its tasks go on, and are signed. */
export async function deleteApp(within: Database, app: App, now: EpochMs): Promise<void> {
  await within
    .knex("apps")
    .where("id", app.id)
    .update({
      name: `#${app.id}`,
      deleted_name: app.name,
      deleted_at: now,
      disabled: true,
      key_hash: randomBytes(32),
      previous_key_hash: null,
      previous_key_until: null,
      updated_at: now,
    });
}

/** Whether an app's name may stand under what operators resend; of none, also not. */
export async function signsResends(db: Database, id: number): Promise<boolean> {
  const row = await reading(from(db, AppModel).select("sign_resends").findById(id));
  return Boolean(row?.sign_resends);
}

/** Where business keys stand in what apps send, by app id; apps without are missing. */
export async function businessKeyPaths(db: Database, ids?: number[]): Promise<Map<number, string>> {
  const query = from(db, AppModel).select("id", "business_key_path").whereNotNull("business_key_path");
  const rows = await reading(ids ? query.whereIn("id", ids) : query);
  return new Map(rows.map((row) => [row.id as number, row.business_key_path as string]));
}

/** The apps that have this name, or had it until they were deleted: their tasks are there still. */
export async function appsByName(db: Database, name: string): Promise<number[]> {
  const ids = await Promise.all(
    ["name", "deleted_name"].map(async (column) => {
      const query = from(db, AppModel).select("id");
      whereExactly(db, query, column, name);
      return (await reading(query)).map(({ id }) => id as number);
    }),
  );
  return ids.flat();
}

/** Names of apps that hold a text, whatever its case, in order. */
export async function appsLike(db: Database, part: string, limit: number): Promise<string[]> {
  const query = from(db, AppModel).select("name").whereNull("deleted_at").orderBy("name").limit(limit);
  if (part !== "") whereContains(db, query, "name", part);
  return (await reading(query)).map(({ name }) => name as string);
}

/** Secrets that sign at `now`, by app id; null where they cannot be opened with our key. Apps without any are missing. */
export async function signingSecrets(
  db: Database,
  box: SecretBox,
  appIds: number[],
  now: EpochMs,
): Promise<Map<number, string[] | null>> {
  const rows = await reading(from(db, AppModel).whereIn("id", appIds).whereNotNull("sealed_secrets"));
  return new Map(
    rows.map((row) => {
      const secrets = opened(box, row);
      return [row.id as number, secrets && liveSecrets(secrets, now).map(({ secret }) => secret)];
    }),
  );
}

export const liveSecrets = (secrets: SigningSecret[], now: EpochMs): SigningSecret[] =>
  secrets.filter(({ until }) => until === null || until > now);

function fromRow(row: Row, box: SecretBox): App {
  const columns = new Columns(row);
  const ipAllow = columns.optional("ip_allow", textsOf) ?? [];
  const time = (value: unknown) => (value === null ? null : epochMs(value as number));
  return {
    id: row.id as number,
    name: row.name as string,
    // An allow-list that cannot be read lets nobody in, instead of everybody.
    disabled: Boolean(row.disabled) || columns.broken !== undefined,
    ipAllow,
    ratePerSecond: row.rate_per_second as number | null,
    signResends: Boolean(row.sign_resends),
    businessKeyPath: row.business_key_path as string | null,
    previousKeyUntil: time(row.previous_key_until),
    secrets: row.sealed_secrets === null ? [] : opened(box, row),
    createdAt: epochMs(row.created_at as number),
    updatedAt: epochMs((row.updated_at ?? row.created_at) as number),
  };
}

function columnsOf(
  app: Pick<App, "name" | "disabled" | "ipAllow" | "ratePerSecond" | "signResends" | "businessKeyPath">,
) {
  return {
    name: app.name,
    disabled: app.disabled,
    ip_allow: app.ipAllow.length === 0 ? null : JSON.stringify(app.ipAllow),
    rate_per_second: app.ratePerSecond,
    sign_resends: app.signResends,
    business_key_path: app.businessKeyPath,
  };
}

const rowOf = (id: number): string => `apps:${id}`;

const sealed = (box: SecretBox, id: number, secrets: SigningSecret[]): string =>
  box.seal(JSON.stringify(secrets), rowOf(id));

function opened(box: SecretBox, { id, sealed_secrets: text }: Row): SigningSecret[] | null {
  try {
    // Before rotation came, they were plain texts.
    const secrets = JSON.parse(box.open(text as string, rowOf(id as number))) as (SigningSecret | string)[];
    return secrets.map((one) => (typeof one === "string" ? { secret: one, until: null } : one));
  } catch {
    return null;
  }
}
