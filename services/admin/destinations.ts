/** Destinations: what is set for them, and how they are. */

import type { ServiceBroker } from "moleculer";
import type { z } from "zod";
import type { AuditEntry } from "../../core/audit.ts";
import { iso } from "../../core/clock.ts";
import { cursorOf, cursorParts, wrongCursor } from "../../core/cursor.ts";
import type { DestinationView } from "../../core/destination.ts";
import { BidaError } from "../../core/errors.ts";
import { type Lane, laneOf } from "../../core/ids.ts";
import { breakerChanges } from "../../core/metrics.ts";
import type { destinationChangeSchema, destinationQuerySchema } from "../../core/schema/destinations.ts";
import type { LaneStatus } from "../../due/lane-rules.ts";
import { recordAudit } from "../../store/audit.ts";
import { addBreakerEvent } from "../../store/breaker-events.ts";
import {
  type DestinationChange,
  findDestination,
  listDestinations,
  type StoredDestination,
  setDestination,
} from "../../store/destinations.ts";
import { emit } from "../bus/bus.ts";
import { call } from "../bus/call.ts";
import { nodesWith } from "../bus/peers.ts";
import type { Resources } from "../node/resources.ts";
import { handedOnly } from "../tasks/handed.ts";
import { difference } from "./people-parts.ts";

export async function listViews(
  resources: Resources,
  query: z.output<typeof destinationQuerySchema>,
): Promise<{ items: DestinationView[]; nextCursor: string | null }> {
  const { db, due } = resources;
  const [after = null] = query.cursor === undefined ? [] : cursorParts(query.cursor, 1);
  if (after !== null && !URL.canParse(after)) throw wrongCursor();
  const filter = {
    q: query.q,
    paused: query.state === "paused" ? true : undefined,
    lanes: query.state === "open" ? await due.troubledLanes() : undefined,
  };
  const page = await listDestinations(db, filter, query.limit, after);
  // Without Redis nobody can say how they are; what is set is shown.
  const [known, handed] = await Promise.all([
    due.lanes(page.items.map(({ lane }) => lane)).catch(() => new Map()),
    handedPerLane(resources),
  ]);
  return {
    items: page.items.map((one) => viewOf(one, known.get(one.lane), handed.get(one.lane))),
    nextCursor: page.nextCursor && cursorOf(page.nextCursor),
  };
}

/** @throws BidaError not_found for an origin that was never called nor set */
export async function view(resources: Resources, origin: string): Promise<DestinationView> {
  const { db, due } = resources;
  const lane = laneOf(origin);
  const destination = await findDestination(db, lane);
  if (!destination) throw new BidaError("not_found", "No such destination");
  const [known, handed] = await Promise.all([
    due.lanes([lane]).catch(() => new Map()),
    handedPerLane(resources),
  ]);
  return viewOf(destination, known.get(lane), handed.get(lane));
}

/**
 * Resolves once what was set holds for every scheduler that can be reached. Where the due set is away, the reconciler hands over
 * what was set.
 * @throws BidaError unavailable where the breaker was to be reset and the due set is away; the rest is set then
 */
export async function change(
  { db, due, clock }: Resources,
  broker: ServiceBroker,
  origin: string,
  { breaker, note, ...rest }: z.output<typeof destinationChangeSchema>,
  by: Pick<AuditEntry, "actor" | "sourceIp" | "requestPath">,
): Promise<DestinationChange> {
  const lane = laneOf(origin);
  const wanted = { ...rest, breaker: breaker?.enabled };
  const change = Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined));
  const closes = breaker?.reset || breaker?.enabled === false;
  const former = closes ? await due.lanes([lane]).catch(() => null) : null;
  const wasOpen = (former?.get(lane)?.breaker ?? "closed") !== "closed";
  // It comes first: the record says so only where it happened.
  const reset = breaker?.reset ? await settled(due.resetBreaker(lane)) : null;
  const now = clock.now();
  const changed = await setDestination(db, origin, change, now, (within, { before, after }) => {
    const { before: was, after: is } = difference(before, after);
    const target = { type: "destination", id: origin };
    const entry = { at: now, ...by, action: "destination.change", target, before: was, note: note ?? null };
    return recordAudit(within, { ...entry, after: { ...is, ...(reset?.done && { breakerReset: true }) } });
  });
  const configured = await settled(due.configure(lane, changed.after));
  await tellSchedulers(broker, changed.after);
  const isOff = configured.done && !changed.after.breaker;
  if (wasOpen && (reset?.done || isOff)) await breakerClosed({ db, clock }, broker, origin);
  if (reset && !reset.done) throw reset.error;
  return changed;
}

const settled = (work: Promise<void>): Promise<{ done: true } | { done: false; error: unknown }> =>
  work.then(
    () => ({ done: true }),
    (error: unknown) => ({ done: false, error }),
  );

/** An operator closed it: no call did, so no scheduler tells of it. */
async function breakerClosed(
  { db, clock }: Pick<Resources, "db" | "clock">,
  broker: ServiceBroker,
  origin: string,
): Promise<void> {
  const at = clock.now();
  breakerChanges.closed.inc();
  broker.logger.info({ origin }, "breaker closed by an operator");
  // A notifier that hears the event keeps it too, where the database is back by then.
  await addBreakerEvent(db, laneOf(origin), { at, opened: false, failures: null }).catch(() => undefined);
  emit(broker, "destination.closed", { origin, at: iso(at) });
}

/** How long a scheduler may take to answer, in ms. One that does not learns it from the due set, about a second later. */
const PATIENCE = 1_000;

/** Resolves once what was set holds for every scheduler that can be reached: the next task is called accordingly. */
async function tellSchedulers(broker: ServiceBroker, destination: StoredDestination): Promise<void> {
  const { lane, paused, concurrency, ratePerSecond, breaker, keepAlive, legacyTimeoutMs } = destination;
  const params = {
    lane,
    settings: { paused, concurrency, ratePerSecond, breaker, keepAlive, legacyTimeoutMs },
  };
  const told = nodesWith(broker, "scheduler.configure").map((nodeID) =>
    call(broker, "scheduler.configure", params, { nodeID, timeout: PATIENCE }),
  );
  await Promise.allSettled(told);
}

/** How many calls of each lane the due set does not count. */
async function handedPerLane(resources: Resources): Promise<Map<Lane, number>> {
  const entries = await handedOnly(resources, resources.clock.now());
  const counts = new Map<Lane, number>();
  for (const { lane } of entries) counts.set(lane, (counts.get(lane) ?? 0) + 1);
  return counts;
}

function viewOf(destination: StoredDestination, status: LaneStatus | undefined, handed = 0): DestinationView {
  const { origin, paused, concurrency, ratePerSecond, keepAlive, legacyTimeoutMs, breaker, firstSeenAt } =
    destination;
  return {
    origin,
    paused,
    concurrency,
    ratePerSecond,
    keepAlive,
    legacyTimeoutMs,
    breaker: {
      enabled: breaker,
      state: status?.breaker ?? "closed",
      since: isoOf(status?.openedAt),
      probeAt: isoOf(status?.openUntil),
      failures: status?.failures ?? 0,
    },
    window: status?.window ?? null,
    ready: status?.ready ?? 0,
    inFlight: (status?.leased ?? 0) + handed,
    firstSeenAt: new Date(firstSeenAt).toISOString(),
  };
}

const isoOf = (time: number | null | undefined): string | null =>
  time ? new Date(time).toISOString() : null;
