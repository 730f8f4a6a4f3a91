/** Every behaviour, on three processes with MariaDB, Redis and NATS. @takes 115 s */
import { test } from "uvu";
import { startCluster } from "./kit/cluster.ts";
import type { World } from "./kit/world.ts";
import { everySuite } from "./suite/all.ts";

let world: World;

test.before(async () => {
  world = await startCluster();
});
test.after(() => world.stop());

everySuite({ test, world: () => world });

test.run();
