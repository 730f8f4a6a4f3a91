/** Now, once a second, by the server's clock: countdowns are about its time, not this machine's. */

let now = $state(Date.now());
/** How far the server's clock is ahead of this one, in ms. */
let ahead = 0;

setInterval(() => {
  if (!document.hidden) now = Date.now() + ahead;
}, 1_000);
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) now = Date.now() + ahead;
});

export const clock = {
  get now(): number {
    return now;
  },
  /** From a `Date` header, which has whole seconds: small differences mean nothing. */
  compare(server: number): void {
    const difference = server + 500 - Date.now();
    ahead = Math.abs(difference) > 2_000 ? difference : 0;
  },
};
