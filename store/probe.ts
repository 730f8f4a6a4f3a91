/**
 * Whether something can be written. A server that answers may be read-only, out of disk, or hold broken pages; a file may
 * be gone while its descriptor works. So one row is changed and committed, which goes all the way to the disk.
 */
import type { Knex } from "knex";

/** A probe's result holds for everybody who asks within this, in ms: a flood of questions costs one write per second. */
const KEPT = 1_000;

export class Probe {
  #last: Promise<void> = Promise.resolve();
  #at = Number.NEGATIVE_INFINITY;

  /** @throws the database's own error where nothing can be written, also one of up to a second ago */
  run(knex: Knex, withinMs: number): Promise<void> {
    const now = performance.now();
    if (now - this.#at >= KEPT) {
      this.#at = now;
      this.#last = write(knex, withinMs);
      // Anyone who asks gets it; nobody may.
      this.#last.catch(() => undefined);
    }
    return this.#last;
  }
}

async function write(knex: Knex, timeout: number): Promise<void> {
  const written = await knex("probes").where("id", 1).update({ at: Date.now() }).timeout(timeout);
  if (written > 0) return;
  // Somebody emptied the table.
  await knex("probes").insert({ id: 1, at: Date.now() });
}
