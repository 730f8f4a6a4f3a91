/** Acting on destinations, from their list and from the page of one. */
import { api } from "../api/client.ts";
import type { Destination, DestinationChange } from "../api/types.ts";
import { toasts } from "../state/toasts.svelte.ts";
import { t } from "./i18n.svelte.ts";

export const destinationPage = (origin: string): string => `/destinations/${encodeURIComponent(origin)}`;

export const patchDestination = (origin: string, body: DestinationChange): Promise<Destination> =>
  api((a) => a.PATCH("/v1/destinations/{origin}", { params: { path: { origin } }, body }));

/**
 * Changes it and says so.
 * @param undo what takes it back; none: it cannot be
 * @param refresh after it was taken back
 * @throws ApiError
 */
export async function changeDestination(
  origin: string,
  body: DestinationChange,
  said: string,
  refresh: () => Promise<void>,
  undo?: DestinationChange,
): Promise<void> {
  await patchDestination(origin, body);
  const back = async () => {
    if (undo) await patchDestination(origin, undo);
    await refresh();
  };
  toasts.done(said, { detail: origin, ...(undo && { undo: back }) });
}

/** What is set for it, in words. */
export const limitsText = ({ concurrency, ratePerSecond, keepAlive, legacyTimeoutMs }: Destination): string =>
  [
    concurrency !== null && t("dest.atOnce", { n: concurrency }),
    ratePerSecond !== null && t("dest.perSecond", { n: ratePerSecond }),
    !keepAlive && t("dest.noKeepAlive"),
    legacyTimeoutMs !== null && t("dest.patience", { ms: legacyTimeoutMs }),
  ]
    .filter(Boolean)
    .join(", ");
