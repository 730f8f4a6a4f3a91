/** Channels: made, changed, deleted, tried. */

import { type ChannelSpec, contentProblem, parseChannel, secretsOf } from "../../core/alarm/channel.ts";
import { withoutSecrets } from "../../core/alarm/mask.ts";
import type { EpochMs } from "../../core/clock.ts";
import type {
  AlarmMessageView,
  Page,
  WebhookPreview,
  WebhookTest,
  WebhookView,
} from "../../core/contract.ts";
import { wrongCursor } from "../../core/cursor.ts";
import type { EgressPolicy } from "../../core/egress.ts";
import { BidaError } from "../../core/errors.ts";
import { parseTaskId } from "../../core/ids.ts";
import { cutPage } from "../../core/page-cut.ts";
import { historyQuerySchema, previewSchema, webhookIdSchema } from "../../core/schema/webhooks.ts";
import { parseWith } from "../../core/task-schema.ts";
import { atDesk, closeChannel } from "../../store/alarm-desk.ts";
import { healChannel } from "../../store/alarms.ts";
import { messagesOf, openMessagesOf } from "../../store/channel-messages.ts";
import type { Database } from "../../store/database.ts";
import { translated, withRetries } from "../../store/failures.ts";
import {
  createWebhook,
  deleteWebhook,
  findWebhook,
  listWebhooks,
  updateWebhook,
  type Webhook,
} from "../../store/webhooks.ts";
import type { BidaContext } from "../bus/types.ts";
import type { Resources } from "../node/resources.ts";
import { cancelTask } from "../tasks/tasks.ts";
import { previewOf } from "./samples.ts";
import { messageView, webhookView } from "./views.ts";

/** What happened to a channel, for the audit log. Masked: nothing of it is secret. */
export interface ChannelChange {
  action: "webhook.create" | "webhook.update" | "webhook.delete" | "webhook.test";
  id: number | null;
  before: WebhookView | null;
  after: WebhookView | null;
}

/** Writes what happened, in the transaction of the change: there is neither without the other. */
export type Audit = (within: Database, change: ChannelChange, ctx: BidaContext, at: EpochMs) => Promise<void>;

/** How often a channel is closed that is to be deleted, and that somebody opens meanwhile. */
const CLOSED_AGAIN = 5;

export class Channels {
  readonly #resources: Resources;
  readonly #egress: () => EgressPolicy;
  readonly #audit: Audit;

  /** @param egress what may be reached at that moment */
  constructor(resources: Resources, egress: () => EgressPolicy, audit: Audit) {
    this.#resources = resources;
    this.#egress = egress;
    this.#audit = audit;
  }

  async list(): Promise<Page<WebhookView>> {
    const { db, box } = this.#resources;
    return { items: (await listWebhooks(db, box)).map(webhookView), nextCursor: null };
  }

  async get(id: unknown): Promise<WebhookView> {
    return webhookView(await this.find(id));
  }

  /** @throws BidaError not_found, also for what cannot be an id */
  async find(id: unknown): Promise<Webhook> {
    return findWebhook(this.#resources.db, this.#resources.box, idOf(id));
  }

  /** Checked settings, of none or of a channel that they change. @throws BidaError invalid_body */
  parse(request: Record<string, unknown>, former: Webhook | null): ChannelSpec {
    return parseChannel(request, this.#egress(), former?.spec ?? null);
  }

  async create(request: Record<string, unknown>, ctx: BidaContext): Promise<WebhookView> {
    const spec = this.parse(request, null);
    return this.#changing(async (within, now) => {
      const id = (await createWebhook(within, this.#resources.box, spec, now)) as number;
      const after = await this.#view(within, id);
      await this.#audit(within, { action: "webhook.create", id, before: null, after }, ctx, now);
      return after;
    });
  }

  async update(id: unknown, changes: Record<string, unknown>, ctx: BidaContext): Promise<WebhookView> {
    const key = idOf(id);
    return this.#changing(async (within, now) => {
      const { box } = this.#resources;
      // The whole row is written: it is read under a lock, which keeps what others change at the same time.
      const former = await findWebhook(within, box, key, { lock: true });
      await updateWebhook(within, box, key, this.parse(changes, former), now);
      const [before, after] = [webhookView(former), await this.#view(within, key)];
      await this.#audit(within, { action: "webhook.update", id: key, before, after }, ctx, now);
      return after;
    });
  }

  /**
   * First it is closed, so no message is made any more; then those on their way are canceled. One that somebody opens again
   * meanwhile is closed again.
   * @throws BidaError conflict where that goes on
   */
  async remove(id: unknown, ctx: BidaContext): Promise<WebhookView> {
    const { db, clock } = this.#resources;
    const former = await this.find(id);
    const before = webhookView(former);
    const change: ChannelChange = { action: "webhook.delete", id: former.id, before, after: null };
    for (let tries = 1; tries <= CLOSED_AGAIN; tries++) {
      await closeChannel(db, former.id);
      await this.#cancelMessages(former.id, ctx);
      const isDeleted = await atDesk(db, async (trx) => {
        if (!(await deleteWebhook(trx, former.id))) return false;
        await this.#audit({ ...db, knex: trx }, change, ctx, clock.now());
        return true;
      });
      if (isDeleted) return before;
    }
    throw new BidaError("conflict", "Somebody switches the channel on again and again");
  }

  async #cancelMessages(id: number, ctx: BidaContext): Promise<void> {
    const { db } = this.#resources;
    for (const taskId of await openMessagesOf(db.knex, id).catch(unavailable)) {
      await cancelTask(this.#resources, ctx, { taskId }).catch((error: BidaError) => {
        // It has ended meanwhile.
        if (error.code !== "state_conflict" && error.code !== "not_found") throw error;
      });
    }
  }

  #changing<T>(work: (within: Database, now: EpochMs) => Promise<T>): Promise<T> {
    const { db, clock } = this.#resources;
    return withRetries(() => db.knex.transaction((trx) => work({ ...db, knex: trx }, clock.now())));
  }

  async #view(within: Database, id: number): Promise<WebhookView> {
    return webhookView(await findWebhook(within, this.#resources.box, id));
  }

  /** A test that arrived heals a channel, if it was one of the settings that are saved. */
  async tried(
    channel: Webhook | null,
    { succeeded }: WebhookTest,
    saved: boolean,
    ctx: BidaContext,
  ): Promise<void> {
    await this.#changing(async (within, now) => {
      if (channel && saved && succeeded) await healChannel(within.knex, channel.id, now);
      const id = channel?.id ?? null;
      await this.#audit(within, { action: "webhook.test", id, before: null, after: null }, ctx, now);
    });
  }

  async history(id: unknown, query: { limit?: number; cursor?: string }): Promise<Page<AlarmMessageView>> {
    const { limit, cursor } = parseWith(historyQuerySchema, query, "invalid_query");
    const { id: webhookId, spec } = await this.find(id);
    const before = cursor === undefined ? null : parseTaskId(cursor);
    if (cursor !== undefined && before === null) throw wrongCursor();
    const found = await messagesOf(this.#resources.db, webhookId, limit + 1, before).catch(unavailable);
    const clean = (text: string) => withoutSecrets(text, secretsOf(spec));
    return cutPage(
      found.map((one) => messageView({ ...one, error: one.error && clean(one.error) })),
      limit,
      ({ taskId }) => taskId,
    );
  }

  /** How messages of settings look that are not saved. @throws BidaError invalid_body */
  preview(request: Record<string, unknown>): WebhookPreview {
    const look = parseWith(previewSchema, request, "invalid_body");
    const problem = look.content ? contentProblem(look) : null;
    if (problem !== null)
      throw new BidaError("invalid_body", "The template has a mistake", {
        errors: [{ field: "content", message: problem }],
      });
    const { config, clock } = this.#resources;
    return previewOf(look, config.publicUrl, clock.now(), config.timeZone);
  }
}

/** @throws BidaError not_found */
function idOf(id: unknown): number {
  const parsed = webhookIdSchema.safeParse({ id });
  if (!parsed.success) throw new BidaError("not_found", "No such channel");
  return parsed.data.id;
}

function unavailable(error: unknown): never {
  throw translated(error);
}
