import { test } from "uvu";
import { startCluster } from "./kit/cluster.ts";
import { startEmbedded } from "./kit/embedded.ts";
import type { World } from "./kit/world.ts";
import { replSuite } from "./suite/repl.ts";

let world: World;
test.before(async () => {
  world = process.env.TRY === "cluster" ? await startCluster() : await startEmbedded();
});
test.after(() => world.stop());
replSuite({ test, world: () => world });
test.run();
