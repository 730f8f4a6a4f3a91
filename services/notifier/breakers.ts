/** Alarms of breakers that opened: told by an event, or found open where the event was lost. */
import type { Logger } from "moleculer";
import { type EpochMs, epochMs, iso, minutes } from "../../core/clock.ts";
import { type Lane, laneOf } from "../../core/ids.ts";
import type { LaneStatus } from "../../due/lane-rules.ts";
import { breakersTold, raiseOnce, unheardBreakers } from "../../store/alarm-checks.ts";
import { addBreakerEvent, breakerEvents, type StoredBreakerEvent } from "../../store/breaker-events.ts";
import { originsOf } from "../../store/destinations.ts";
import type { Resources } from "../node/resources.ts";

/** A breaker that opens again and again: one alarm is enough for so long. */
const SAME_BREAKER = minutes(10);

interface Opened {
  origin: string;
  since: EpochMs;
  /** In a row. */
  failures: number;
}

/** Keeps that a breaker opened, and raises its alarm. Where the database is away, the check of the next minute does. */
export async function breakerOpened(
  { db, clock }: Pick<Resources, "db" | "clock">,
  { origin, since, failures }: Opened,
  log: Logger,
): Promise<void> {
  const now = clock.now();
  await keepBreakerEvent(db, origin, { at: since, opened: true, failures }, log);
  const alarm = {
    kind: "breaker" as const,
    taskId: null,
    sourceAppName: null,
    destination: origin.slice(0, 300),
    errorCode: null,
    facts: { since, failures },
    createdAt: now,
  };
  await raiseOnce(db, alarm, epochMs(now - SAME_BREAKER)).catch((error: Error) =>
    log.error({ origin, since: iso(since), err: error.message }, "no alarm for an opened breaker"),
  );
}

/** For the page of the destination. Where the database is away a line of its history is missing, and no more than that. */
export async function keepBreakerEvent(
  db: Resources["db"],
  origin: string,
  event: StoredBreakerEvent,
  log: Logger,
): Promise<void> {
  await addBreakerEvent(db, laneOf(origin), event).catch((error: Error) =>
    log.warn({ origin, ...event, err: error.message }, "a breaker's change is not kept"),
  );
}

/**
 * Makes up for events that were lost, because NATS or the database was away. Where the due set is away nobody knows which
 * breakers are open, and the next check looks again.
 */
export async function raiseMissed(
  resources: Pick<Resources, "db" | "due" | "clock">,
  log: Logger,
): Promise<void> {
  const { db, due, clock } = resources;
  const lanes = await due.troubledLanes().catch(() => []);
  if (lanes.length === 0) return;
  const statuses = await due.lanes(lanes).catch(() => new Map<Lane, LaneStatus>());
  const origins = await originsOf(db, lanes);
  const open = lanes.flatMap((lane) => {
    const [origin, status] = [origins.get(lane), statuses.get(lane)];
    if (origin === undefined || status === undefined || status.breaker === "closed") return [];
    const since = epochMs(status.openedAt ?? clock.now());
    return { destination: origin.slice(0, 300), origin, since, failures: status.failures };
  });
  for (const one of await unheardBreakers(db, open)) await breakerOpened(resources, one, log);
}

/** Looked at in one check. */
const CLOSED_AT_ONCE = 200;

/**
 * As {@link raiseMissed}, of breakers that closed unheard: their event was lost, or a single process was started again and knows
 * nothing of them. Where the due set is away the next check looks.
 */
export async function closeMissed(
  { db, due, clock }: Pick<Resources, "db" | "due" | "clock">,
  log: Logger,
): Promise<void> {
  const origins = await breakersTold(db, CLOSED_AT_ONCE);
  if (origins.length === 0) return;
  const statuses = await due.lanes(origins.map(laneOf)).catch(() => null);
  if (statuses === null) return;
  for (const origin of origins) {
    const lane = laneOf(origin);
    if ((statuses.get(lane)?.breaker ?? "closed") !== "closed") continue;
    const [latest] = await breakerEvents(db, lane, 1);
    if (latest?.opened)
      await keepBreakerEvent(db, origin, { at: clock.now(), opened: false, failures: null }, log);
  }
}
