/** Where kkbida's webhooks become channels: checked and stored as `POST /v1/webhooks` does. */
import { EgressPolicy } from "../../core/egress.ts";
import { parseChannel } from "../../core/alarm/channel.ts";
import { systemClock } from "../../core/clock.ts";
import type { Config } from "../../core/config.ts";
import type { WebhookRequest, WebhookSink } from "../../store/kkbida/options.ts";
import { openSecretBox } from "../../store/secret-box.ts";
import { createWebhook } from "../../store/webhooks.ts";

export function channelSink(config: Config): WebhookSink {
  const egress = new EgressPolicy([...config.egressAllow, ...config.egressWhileAlone]);
  const parse = (request: WebhookRequest) => parseChannel({ ...request }, egress);
  return {
    check: parse,
    // The box makes a key where there is none, which a dry run must not.
    create: (db, request, sourceKey) =>
      createWebhook(db, openSecretBox(config), parse(request), systemClock.now(), sourceKey),
  };
}
