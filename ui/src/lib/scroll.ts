/** Where pages were scrolled to. Their content comes later than the address does, so the browser cannot restore it. */

/** Content that is not there by then does not come, in ms. */
const PATIENCE = 3_000;
const HANDS = ["wheel", "touchstart", "pointerdown", "keydown"];

let giveUp: (() => void) | null = null;

/** Scrolls to `y`, as soon as the page is long enough for it; not where somebody scrolls first. */
export function scrollBackTo(y: number): void {
  giveUp?.();
  const there = (): boolean => {
    if (document.documentElement.scrollHeight - innerHeight < y) return false;
    scrollTo(0, y);
    return true;
  };
  const observer = new ResizeObserver(() => there() && giveUp?.());
  const timer = setTimeout(() => giveUp?.(), PATIENCE);
  giveUp = () => {
    giveUp = null;
    observer.disconnect();
    clearTimeout(timer);
    for (const name of HANDS) removeEventListener(name, stop);
  };
  const stop = () => giveUp?.();
  for (const name of HANDS) addEventListener(name, stop, { passive: true });
  // Observers are told at once of what they begin to observe, after the page was laid out.
  observer.observe(document.body);
}
