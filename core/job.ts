/** What travels between scheduler and dispatcher. Plain data: it crosses NATS and thread boundaries. */
import type { EpochMs, Millis } from "./clock.ts";
import type { Lane, TaskId } from "./id-types.ts";
import type { Mail } from "./mail.ts";
import type { AttemptRecord } from "./outcome.ts";
import type { Profile } from "./profile.ts";
import type { Progress, TaskSpec } from "./task.ts";

/** One task's place in the due set. The lease of a claimed entry is named by it. */
export interface DueEntry {
  taskId: TaskId;
  lane: Lane;
  /** The app it belongs to; apps take turns. */
  app: number;
  /** First calls go before retries. */
  first: boolean;
  dueAt: EpochMs;
}

/** Where a task belongs in the due set; null where it does not, because it has ended or is held back. */
export function dueEntryOf(
  task: Pick<Progress, "state" | "callCount" | "nextCallAt"> &
    Pick<DueEntry, "taskId" | "lane"> & { appId: number },
): DueEntry | null {
  const { taskId, lane, appId, state, callCount, nextCallAt } = task;
  return state === "pending" && nextCallAt !== null
    ? { taskId, lane, app: appId, first: callCount === 0, dueAt: nextCallAt }
    : null;
}

/** The part of a job or an outcome that names its lease. */
export const leaseOf = ({ taskId, lane, app, first, dueAt }: DueEntry): DueEntry => ({
  taskId,
  lane,
  app,
  first,
  dueAt,
});

/** One attempt to be made: the entry that was claimed, and the request to send. */
export interface Job
  extends DueEntry,
    Pick<
      TaskSpec,
      | "url"
      | "requestMethod"
      | "requestParam"
      | "body"
      | "bodyBase64"
      | "contentType"
      | "headers"
      | "expectResult"
      | "expect"
      | "timeoutMs"
      | "expiresAt"
    > {
  /** Missing: none, see {@link TaskSpec.profile}. */
  profile?: Profile | null;
  /** This attempt's number, the fence of its record. */
  n: number;
  /** Signing secrets of the app that owns the task, newest first; empty where it has none. */
  secrets: string[];
  /** False: its destination wants no connection kept open. Missing: it may be. */
  keepAlive?: false;
  /** Others of its `orderKey` may wait for its end. Missing: none do. */
  ordered?: true;
  /** An alarm by e-mail: sent instead of a call. */
  mail?: Mail;
  /**
   * The lease is in the task's row only, until this moment of the cluster's clock: the due set knows nothing of it
   * (docs/delivery.md, "The short way"). Missing: the due set has it.
   */
  handedUntil?: EpochMs;
}

/** A dispatcher's demand. */
export interface ClaimRequest {
  /** Names the dispatcher's run; leases belong to it. */
  holder: string;
  /** How many jobs fit. */
  room: number;
  /** How many of them may be retries; the rest of the room is kept for first calls. */
  retries: number;
  /** It keeps up: what it is given is called at once. */
  keepsUp: boolean;
  /** How long the request may be parked. */
  waitMs: Millis;
  /** It knows leases that are in the task's row only; older dispatchers do not. */
  handovers?: true;
}

/** What it gets. */
export interface ClaimReply {
  jobs: Job[];
  /** The cluster's clock (epoch ms) just before the leases began. */
  leasedAt: number;
}

/** What came of a job. `attempt` is null where no call was made because the task had expired. */
export interface Outcome extends DueEntry {
  n: number;
  attempt: AttemptRecord | null;
  /** The cluster's clock when the call had ended for certain. Delays count from here, not from when it is recorded. */
  endedBy: EpochMs;
  /**
   * How long ago that was when it was reported, by its node's steady clock. It counts instead of `endedBy`: a node that reached
   * no scheduler for a while does not know that the cluster's clock was set. Missing: an older dispatcher.
   */
  endedMsAgo?: Millis;
  /** The due set was never asked to hold the lease: see {@link Job.handedUntil}. */
  handed?: true;
  /** As {@link Job.ordered}. */
  ordered?: true;
  /** The origin that was called, of a call that succeeded: its record need not read the row. */
  target?: string;
}
