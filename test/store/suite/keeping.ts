import type { Kind } from "../fixtures.ts";
export function keeping(_: Kind): void {}
