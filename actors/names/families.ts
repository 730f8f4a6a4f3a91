/** Which kinds of addresses this machine can reach, and in which order they are tried (as getaddrinfo, RFC 6724). */
import type { LookupAddress } from "node:dns";
import { isIP } from "node:net";
import os from "node:os";

export interface Families {
  /** It has an address of that kind, not counting loopback. */
  v4: boolean;
  v6: boolean;
  /** It has an IPv6 address of the Internet: then IPv6 goes first. */
  v6First: boolean;
}

/** Of the machine's network interfaces, as they are now. */
export function familiesOf(interfaces = os.networkInterfaces()): Families {
  const addresses = Object.values(interfaces).flatMap((some) => some ?? []);
  const outside = addresses.filter(({ internal }) => !internal);
  const v6 = outside.filter(({ family }) => family === "IPv6");
  return {
    v4: outside.some(({ family }) => family === "IPv4"),
    v6: v6.length > 0,
    // 2000::/3 is what has been given out for the Internet.
    v6First: v6.some(({ address }) => /^[23][0-9a-f]{3}:/i.test(address)),
  };
}

/** Between two looks, in ms. */
const LOOK_MS = 5_000;

/** What {@link familiesOf} says, as it was a few seconds ago at most. */
export class FamiliesWatch {
  #families: Families = { v4: true, v6: true, v6First: false };
  #lookedAt = Number.NEGATIVE_INFINITY;

  /** @param now monotonic, in ms */
  read(now: number): Families {
    if (now - this.#lookedAt < LOOK_MS) return this.#families;
    this.#lookedAt = now;
    try {
      this.#families = familiesOf();
    } catch {
      // The system has no socket for it just now (EMFILE): what was known stands.
    }
    return this.#families;
  }
}

/** What to ask for: what the machine has an address of. Both, where it has none at all. */
export const familiesAsked = ({ v4, v6 }: Families): (4 | 6)[] => {
  if (v4 === v6) return [4, 6];
  return v4 ? [4] : [6];
};

/** In the order in which they are tried; within a family as they came. */
export function sorted(addresses: string[], { v6, v6First }: Families): LookupAddress[] {
  const rank = (address: string) => {
    if (isIP(address) === 4) return 1;
    return v6First || (v6 && address === "::1") ? 0 : 2;
  };
  return addresses
    .map((address) => ({ address, family: isIP(address) }))
    .sort((a, b) => rank(a.address) - rank(b.address));
}
