/**
 * Where the time of a call went. A phase that a call did not come to is null; the last one that is not null is where a call
 * that failed came to its end.
 */

/** In the order in which a call goes through them. */
export const PHASES = ["dns", "connect", "tls", "firstByte", "body"] as const;
export type Phase = (typeof PHASES)[number];

/** In ms, to a tenth. */
export interface CallPhases {
  /** On a connection that was open already: there was no `dns`, `connect` and `tls`. */
  reused: boolean;
  /** The name to addresses; null where the URL has an address. */
  dns: number | null;
  /** The TCP connection; through an outbound proxy: to it, and its tunnel. */
  connect: number | null;
  /** The TLS handshake. */
  tls: number | null;
  /** From the request's first byte out to the answer's first byte in: the target works. */
  firstByte: number | null;
  /** From there to the last byte that was read. */
  body: number | null;
}

/** Marks a kept connection in the stored text. */
const REUSED = "r";

/** A compact text for storing: tenths of ms, comma by comma, nothing where there is none: `r,,,231,4`. */
export function printPhases(phases: CallPhases): string {
  const { reused, dns, connect, tls, firstByte, body } = phases;
  return `${reused ? REUSED : tenths(dns)},${tenths(connect)},${tenths(tls)},${tenths(firstByte)},${tenths(body)}`;
}

const tenths = (ms: number | null): string => (ms === null ? "" : String(Math.round(ms * 10)));

/** Five fields, see {@link printPhases}. */
const STORED = /^(r|\d{0,8}),(\d{0,8}),(\d{0,8}),(\d{0,8}),(\d{0,8})$/;

/** What {@link printPhases} wrote; undefined for anything else. */
export function readPhases(stored: unknown): CallPhases | undefined {
  const [, dns, connect, tls, firstByte, body] = (typeof stored === "string" && STORED.exec(stored)) || [];
  if (dns === undefined) return undefined;
  const ms = (text = "") => (text === "" || text === REUSED ? null : Number(text) / 10);
  return {
    reused: dns === REUSED,
    dns: ms(dns),
    connect: ms(connect),
    tls: ms(tls),
    firstByte: ms(firstByte),
    body: ms(body),
  };
}
