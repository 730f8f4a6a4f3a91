/**
 * What operators set for destinations that each call must know. Such destinations are few, so all are remembered: no job
 * costs a read. A change comes as an event, and once more with the reconciler's rounds, where events are lost.
 */
import type { DestinationSettings } from "../../core/destination.ts";
import type { Lane } from "../../core/ids.ts";
import type { Job } from "../../core/job.ts";

/** A message of an older node may lack what that does not know. */
type CallSettings = Pick<DestinationSettings, "keepAlive"> &
  Partial<Pick<DestinationSettings, "legacyTimeoutMs">>;

export class LaneSettings {
  readonly #lanes = new Map<Lane, CallSettings>();

  set(lane: Lane, { keepAlive, legacyTimeoutMs = null }: CallSettings): void {
    if (keepAlive && legacyTimeoutMs === null) this.#lanes.delete(lane);
    else this.#lanes.set(lane, { keepAlive, legacyTimeoutMs });
  }

  /** Puts into a job what holds for its destination. */
  apply(job: Job): void {
    const settings = this.#lanes.get(job.lane);
    if (!settings) return;
    if (!settings.keepAlive) job.keepAlive = false;
    if (job.profile && settings.legacyTimeoutMs) job.timeoutMs = settings.legacyTimeoutMs;
  }
}
