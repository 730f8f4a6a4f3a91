/** Whose the due set in Redis is (`lua/belong.lua`), over all its partitions. */
import { randomUUID } from "node:crypto";
import type { Belonging, Owner } from "./belonging.ts";
import { PARTITION_NUMBERS } from "./members.ts";
import type { RunScript } from "./redis-scripts.ts";

export class RedisBelonging {
  readonly #run: RunScript;

  /** @param run also where the set is refused to all others */
  constructor(run: RunScript) {
    this.#run = run;
  }

  async tell({ installation, epoch }: Owner): Promise<Belonging> {
    const args = [installation, epoch, randomUUID()];
    const parts = await Promise.all(
      PARTITION_NUMBERS.map((partition) => this.#run("belong", partition, args)),
    );
    const owners = parts.map(([id]) => String(id)).filter((id) => id !== "");
    const told = parts.filter(([id]) => id === installation);
    const epochs = told.map(([, known]) => Number(known));
    const foreign = parts.filter(([id]) => id !== "" && id !== installation);
    return {
      installation: owners.find((id) => id !== installation) ?? owners[0] ?? null,
      lowest: epochs.length > 0 ? Math.min(...epochs) : null,
      highest: epochs.length > 0 ? Math.max(...epochs) : null,
      silentMs: foreign.length > 0 ? Math.min(...foreign.map(([, , ms]) => Number(ms))) : 0,
      name: String(parts[0]?.[3]),
    };
  }

  async reset(): Promise<void> {
    for (const partition of PARTITION_NUMBERS) {
      for (let cursor: string | null = "0"; cursor !== null; ) {
        const [next] = await this.#run("reset", partition, [cursor]);
        cursor = next === "0" ? null : String(next);
      }
    }
  }
}
