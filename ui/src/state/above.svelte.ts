/**
 * What stands above all else on a page, and pushes it down where it comes: it comes and goes only while no hand is there.
 * The page is shown once it is known what stands there first.
 */
import type { Attachment } from "svelte/attachments";
import { scrollY } from "svelte/reactivity/window";
import { confirmation } from "./confirm.svelte.ts";
import { hand } from "./hand.svelte.ts";

/** Nobody waits longer for an answer that does not come, in ms. */
const PATIENCE = 3_000;

export class Above {
  #inside = $state(false);
  #opened = $state(false);

  /** To be called while a component is set up. @param known it is known what stands there first */
  constructor(known: () => boolean) {
    $effect(() => {
      if (known()) this.#opened = true;
    });
    $effect(() => {
      const timer = setTimeout(() => {
        this.#opened = true;
      }, PATIENCE);
      return () => clearTimeout(timer);
    });
  }

  /** The page can be seen. */
  get opened(): boolean {
    return this.#opened;
  }

  /** What stands above may come and go. */
  readonly free: boolean = $derived(
    !this.#opened ||
      !(
        this.#inside ||
        hand.moving ||
        hand.touch ||
        (scrollY.current ?? 0) > 0 ||
        confirmation.asked !== null
      ),
  );

  /** The element that holds the page. */
  readonly area: Attachment<HTMLElement> = (element) => {
    const enter = () => {
      this.#inside = true;
    };
    const leave = () => {
      this.#inside = false;
    };
    element.addEventListener("pointerenter", enter);
    element.addEventListener("pointerleave", leave);
    return () => {
      element.removeEventListener("pointerenter", enter);
      element.removeEventListener("pointerleave", leave);
    };
  };
}
