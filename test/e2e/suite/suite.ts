/** What a suite gets: uvu's `test`, and the world of the file, which is started before the first test. */
import type { World } from "../kit/world.ts";

export interface Suite {
  test: (name: string, run: () => Promise<void>) => void;
  world: () => World;
}
