/** What was tried in one row of a list and went wrong: said in that row, until something goes well there. */
import { messageOf } from "./toasts.svelte.ts";

export class RowProblems<K> {
  #said = $state.raw<ReadonlyMap<K, string>>(new Map());

  of(row: K): string | undefined {
    return this.#said.get(row);
  }

  /** Does what a row's button means. @returns whether it went well */
  async guard(row: K, run: () => Promise<unknown>): Promise<boolean> {
    try {
      await run();
      this.#say(row, null);
      return true;
    } catch (error) {
      this.#say(row, messageOf(error));
      return false;
    }
  }

  #say(row: K, problem: string | null): void {
    const next = new Map(this.#said);
    if (problem === null) next.delete(row);
    else next.set(row, problem);
    this.#said = next;
  }
}
