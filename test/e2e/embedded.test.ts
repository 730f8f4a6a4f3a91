/** Every behaviour, on one process with SQLite. @takes 110 s */
import { test } from "uvu";
import { startEmbedded } from "./kit/embedded.ts";
import type { World } from "./kit/world.ts";
import { everySuite } from "./suite/all.ts";

let world: World;

test.before(async () => {
  world = await startEmbedded();
});
test.after(() => world.stop());

everySuite({ test, world: () => world });

test.run();
