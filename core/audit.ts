/** The audit log: who did what to which thing, when and from where. */
import type { Actor } from "./caller.ts";
import type { EpochMs } from "./clock.ts";

/** What was acted upon: `task` and its id, `app` and its number, `destination` and its origin … */
export interface AuditTarget {
  type: string;
  /** At most 512 characters are kept. Null: no single one. */
  id: string | null;
}

export interface AuditEntry {
  at: EpochMs;
  actor: Actor;
  /** Null: not over REST. */
  sourceIp: string | null;
  /** `thing.verb`: `app.create`, `task.retry`, `user.password`, `request.refuse` … At most 64 characters. */
  action: string;
  target: AuditTarget;
  /** What it was and what it became, as JSON; null or absent where that says nothing. Never with secrets in it. */
  before?: unknown;
  after?: unknown;
  /** Why, in the words of the one who did it; at most 500 characters. */
  note?: string | null;
  /** `POST /v1/tasks/…/retry`. Null: not over REST. */
  requestPath?: string | null;
  /** The job, or the act on many tasks, that it is part of: a UUID. */
  group?: string | null;
}
