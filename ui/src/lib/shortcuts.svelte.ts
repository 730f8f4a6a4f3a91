/** Keys. Pages add theirs while they are shown; the help lists what is in force. */
import { untrack } from "svelte";
import { createKeybindingsHandler } from "tinykeys";
import type { Key } from "./i18n.svelte.ts";

export interface Shortcut {
  /** As tinykeys writes them: `j`, `?`, `g t`. */
  keys: string;
  text: Key;
  run: (event: KeyboardEvent) => void;
  /** Also while typing, and in dialogs. */
  always?: boolean;
}

let active = $state.raw<{ title: Key; list: Shortcut[] }[]>([]);

export const shortcuts = {
  get active() {
    return active;
  },
};

/** While the component lives. To be called while it is set up. */
export function useShortcuts(title: Key, list: Shortcut[]): void {
  $effect(() => {
    const group = { title, list };
    untrack(() => {
      active = [...active, group];
    });
    const handle = createKeybindingsHandler(
      Object.fromEntries(
        list.flatMap(({ keys, run, always }) => {
          const listener = (event: KeyboardEvent) => {
            if (!always && (typing(event) || document.querySelector('[role="dialog"], [role="menu"]')))
              return;
            event.preventDefault();
            run(event);
          };
          // Signs are with Shift on one keyboard and without on another.
          return keysOf(keys).map((one) => [one, listener]);
        }),
      ),
      // Fields and held keys are ours to judge; words that are being composed are nobody's keys.
      { ignore: ({ isComposing }) => isComposing },
    );
    addEventListener("keydown", handle as EventListener);
    return () => {
      removeEventListener("keydown", handle as EventListener);
      active = active.filter((one) => one !== group);
    };
  });
}

const keysOf = (keys: string): string[] => (/^[^\w\s]$/.test(keys) ? [keys, `Shift+${keys}`] : [keys]);

function typing(event: KeyboardEvent): boolean {
  const at = event.target as HTMLElement;
  if (at.isContentEditable || at.tagName === "TEXTAREA" || at.tagName === "SELECT") return true;
  return at.tagName === "INPUT" && !/^(checkbox|radio|button)$/.test((at as HTMLInputElement).type);
}
