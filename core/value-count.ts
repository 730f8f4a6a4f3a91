/** Values are counted before a schema looks at them: it names every mistake that it finds, each of them expensive. */

/** In the parameters of an action, or the body of a request without a payload: a selection of 1,000 tasks and more. */
export const MAX_PARAMETERS = 5_000;

/** Whether `value` holds at most `most` values, itself and those in it; no more are looked at. */
export function holdsAtMost(value: unknown, most: number): boolean {
  const open: unknown[] = [value];
  for (let left = most; open.length > 0; left--) {
    if (left <= 0) return false;
    const one = open.pop();
    if (typeof one !== "object" || one === null) continue;
    const inner = Array.isArray(one) ? one : Object.values(one);
    if (inner.length > left) return false;
    for (const each of inner) open.push(each);
  }
  return true;
}
