/** Asks before what cannot be undone. The question names what will happen; one dialog serves the whole console. */

export interface Question {
  title: string;
  text: string;
  /** On the button: the act itself, not "OK". */
  action: string;
  danger?: boolean;
  /** A note that goes into the audit log. */
  note?: boolean;
}

let asked = $state.raw<(Question & { answer(given: { note: string } | null): void }) | null>(null);

export const confirmation = {
  get asked() {
    return asked;
  },
};

/** @returns the note (maybe empty), or null where the answer is no */
export function confirm(question: Question): Promise<{ note: string } | null> {
  asked?.answer(null);
  const { promise, resolve } = Promise.withResolvers<{ note: string } | null>();
  asked = {
    ...question,
    answer(given) {
      asked = null;
      resolve(given);
    },
  };
  return promise;
}
