import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Strangers } from "../../actors/held-lease.ts";
import { MAX_STRANGERS, Room } from "../../services/dispatcher/room.ts";

const test = suite("a dispatcher's room");

const roomWith = (size: number, retries: number, strangers: Partial<Strangers>) =>
  new Room(1024, { size, retries, strangers: { first: 0, retries: 0, bytes: 0, ...strangers } });

for (const [what, held, free, usedByRetries] of [
  ["nothing is held", roomWith(0, 0, {}), 1024, 0],
  ["known targets fill it", roomWith(1024, 700, {}), 0, 700],
  ["strangers take up to a quarter", roomWith(256, 0, { first: 256 }), 768, 0],
  ["ten thousand take no more", roomWith(10_000, 0, { first: 10_000 }), 768, 0],
  ["nor do their retries", roomWith(10_000, 10_000, { retries: 10_000 }), 768, 256],
  ["both count together", roomWith(500, 300, { first: 200, retries: 300 }), 768, 256],
  ["beside known ones", roomWith(10_500, 0, { first: 10_000 }), 268, 0],
  ["there is a bound", roomWith(MAX_STRANGERS + 1024, 0, { first: MAX_STRANGERS + 1024 }), 0, 0],
  ["large payloads count", roomWith(2_000, 0, { first: 2_000, bytes: 65 * 1024 * 1024 }), -976, 0],
] as const) {
  test(what, () => assert.equal([held.free, held.usedByRetries], [free, usedByRetries]));
}

test.run();
