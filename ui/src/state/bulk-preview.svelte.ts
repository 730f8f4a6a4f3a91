/** The preview of a change of many tasks. It is asked for again when the choice changes; answers to former choices are dropped. */
import { untrack } from "svelte";
import type { BulkResult } from "../api/types.ts";
import { messageOf } from "./toasts.svelte.ts";

export class BulkPreview {
  /** The answer to the present choice; null: there is none yet. */
  result = $state.raw<BulkResult | null>(null);
  /** Why there is none, or why the change itself was refused. */
  problem = $state("");
  /** The server has looked at all, and nothing would be changed. */
  readonly nothing: boolean = $derived(
    this.result?.preview
      ? this.result.preview.changed === 0 && !this.result.preview.atLeast
      : this.result?.matched === 0,
  );

  /**
   * Asks. To be called in an effect, which depends on the choice.
   * @param calmMs how long the choice has to stay the same first
   * @returns what gives it up
   */
  follow(ask: (signal: AbortSignal) => Promise<BulkResult>, calmMs = 0): () => void {
    untrack(() => {
      this.result = null;
      this.problem = "";
    });
    const stale = new AbortController();
    const timer = setTimeout(() => void this.#ask(ask, stale.signal), calmMs);
    return () => {
      clearTimeout(timer);
      stale.abort();
    };
  }

  async #ask(ask: (signal: AbortSignal) => Promise<BulkResult>, signal: AbortSignal): Promise<void> {
    try {
      const result = await ask(signal);
      if (!signal.aborted) this.result = result;
    } catch (error) {
      if (!signal.aborted) this.problem = messageOf(error);
    }
  }
}
