/** Accepting where one task of a batch may be what the database refuses. */
import { type Accepted, acceptTasks, type NewTask } from "./accept.ts";
import type { Database } from "./database.ts";
import { isolated } from "./isolate.ts";

/** The database refuses this task, and no other. Nothing of it was stored. */
export interface Refused {
  kind: "refused";
  error: unknown;
}

/**
 * As {@link acceptTasks}; a task that the database refuses (a value that a column does not take) is refused alone.
 * @throws BidaError unavailable where the database is gone (then what is not known to be stored is not)
 */
export function acceptEach(db: Database, items: NewTask[]): Promise<(Accepted | Refused)[]> {
  return isolated<NewTask, Accepted | Refused>(
    items,
    (part) => acceptTasks(db, part),
    (_, error) => ({ kind: "refused", error }),
  );
}
