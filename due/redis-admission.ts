/** Accepted entries come into the due set in Redis, some of them leased at once. */
import { type DueEntry, leaseOf as placeOf } from "../core/job.ts";
import { type AcceptedEntry, type DueSetOptions, HANDOVER } from "./due-set.ts";
import { byPartition, memberOf } from "./members.ts";
import { CHUNK } from "./redis-chunks.ts";
import { chunks, type RunScript } from "./redis-scripts.ts";

/**
 * All partitions in one round trip; the room is dealt out before, so what one leaves is not another's.
 * @param room how many may be leased to the holder
 * @returns those that were leased, and how many entries were not known before
 */
export async function admit(
  run: RunScript,
  { leaseMs, window }: DueSetOptions,
  entries: AcceptedEntry[],
  holder: string,
  room: number,
): Promise<{ leased: DueEntry[]; added: number }> {
  const leased: DueEntry[] = [];
  let added = 0;
  let undealt = room;
  const parts = Array.from(
    byPartition(entries, (entry) => entry),
    ([partition, part]) => {
      const dealt = Math.min(part.length, undealt);
      undealt -= dealt;
      return { partition, part, dealt };
    },
  );
  await Promise.all(
    parts.map(async ({ partition, part, dealt }) => {
      let left = dealt;
      for (const chunk of chunks(part, CHUNK / 2)) {
        const members = chunk.map(memberOf);
        const args = chunk.flatMap(({ dueAt, acceptedAt }, i) => [members[i] as string, dueAt, acceptedAt]);
        const answer = await run("admit", partition, [holder, left, leaseMs, window, HANDOVER, ...args]);
        const [unknown, ...taken] = answer;
        added += Number(unknown);
        left -= taken.length;
        const known = new Set(taken);
        leased.push(...chunk.filter((_, i) => known.has(members[i] as string)).map(placeOf));
      }
    }),
  );
  return { leased, added };
}
