/** `/v1/webhooks`: the channels of alarms. Bodies go on as they came: the action checks them. */
import { isAllowed } from "../../core/caller.ts";
import { BidaError } from "../../core/errors.ts";
import { CHANNEL_TEST_LIMIT } from "../../core/request-limits.ts";
import {
  historyQuerySchema,
  historySchema,
  previewSchema,
  previewViewSchema,
  webhookListSchema,
  webhookPatchSchema,
  webhookSchema,
  webhookTestSchema,
  webhookViewSchema,
} from "../../core/schema/webhooks.ts";
import { call } from "../bus/call.ts";
import { read } from "../bus/peers.ts";
import type { RestCall, Route } from "./route.ts";

const tag = "Alarms";
const READ = { role: "viewer" } as const;
const TEST = { role: "operator" } as const;
const CHANGE = { role: "admin" } as const;

export const webhookRoutes: Route[] = [
  {
    method: "GET",
    path: "/v1/webhooks",
    tag,
    summary: "List channels",
    description: "With their state: `broken` since its last message could not be delivered.",
    access: READ,
    answer: { description: "All channels", schema: webhookListSchema },
    handler: ({ broker, meta }) => read(broker, "notifier.listWebhooks", {}, { meta }),
  },
  {
    method: "POST",
    path: "/v1/webhooks",
    tag,
    summary: "Add a channel",
    access: CHANGE,
    body: { schema: webhookSchema },
    answer: { status: 201, description: "The channel", schema: webhookViewSchema },
    handler: ({ broker, body, meta }) =>
      call(broker, "notifier.createWebhook", body as Record<string, unknown>, { meta }),
  },
  {
    method: "POST",
    path: "/v1/webhooks/test",
    tag,
    summary: "Try settings that are not saved",
    description: "Sends a sample now and says what came back.",
    // It calls any address that callbacks may reach, with any body.
    access: CHANGE,
    body: { schema: webhookSchema },
    answer: { description: "The platform's answer", schema: webhookTestSchema },
    handler: ({ broker, body, meta }) =>
      call(
        broker,
        "notifier.testWebhook",
        { settings: body as Record<string, unknown> },
        { meta, timeout: CHANNEL_TEST_LIMIT },
      ),
  },
  {
    method: "POST",
    path: "/v1/webhooks/preview",
    tag,
    summary: "See how messages look",
    description:
      "In the channel's language, shortened to what its platform takes: of one alarm and of many, with URLs of 2,048 characters. Nothing is sent.",
    access: TEST,
    body: { schema: previewSchema },
    answer: { description: "The bodies", schema: previewViewSchema },
    handler: ({ broker, body, meta }) =>
      read(broker, "notifier.previewWebhook", body as Record<string, unknown>, { meta }),
  },
  {
    method: "GET",
    path: "/v1/webhooks/{id}",
    tag,
    summary: "One channel",
    access: READ,
    answer: { description: "The channel", schema: webhookViewSchema },
    handler: ({ broker, params, meta }) => read(broker, "notifier.getWebhook", idOf(params), { meta }),
  },
  {
    method: "PATCH",
    path: "/v1/webhooks/{id}",
    tag,
    summary: "Change a channel",
    description: "Missing fields stay as they are, secrets too; null takes a field back to its default.",
    access: CHANGE,
    body: { schema: webhookPatchSchema },
    answer: { description: "The channel", schema: webhookViewSchema },
    handler: ({ broker, params, body, meta }) =>
      call(
        broker,
        "notifier.updateWebhook",
        { ...idOf(params), changes: body as Record<string, unknown> },
        { meta },
      ),
  },
  {
    method: "DELETE",
    path: "/v1/webhooks/{id}",
    tag,
    summary: "Delete a channel",
    description: "Its messages that are under way are canceled.",
    access: CHANGE,
    refusals: ["conflict"],
    answer: { description: "The channel that was", schema: webhookViewSchema },
    handler: ({ broker, params, meta }) => call(broker, "notifier.deleteWebhook", idOf(params), { meta }),
  },
  {
    method: "POST",
    path: "/v1/webhooks/{id}/test",
    tag,
    summary: "Try a channel",
    description:
      "Sends a sample now and says what came back. A body changes the settings for this test only.",
    access: TEST,
    body: { schema: webhookPatchSchema, optional: true },
    answer: { description: "The platform's answer", schema: webhookTestSchema },
    handler: ({ broker, params, body, meta }) => {
      // Changed settings send to other addresses, with the channel's secrets.
      if (body !== undefined && !isAllowed(meta.actor, CHANGE)) {
        throw new BidaError("forbidden", "Settings other than the saved ones are for admins");
      }
      const settings = body === undefined ? {} : { settings: body as Record<string, unknown> };
      const parameters = { ...idOf(params), ...settings };
      return call(broker, "notifier.testWebhook", parameters, { meta, timeout: CHANNEL_TEST_LIMIT });
    },
  },
  {
    method: "GET",
    path: "/v1/webhooks/{id}/history",
    tag,
    summary: "A channel's messages, newest first",
    access: READ,
    query: historyQuerySchema,
    answer: { description: "A page", schema: historySchema },
    handler: ({ broker, params, query, meta }) =>
      read(broker, "notifier.webhookHistory", { ...query, ...idOf(params) }, { meta }),
  },
];

const idOf = (params: RestCall["params"]) => ({ id: params.id ?? "" });
