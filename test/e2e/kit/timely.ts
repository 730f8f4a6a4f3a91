/** How long something took, on a machine that may have other things to do. */
import { monitorEventLoopDelay } from "node:perf_hooks";

/** Between two samples of the machine, in ms. */
const RESOLUTION = 10;
const TRIES = 5;
/** What passes through so many processes cannot be judged where one waits for its turn longer than its share. */
const TURNS = 20;

/**
 * Fails where `measure` gives no less than `limitMs`. Where this process itself had to wait for its turn meanwhile, the
 * measurement says nothing and is repeated; a machine that stays so busy is no fault of Bida's.
 * @param tries how often at most
 */
export async function timely(
  what: string,
  limitMs: number,
  measure: () => Promise<number>,
  tries = TRIES,
): Promise<void> {
  for (let left = tries; left > 0; left--) {
    const turns = monitorEventLoopDelay({ resolution: RESOLUTION });
    turns.enable();
    const took = await measure();
    turns.disable();
    if (took < limitMs) return;
    const waited = turns.max / 1e6 - RESOLUTION;
    const text = `${what}: ${took.toFixed(0)} ms, not below ${limitMs}`;
    if (waited < limitMs / TURNS) throw new Error(text);
    console.log(`${text}; but this process had to wait ${waited.toFixed(0)} ms for its turn`);
  }
}
