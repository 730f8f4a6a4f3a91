/**
 * The due set in Redis against the database that it is a projection of, by what the reconciler goes by
 * (`services/scheduler/reconciler.ts`): what it counts and remembers, what it lacks, and leases that nobody needs. What is
 * under way changes all the time, so a difference counts where it is there at two looks.
 */
import { setTimeout as pause } from "node:timers/promises";
import { epochMs, later, millis, minutes } from "../../core/clock.ts";
import type { Config } from "../../core/config.ts";
import type { TaskId } from "../../core/ids.ts";
import type { DueEntry } from "../../core/job.ts";
import { handedFor } from "../../core/lease.ts";
import { HANDOVER } from "../../due/due-set.ts";
import { FINDINGS, type Finding as Kind } from "../../due/findings.ts";
import { RedisDueSet } from "../../due/redis.ts";
import { LANE_WINDOW } from "../../services/node/resources.ts";
import type { Database } from "../../store/database.ts";
import { notOpenAmong } from "../../store/examine.ts";
import { readInstallation } from "../../store/installation.ts";
import { scanWaiting } from "../../store/waiting.ts";
import { bad, type Finding, ok, warn } from "./finding.ts";

const ABOUT = "due set";
/** Between the two looks, in ms: longer than what is recorded needs to be settled. */
const BETWEEN = 1_500;
/** What is due within this is compared; what is due later, a node that starts finds in time. */
const LOOKAHEAD = minutes(4);
const PAGE = 1_000;
/** So many of the open tasks are compared. */
const PAGES = 50;
/** How long Redis may take to answer, in ms. */
const PATIENCE = 4_000;
/** The epoch grows in both, one after the other. */
const EPOCHS_APART = 1;

export async function* dueSetFindings(config: Config, db: Database): AsyncGenerator<Finding> {
  if (config.redisUrl === null) return;
  const connected = Promise.withResolvers<void>();
  const options = { leaseMs: millis(config.leaseMs), window: LANE_WINDOW };
  const due = new RedisDueSet(config.redisUrl, options, (up) => up && connected.resolve());
  try {
    await Promise.race([connected.promise, pause(PATIENCE)]);
    const stranger = await belongingOf(db, due);
    if (stranger !== null) {
      yield stranger;
      return;
    }
    if (!(await due.intact())) {
      yield warn(ABOUT, "it is not built yet, or was emptied", "start a scheduler: it builds it within 15 s");
      return;
    }
    const first = await look(config, db, due);
    await pause(BETWEEN);
    yield* differences(first, await look(config, db, due), await due.counts());
  } finally {
    await due.close();
  }
}

/** Null: it is ours, and of the same time. */
async function belongingOf(db: Database, due: RedisDueSet): Promise<Finding | null> {
  const { id } = await readInstallation(db);
  // Asked before the database, whose epoch grows first: see `services/node/installation-watch.ts`.
  const told = await due.belongsTo({ installation: id, epoch: 0 });
  const { epoch } = await readInstallation(db);
  if (told.installation !== null && told.installation !== id)
    return bad(
      ABOUT,
      `this Redis is another installation's (${told.installation})`,
      "give each installation its own Redis, or a database number of its own: redis://…/1",
    );
  if ((told.highest ?? 0) > epoch)
    return warn(
      ABOUT,
      "the database is older than it: it was restored",
      "start a scheduler: it builds the due set anew",
    );
  if (told.lowest !== null && told.lowest < epoch - EPOCHS_APART)
    return warn(ABOUT, "it is an older copy of itself", "start a scheduler: it builds the due set anew");
  return null;
}

interface Look {
  wrong: Partial<Record<Kind, number>>;
  missing: Map<TaskId, DueEntry>;
  idle: Set<TaskId>;
  complete: boolean;
}

async function look(config: Config, db: Database, due: RedisDueSet): Promise<Look> {
  const { wrong } = await due.check(false);
  const missing = new Map<TaskId, DueEntry>();
  const now = due.clock.now();
  const onTheWay = {
    now,
    over: epochMs(now - handedFor(config.leaseMs)),
    until: epochMs(now - 2 * HANDOVER),
  };
  let position: DueEntry | null = null;
  let complete = false;
  for (let page = 0; page < PAGES && !complete; page++) {
    const entries: DueEntry[] = await scanWaiting(db, later(now, LOOKAHEAD), position, PAGE, onTheWay);
    for (const entry of await due.missingAmong(entries)) missing.set(entry.taskId, entry);
    complete = entries.length < PAGE;
    position = entries.at(-1) ?? null;
  }
  return { wrong, missing, idle: new Set(await notOpenAmong(db, await due.allLeased())), complete };
}

function* differences(
  first: Look,
  second: Look,
  counts: { waiting: number; ready: number; leased: number },
): Generator<Finding> {
  const repair = "a scheduler repairs it within seconds; look at the log of one, or start one";
  let sound = true;
  for (const [kind, count] of Object.entries(second.wrong) as [Kind, number][]) {
    const before = first.wrong[kind];
    if (before === undefined) continue;
    sound = false;
    yield bad(ABOUT, `${FINDINGS[kind]}: ${Math.min(before, count)}`, repair);
  }
  const missing = [...second.missing.keys()].filter((id) => first.missing.has(id));
  if (missing.length > 0) {
    sound = false;
    yield bad(ABOUT, `${missing.length} open tasks are not in it, such as ${missing[0]}`, repair);
  }
  const idle = [...second.idle].filter((id) => first.idle.has(id));
  if (idle.length > 0) {
    sound = false;
    yield warn(
      ABOUT,
      `${idle.length} leases are of tasks that have ended, such as ${idle[0]}`,
      "they end by themselves within a lease",
    );
  }
  if (!sound) return;
  const part = second.complete ? "" : ` (as far as it was looked: the first ${PAGE * PAGES})`;
  yield ok(
    ABOUT,
    `it agrees with the database${part}: ${counts.ready} due, ${counts.leased} leased, ${counts.waiting} soon`,
  );
}
