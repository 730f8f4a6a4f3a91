/**
 * The short way: a task that is due now and whose destination is quiet goes from its commit straight to a dispatcher. Its
 * row says until when, and is its lease until then; Redis hears of it only if the call takes long, fails, or its node dies.
 * docs/delivery.md ("The short way") says why no promise breaks by that.
 *
 *             choose, commit                give                      record: succeeded
 *   accepted ───────────────▶ handed over ───────▶ dispatcher's ─────────────────────────▶ ended
 *                                  │                  │   │ heartbeat promotes it             record: failed
 *                                  │ no claim         │   └──────────────▶ leased in the due set ──────────▶ waiting
 *                                  ▼ is parked        ▼ its node died, or it was handed back
 *                                waiting in the due set ◀── the row's time is over (`handover-watch.ts`)
 */
import { type EpochMs, later, millis } from "../../core/clock.ts";
import { handedFor } from "../../core/lease.ts";
import { handOver, type NewTask } from "../../store/accept.ts";
import type { StoredTask } from "../../store/rows.ts";
import type { Resources } from "../node/resources.ts";
import type { QuietLanes } from "./quiet-lanes.ts";

/** Of a lease, what must be left of it when its job leaves for a dispatcher. */
const LEFT = 1 / 2;

export type HandedTask = StoredTask & { handedUntil: EpochMs };

export class Handover {
  readonly #resources: Pick<Resources, "clock" | "config">;
  readonly #lanes: QuietLanes;
  readonly #room: () => number;

  /** @param room how many tasks parked claims would take just now */
  constructor(resources: Pick<Resources, "clock" | "config">, lanes: QuietLanes, room: () => number) {
    this.#resources = resources;
    this.#lanes = lanes;
    this.#room = room;
  }

  /** To be called just before a commit: marks those of its tasks that are to be handed over, in their rows too. */
  choose(items: NewTask[]): void {
    const { clock, config } = this.#resources;
    // In one process the due set costs next to nothing, and knows more.
    if (config.redisUrl === null) return;
    let room = this.#room();
    if (room <= 0) return;
    const now = clock.now();
    const until = later(now, handedFor(config.leaseMs));
    for (const item of items) {
      if (room <= 0) return;
      if (!isDue(item.task, now) || !this.#lanes.take(item.task.lane)) continue;
      handOver(item, until);
      room -= 1;
    }
  }

  /**
   * Whether it may go: it is certain that its lease has not run out, and will not while it is on its way; and what an operator set
   * for its destination meanwhile does not hold it back.
   */
  mayGo({ handedUntil, lane }: HandedTask): boolean {
    const { clock, config } = this.#resources;
    const left = handedUntil - clock.after(millis(0));
    return left > LEFT * handedFor(config.leaseMs) && this.#lanes.isQuiet(lane);
  }

  /** These take the usual way after all, or were not stored. */
  giveUp(tasks: StoredTask[]): void {
    for (const task of tasks) if (task.handedUntil !== null) this.#lanes.ended(task.lane, false);
  }
}

export const isHandedOver = (task: StoredTask): task is HandedTask => task.handedUntil !== null;

/** One that waits for its turn or its time needs the due set. */
const isDue = ({ orderKey, nextCallAt }: StoredTask, now: EpochMs): boolean =>
  orderKey === null && nextCallAt !== null && nextCallAt <= now;
