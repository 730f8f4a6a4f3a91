/**
 * What this tab keeps for the user who is logged in. All of it is let go of when that user logs out, and when somebody
 * else is logged in: whatever a module keeps of a user beyond the life of a component is registered here.
 */

/** Everything in `sessionStorage` whose name begins so is the user's. */
const OWN = "bida.own.";
/** Whose it is: a tab that is loaded again belongs to the same user as before, or to another one. */
const USER = `${OWN}user`;

const clears = new Set<() => void>();
let era = {};

export const belongings = {
  /** Another object after each change of user: what was asked for in an earlier era is not for this user. */
  get era(): object {
    return era;
  },
  /** `clear` lets go of something that belongs to the user. */
  register(clear: () => void): void {
    clears.add(clear);
  },
  /** Says whose tab this is now; what somebody else left is let go of. */
  take(userId: number): void {
    const before = read(USER);
    if (before !== null && before !== String(userId)) belongings.clear();
    write(USER, String(userId));
  },
  clear(): void {
    era = {};
    for (const clear of clears) clear();
    for (const name of Object.keys(sessionStorage)) if (name.startsWith(OWN)) sessionStorage.removeItem(name);
  },
};

/** Something of the user that outlives a reload of the tab, as text; null: none. */
export const ownText = {
  get: (name: string): string | null => read(OWN + name),
  /** A browser keeps about 5 MB: what is too large outlives no reload. */
  set(name: string, text: string | null): void {
    write(OWN + name, text);
  },
};

function read(key: string): string | null {
  try {
    return sessionStorage.getItem(key);
  } catch {
    return null;
  }
}

function write(key: string, text: string | null): void {
  try {
    if (text !== null) sessionStorage.setItem(key, text);
    else sessionStorage.removeItem(key);
  } catch {
    sessionStorage.removeItem(key);
  }
}
