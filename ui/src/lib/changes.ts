/** The changes of a form: fields that nobody touched are not sent, and others' changes to them stay. */

/** The fields of `now` that differ from those of `before`. */
export function changesOf<T extends object>(before: Partial<T>, now: T): Partial<T> {
  const former = before as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(now).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(former[name])),
  ) as Partial<T>;
}

/** The fields of `whole` that `some` has too: they take `some` back. */
export const sameFields = <T extends object>(whole: T, some: Partial<T>): Partial<T> =>
  Object.fromEntries(Object.entries(whole).filter(([name]) => name in some)) as Partial<T>;
