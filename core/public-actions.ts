/**
 * What services of other programs on the same NATS may call and hear: the one list that the offer
 * (`services/neighbours/`), the client package, and whatever else lets packets through, read. Everything that is not in it
 * stays among Bida's own nodes.
 */
import type { ActionMap, EventMap } from "./contract.ts";

/** Actions by the names they have among Bida's nodes; neighbours call them {@link publicName}. */
export const PUBLIC_ACTIONS = [
  "scheduler.submit",
  "scheduler.submitBatch",
  "scheduler.get",
  "scheduler.attempts",
  "scheduler.cancel",
  "scheduler.health",
  "admin.list",
  "admin.retry",
  "admin.cancel",
  "admin.resolve",
  "admin.resend",
  "admin.changeMany",
  "admin.replay",
  "admin.listJobs",
  "admin.getJob",
  "admin.changeJob",
  "admin.stopJob",
  "admin.attempts",
  "admin.statsNow",
  "admin.statsSummary",
  "admin.statsSeries",
  "admin.statsDestinations",
  "admin.statsErrors",
  "admin.listDestinations",
  "admin.getDestination",
] as const satisfies readonly (keyof ActionMap)[];
export type PublicAction = (typeof PUBLIC_ACTIONS)[number];

/** Events by the names they have among Bida's nodes. */
export const PUBLIC_EVENTS = [
  "task.attempted",
  "task.succeeded",
  "task.exhausted",
] as const satisfies readonly (keyof EventMap)[];
export type PublicEvent = (typeof PUBLIC_EVENTS)[number];

/** Before every name that neighbours see: an application may well have services called `admin` and `scheduler` itself. */
const PREFIX = "bida";

/** The name of an action, of a service, or of an event that one instance of each listening service hears. */
export const publicName = <N extends string>(name: N): `bida.${N}` => `${PREFIX}.${name}`;

/** The name of an event that every instance hears. */
export const broadcastName = <N extends string>(name: N): `bida.broadcast.${N}` =>
  `${PREFIX}.broadcast.${name}`;
