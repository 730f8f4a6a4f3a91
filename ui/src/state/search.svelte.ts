/** A search that follows what is typed: one request at a time, and never an answer to what was typed before. */
import { api } from "../api/client.ts";
import type { SearchAnswer } from "../api/types.ts";
import { messageOf } from "./toasts.svelte.ts";

/** After the last key, in ms. */
const CALM = 150;
/** What the server takes at most, in characters. */
const MOST = 256;

export class Search {
  /** The answer to what is typed now; null: there is none yet. */
  answer = $state.raw<SearchAnswer | null>(null);
  problem = $state("");
  busy = $state(false);

  /** Asks for `text`. Returns what gives it up. */
  follow(text: string): () => void {
    this.answer = null;
    this.problem = "";
    this.busy = text !== "" && text.length <= MOST;
    if (!this.busy) return () => undefined;
    const stale = new AbortController();
    const timer = setTimeout(() => void this.#ask(text, stale.signal), CALM);
    return () => {
      clearTimeout(timer);
      stale.abort();
    };
  }

  async #ask(text: string, signal: AbortSignal): Promise<void> {
    try {
      const answer = await api((a) => a.GET("/v1/search", { params: { query: { text } }, signal }));
      if (!signal.aborted) this.answer = answer;
    } catch (error) {
      if (!signal.aborted) this.problem = messageOf(error);
    }
    if (!signal.aborted) this.busy = false;
  }
}
