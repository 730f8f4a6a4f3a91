/** What lists showed when they were left, by entry of the browser's history: going back shows the same. */
import { belongings } from "./belongings.ts";

/** As many as somebody walks back through; a list's rows take some 100 KB. */
const KEPT = 20;

const kept = new Map<string, unknown>();
belongings.register(() => kept.clear());

export const places = {
  get: (view: string): unknown => kept.get(view),
  set(view: string, place: unknown): void {
    // At the end again: the oldest is let go of.
    kept.delete(view);
    kept.set(view, place);
    for (const oldest of kept.keys()) {
      if (kept.size <= KEPT) break;
      kept.delete(oldest);
    }
  },
};
