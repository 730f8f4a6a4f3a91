/** Asks before what cannot be undone. The question names what will happen; one dialog serves the whole console. */

import type { RetrySchedule } from "../api/types.ts";
import { belongings } from "./belongings.ts";

export interface Question {
  title: string;
  text: string;
  /** On the button: the act itself, not "OK". */
  action: string;
  danger?: boolean;
  /** A note that goes into the audit log. */
  note?: boolean;
  /** What a retry grants is to be chosen. */
  schedule?: boolean;
}

/** The note may be empty. */
export interface Answer {
  note: string;
  schedule: RetrySchedule;
}

let asked = $state.raw<(Question & { answer(given: Answer | null): void }) | null>(null);

belongings.register(() => asked?.answer(null));

export const confirmation = {
  get asked() {
    return asked;
  },
};

/** @returns null where the answer is no */
export function confirm(question: Question): Promise<Answer | null> {
  asked?.answer(null);
  const { promise, resolve } = Promise.withResolvers<Answer | null>();
  asked = {
    ...question,
    answer(given) {
      asked = null;
      resolve(given);
    },
  };
  return promise;
}
