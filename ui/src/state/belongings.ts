/**
 * The state that this tab keeps for the user who is logged in. All of it is dropped when that user logs out, and when
 * somebody else logs in. A module that keeps something of a user beyond the life of a component registers it here.
 */

/** Everything in `sessionStorage` whose name begins so is the user's. */
const OWN = "bida.own.";
/** Whose it is: a tab that is loaded again belongs to the same user as before, or to another one. */
const USER = `${OWN}user`;

const clears = new Set<() => void>();
let era = {};

export const belongings = {
  /** Another object after each change of user: answers to requests of an earlier era are not for this user. */
  get era(): object {
    return era;
  },
  /** `clear` drops something that belongs to the user. */
  register(clear: () => void): void {
    clears.add(clear);
  },
  /** Says whose tab this is now; state that somebody else left is dropped. */
  take(userId: number): void {
    const before = read(USER);
    if (before !== null && before !== String(userId)) belongings.clear();
    write(USER, String(userId));
  },
  /** Drops all of it. */
  clear(): void {
    era = {};
    for (const clear of clears) clear();
    for (const name of Object.keys(sessionStorage)) if (name.startsWith(OWN)) sessionStorage.removeItem(name);
  },
};

/** Something of the user that outlives a reload of the tab, as text; null: none. */
export const ownText = {
  get: (name: string): string | null => read(OWN + name),
  /** A browser keeps about 5 MB: a text that is too large outlives no reload. */
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
