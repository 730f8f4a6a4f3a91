/** Peer (d), the limit: undici in a loop. Nothing is accepted, kept or recorded; the generator calls the receiver. */
import type { System } from "../../systems/system.ts";

export const limit: System = {
  name: "limit",
  submitters: { http: { kind: "direct" } },
  pids: () => new Map(),
  recorded: async () => true,
  verify: async () => [],
  stop: async () => undefined,
};
