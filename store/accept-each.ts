/** Accepting where one task of a batch may be what the database refuses. */
import { BidaError } from "../core/errors.ts";
import { type Accepted, acceptTasks, type NewTask } from "./accept.ts";
import type { Database } from "./database.ts";
import { isolated } from "./isolate.ts";
import { cutTo, textBytes } from "./packet.ts";

/** The database refuses this task, and no other. Nothing of it was stored. */
export interface Refused {
  kind: "refused";
  error: unknown;
}

/**
 * As {@link acceptTasks}; a task that the database refuses (a value that a column does not take) is refused alone, and so
 * is one that is longer than the server's `max_allowed_packet`. A batch that is longer is cut into several transactions.
 * @throws BidaError unavailable where the database is gone (then what is not known to be stored is not)
 */
export async function acceptEach(db: Database, items: NewTask[]): Promise<(Accepted | Refused)[]> {
  const { packet } = db.server;
  const { parts, oversize } = cutTo(items, packet, atMost, ({ row }) => textBytes(row));
  const results = new Map<NewTask, Accepted | Refused>();
  for (const item of oversize) {
    const detail = `The task is longer than the database server takes: its max_allowed_packet is ${packet} bytes`;
    results.set(item, { kind: "refused", error: new BidaError("body_too_large", detail) });
  }
  for (const part of parts) {
    const accepted = await isolated<NewTask, Accepted | Refused>(
      part,
      (some) => acceptTasks(db, some),
      (_, error) => ({ kind: "refused", error }),
    );
    for (const [i, item] of part.entries()) results.set(item, accepted[i] as Accepted | Refused);
  }
  return items.map((item) => results.get(item) as Accepted | Refused);
}

/** A character takes three bytes at most, or two where it is escaped; a row has some 30 columns. */
const atMost = ({ bytes }: NewTask): number => 3 * bytes + 2_000;
