/** Channels of alarms. What is secret of them, the URL with its token included, is sealed. */
import type { Knex } from "knex";
import type { ChannelSpec } from "../core/alarm/channel.ts";
import { type EpochMs, epochMs } from "../core/clock.ts";
import { BidaError } from "../core/errors.ts";
import { openMessagesOf } from "./channel-messages.ts";
import type { Database } from "./database.ts";
import { isDuplicate, translated } from "./failures.ts";
import type { Row } from "./rows.ts";
import type { SecretBox } from "./secret-box.ts";

export interface Webhook {
  id: number;
  /** With its secrets. */
  spec: ChannelSpec;
  /** False: its secrets do not open with our key, or its settings cannot be read. It can be shown and changed, not used. */
  opened: boolean;
  brokenSince: EpochMs | null;
  lastError: string | null;
  lastSuccessAt: EpochMs | null;
  backlogAlarmedAt: EpochMs | null;
  createdAt: EpochMs;
  updatedAt: EpochMs;
}

interface Secrets {
  url: string | null;
  secret: string | null;
  password: string | null;
}

/**
 * Stores a channel.
 * @param sourceKey where it was imported from (`kkbida:12`); a key that is there already stores nothing
 * @returns its id; null where `sourceKey` was there
 * @throws BidaError unavailable, also where there is no key to seal with
 */
export async function createWebhook(
  db: Database,
  box: SecretBox,
  spec: ChannelSpec,
  now: EpochMs,
  sourceKey: string | null = null,
): Promise<number | null> {
  // Secrets are bound to the row, whose id is not known yet; it is one commit with them.
  const row = { ...openColumnsOf(spec), sealed_secrets: "", source_key: sourceKey };
  const times = { created_at: now, updated_at: now };
  try {
    return await db.knex.transaction(async (trx) => {
      if (sourceKey !== null && (await trx("webhooks").where("source_key", sourceKey).first("id")))
        return null;
      const [id] = (await trx("webhooks").insert({ ...row, ...times })) as [number];
      await trx("webhooks")
        .where("id", id)
        .update({ sealed_secrets: sealedOf(box, id, spec) });
      return id;
    });
  } catch (error) {
    if (error instanceof BidaError) throw error;
    // Another import, at the same moment.
    if (sourceKey !== null && isDuplicate(error)) return null;
    throw translated(error);
  }
}

/** All channels, oldest first: there are few. */
export async function listWebhooks(db: Database, box: SecretBox): Promise<Webhook[]> {
  try {
    return (await db.knex("webhooks").orderBy("id")).map((row) => webhookOf(box, row));
  } catch (error) {
    throw translated(error);
  }
}

/**
 * @param lock whether nobody else changes it until the transaction of `db` ends
 * @throws BidaError not_found
 */
export async function findWebhook(
  db: Database,
  box: SecretBox,
  id: number,
  { lock = false } = {},
): Promise<Webhook> {
  const query = db.knex("webhooks").where("id", id);
  const row = await (lock ? query.forUpdate() : query).first().catch((error: unknown) => {
    throw translated(error);
  });
  if (!row) throw new BidaError("not_found", "No such channel");
  return webhookOf(box, row);
}

/** Other settings heal a channel: what was wrong before says nothing about them. @throws BidaError not_found */
export async function updateWebhook(
  db: Database,
  box: SecretBox,
  id: number,
  spec: ChannelSpec,
  now: EpochMs,
): Promise<void> {
  const healed = { broken_since: null, last_error: null, backlog_alarmed_at: null };
  const changed = await db
    .knex("webhooks")
    .where("id", id)
    .update({ ...openColumnsOf(spec), sealed_secrets: sealedOf(box, id, spec), ...healed, updated_at: now })
    .catch((error: unknown) => {
      throw translated(error);
    });
  if (changed === 0) throw new BidaError("not_found", "No such channel");
}

/**
 * Takes a channel that is closed and has no message under way, with what waits to be told to it, and its history. To be called
 * by the one who holds the desk: nobody makes a message meanwhile.
 * @returns false, changing nothing, where it was opened again, or a message is under way
 * @throws BidaError not_found
 */
export async function deleteWebhook(trx: Knex, id: number): Promise<boolean> {
  const row = await trx("webhooks").where("id", id).forUpdate().first("enabled");
  if (!row) throw new BidaError("not_found", "No such channel");
  if (row.enabled || (await openMessagesOf(trx, id)).length > 0) return false;
  await trx("webhooks").where("id", id).delete();
  for (const table of ["alarm_deliveries", "alarm_messages", "incident_channels"])
    await trx(table).where("webhook_id", id).delete();
  return true;
}

/** What is not secret of it. */
function openColumnsOf(spec: ChannelSpec): Row {
  const { url: _, secret: __, smtp, ...open } = spec;
  const settings = { ...open, smtp: smtp && { ...smtp, password: undefined } };
  return {
    type: spec.type,
    name: spec.name,
    enabled: spec.enabled ? 1 : 0,
    settings: JSON.stringify(settings),
  };
}

function sealedOf(box: SecretBox, id: number, { url, secret, smtp }: ChannelSpec): string {
  const secrets: Secrets = { url: url ?? null, secret: secret ?? null, password: smtp?.password ?? null };
  try {
    return box.seal(JSON.stringify(secrets), rowOf(id));
  } catch (error) {
    throw new BidaError("unavailable", (error as Error).message, { cause: error });
  }
}

export function webhookOf(box: SecretBox, row: Row): Webhook {
  const secrets = opened(box, row);
  const read = settingsOf(row);
  // What stands in columns of its own can be shown; with settings that cannot be read, the channel is not used.
  const settings = read ?? ({ type: row.type, name: row.name, enabled: false, filter: {} } as ChannelSpec);
  const { url = null, secret = null, password = null } = secrets ?? {};
  const smtp = settings.smtp && { ...settings.smtp, password };
  return {
    id: row.id as number,
    // One that is being deleted is closed by its column.
    spec: { ...settings, enabled: settings.enabled && Boolean(row.enabled), url, secret, smtp },
    opened: secrets !== null && read !== null,
    brokenSince: time(row.broken_since),
    lastError: row.last_error as string | null,
    lastSuccessAt: time(row.last_success_at),
    backlogAlarmedAt: time(row.backlog_alarmed_at),
    createdAt: epochMs(row.created_at as number),
    updatedAt: epochMs(row.updated_at as number),
  };
}

function settingsOf({ settings }: Row): ChannelSpec | null {
  try {
    return JSON.parse(settings as string);
  } catch {
    return null;
  }
}

const time = (value: unknown): EpochMs | null => (value === null ? null : epochMs(value as number));

const rowOf = (id: number): string => `webhooks:${id}`;

function opened(box: SecretBox, { id, sealed_secrets: sealed }: Row): Secrets | null {
  try {
    return JSON.parse(box.open(sealed as string, rowOf(id as number)));
  } catch {
    return null;
  }
}
