/**
 * Where the operator's hand is. Between the aim and the click nothing may move: a hand that moves anywhere on the page
 * aims at something, and a finger cannot be seen before it touches. One that presses keys is at work as well: where a key
 * closes a dialog, the pointer and the focus are back in the list only a moment later.
 */

/** A hand that has not moved for so long aims at nothing, in ms. */
const STILL_AFTER = 1_500;

let moving = $state(false);
let touch = $state(matchMedia("(hover: none)").matches);
let at = { x: 0, y: 0 };
let timer: ReturnType<typeof setTimeout> | undefined;

function seen(event: PointerEvent): void {
  at = { x: event.clientX, y: event.clientY };
  touch = event.pointerType === "touch";
  works();
}
function works(): void {
  moving = true;
  clearTimeout(timer);
  timer = setTimeout(() => {
    moving = false;
  }, STILL_AFTER);
}
addEventListener("pointermove", seen, { passive: true, capture: true });
addEventListener("pointerdown", seen, { passive: true, capture: true });
addEventListener("keydown", works, { passive: true, capture: true });

export const hand = {
  /** It moved just now, or pressed a key. */
  get moving(): boolean {
    return moving;
  },
  /** It is a finger: nothing tells where it will come down. */
  get touch(): boolean {
    return touch;
  },
  /** Where it was last, in the window. */
  get at(): { readonly x: number; readonly y: number } {
    return at;
  },
};
