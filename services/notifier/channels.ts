/** Channels: made, changed, deleted, tried. */
import { EgressPolicy } from "../../core/addresses.ts";
import { type ChannelSpec, parseChannel } from "../../core/alarm/channel.ts";
import type { AlarmMessageView, Page, WebhookTest, WebhookView } from "../../core/contract.ts";
import { BidaError } from "../../core/errors.ts";
import { parseTaskId } from "../../core/ids.ts";
import { historyQuerySchema, webhookIdSchema } from "../../core/schema/webhooks.ts";
import { parseWith } from "../../core/task-schema.ts";
import { messagesOf, openMessagesOf } from "../../store/alarm-desk.ts";
import { healChannel } from "../../store/alarms.ts";
import { translated } from "../../store/failures.ts";
import { EVERYTHING } from "../../store/scope.ts";
import {
  createWebhook,
  deleteWebhook,
  findWebhook,
  listWebhooks,
  updateWebhook,
  type Webhook,
} from "../../store/webhooks.ts";
import type { BidaContext } from "../lib/bus.ts";
import type { Resources } from "../lib/resources.ts";
import { cancelTask } from "../lib/tasks.ts";
import { messageView, webhookView } from "./views.ts";

/** What happened to a channel, for the audit log. Masked: nothing of it is secret. */
export interface ChannelChange {
  action: "webhook.create" | "webhook.update" | "webhook.delete" | "webhook.test";
  id: number | null;
  before: WebhookView | null;
  after: WebhookView | null;
}

export class Channels {
  readonly #resources: Resources;
  readonly #egress: EgressPolicy;
  readonly #audit: (change: ChannelChange, ctx: BidaContext) => Promise<void>;

  constructor(resources: Resources, audit: (change: ChannelChange, ctx: BidaContext) => Promise<void>) {
    this.#resources = resources;
    this.#egress = new EgressPolicy(resources.config.egressAllow);
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
    const parsed = webhookIdSchema.safeParse({ id });
    if (!parsed.success) throw new BidaError("not_found", "No such channel");
    return findWebhook(this.#resources.db, this.#resources.box, parsed.data.id);
  }

  /** Checked settings, of none or of a channel that they change. @throws BidaError invalid_task */
  parse(request: Record<string, unknown>, former: Webhook | null): ChannelSpec {
    return parseChannel(request, this.#egress, former?.spec ?? null);
  }

  async create(request: Record<string, unknown>, ctx: BidaContext): Promise<WebhookView> {
    const { db, box, clock } = this.#resources;
    const id = (await createWebhook(db, box, this.parse(request, null), clock.now())) as number;
    const after = await this.get(id);
    await this.#audit({ action: "webhook.create", id, before: null, after }, ctx);
    return after;
  }

  async update(id: unknown, changes: Record<string, unknown>, ctx: BidaContext): Promise<WebhookView> {
    const { db, box, clock } = this.#resources;
    const former = await this.find(id);
    await updateWebhook(db, box, former.id, this.parse(changes, former), clock.now());
    const after = await this.get(former.id);
    await this.#audit({ action: "webhook.update", id: former.id, before: webhookView(former), after }, ctx);
    return after;
  }

  /** First it is disabled, so that no message is made any more; then those on their way are canceled. */
  async remove(id: unknown, ctx: BidaContext): Promise<WebhookView> {
    const { db, box, clock } = this.#resources;
    const former = await this.find(id);
    await updateWebhook(db, box, former.id, { ...former.spec, enabled: false }, clock.now());
    for (const taskId of await openMessagesOf(db, former.id).catch(unavailable)) {
      await cancelTask(this.#resources, EVERYTHING, taskId).catch((error: BidaError) => {
        // It has ended meanwhile.
        if (error.code !== "state_conflict" && error.code !== "not_found") throw error;
      });
    }
    await deleteWebhook(db, former.id);
    const before = webhookView(former);
    await this.#audit({ action: "webhook.delete", id: former.id, before, after: null }, ctx);
    return before;
  }

  /** A test that arrived heals a channel, if it was one of the settings that are saved. */
  async tried(
    channel: Webhook | null,
    { succeeded }: WebhookTest,
    saved: boolean,
    ctx: BidaContext,
  ): Promise<void> {
    const { db, clock } = this.#resources;
    if (channel && saved && succeeded) await healChannel(db.knex, channel.id, clock.now()).catch(unavailable);
    const view = channel && webhookView(channel);
    await this.#audit({ action: "webhook.test", id: channel?.id ?? null, before: view, after: view }, ctx);
  }

  async history(id: unknown, query: { limit?: number; cursor?: string }): Promise<Page<AlarmMessageView>> {
    const { limit, cursor } = parseWith(historyQuerySchema, query, "invalid_query");
    const { id: webhookId } = await this.find(id);
    const before = cursor === undefined ? null : parseTaskId(cursor);
    if (cursor !== undefined && before === null) {
      const errors = [{ field: "cursor", message: "must be a nextCursor of an earlier page" }];
      throw new BidaError("invalid_query", undefined, { errors });
    }
    const found = await messagesOf(this.#resources.db, webhookId, limit + 1, before).catch(unavailable);
    const items = found.slice(0, limit).map(messageView);
    return { items, nextCursor: found.length > limit ? (items.at(-1)?.taskId ?? null) : null };
  }
}

function unavailable(error: unknown): never {
  throw translated(error);
}
