/** Finds and repairs what Redis has lost in part (`lua/repair.lua`), in scripts of bounded time. */
import type { Millis } from "../core/clock.ts";
import { allFindings, type Finding, type Findings } from "./findings.ts";
import { PARTITION_NUMBERS } from "./members.ts";
import { chunks, type RunScript } from "./redis-scripts.ts";

/** Scripts per partition and look; a Redis with very many keys is seen to its end by several looks. */
const SCRIPTS = 4;

export class RedisRepair {
  readonly #run: RunScript;
  readonly #leaseMs: Millis;
  /** Where the next look goes on; without an entry it begins. */
  readonly #cursors = new Map<number, string>();

  constructor(run: RunScript, leaseMs: Millis) {
    this.#run = run;
    this.#leaseMs = leaseMs;
  }

  /** One partition after another: none of this is urgent enough to keep other scripts waiting for all of it. */
  async check(repair: boolean): Promise<Findings> {
    const parts: Findings[] = [];
    for (const partition of PARTITION_NUMBERS) parts.push(await this.#checkOne(partition, repair));
    return allFindings(parts);
  }

  async #checkOne(partition: number, repair: boolean): Promise<Findings> {
    const parts: Findings[] = [];
    let known = 0;
    let cursor = this.#cursors.get(partition) ?? "0";
    for (let script = 0; script < SCRIPTS; script++) {
      const args = [this.#leaseMs, cursor, Number(repair)];
      const [next, settings, ...found] = await this.#run("repair", partition, args);
      cursor = String(next);
      known = Number(settings);
      const wrong = Object.fromEntries(chunks(found, 2)) as Partial<Record<Finding, number>>;
      parts.push({ wrong, settings: 0 });
      if (cursor === "0") break;
    }
    this.#cursors.set(partition, cursor);
    return allFindings([...parts, { wrong: {}, settings: known }]);
  }
}
