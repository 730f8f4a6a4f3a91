/**
 * Resolves originals whose copy has succeeded, where the one who sent the copy asked for that. Recording a success costs nothing for
 * it: wishes stand in rows of their own, and are looked through here. A wish ends in the transaction that resolves: each is
 * fulfilled once, whatever dies in between and however many nodes look.
 */
import type { Logger } from "moleculer";
import type { TaskId } from "../../core/ids.ts";
import { Loop } from "../../core/loop.ts";
import { findCandidates } from "../../store/change-many.ts";
import { adoptCopies, type DueWish, dueWishes, endWish } from "../../store/resends.ts";
import { EVERYTHING } from "../../store/scope.ts";
import type { Resources } from "../node/resources.ts";
import { applyTo } from "./bulk-apply.ts";

/** Between two looks, in ms. */
const LOOK_EVERY = 2_000;

/** Another node was faster, or the original was called again meanwhile: the wish waits for its end. */
class NotNow extends Error {}

export class Originals {
  readonly #resources: Resources;
  readonly #loop: Loop;
  /** Where the next look goes on. */
  #after: TaskId | null = null;

  constructor(resources: Resources, log: Logger) {
    this.#resources = resources;
    this.#loop = new Loop({
      round: () => this.look(),
      everyMs: LOOK_EVERY,
      failure: { first: LOOK_EVERY, max: 60_000 },
      onFailed: ({ message }) =>
        log.debug({ err: message }, "originals of succeeded copies are not resolved yet; trying again"),
    });
  }

  start(): void {
    this.#loop.start();
  }

  stop(): Promise<void> {
    return this.#loop.stop();
  }

  /** Fulfils what can be fulfilled, some wishes at a time. */
  async look(): Promise<void> {
    const { db } = this.#resources;
    while (!this.#loop.stopped && (await adoptCopies(db)));
    const { due, next } = await dueWishes(db, this.#after);
    for (const wish of due) await this.#fulfil(wish);
    this.#after = next;
  }

  async #fulfil({ copy, originals, by }: DueWish): Promise<void> {
    const { db } = this.#resources;
    const found = await findCandidates(db, EVERYTHING, originals);
    const note = `its copy ${copy} has succeeded${by.note === null ? "" : `: ${by.note}`}`;
    let isOpen = false;
    await applyTo(
      this.#resources,
      "resolve",
      found,
      { ...by, note },
      {
        isMeant: ({ taskId, state }) => {
          if (taskId === originals[0] && state === "pending") isOpen = true;
          return true;
        },
        after: async (within) => {
          if (isOpen || !(await endWish(within, copy))) throw new NotNow();
        },
      },
    ).catch((error: unknown) => {
      if (!(error instanceof NotNow)) throw error;
    });
  }
}
