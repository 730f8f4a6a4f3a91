/**
 * Every behaviour, on three processes with MariaDB, Redis and NATS, beside an application that has services of Bida's names on
 * the same NATS. @takes 145 s
 */
import { test } from "uvu";
import * as nats from "../servers/nats.ts";
import { program, RELEASES, shopServices } from "../services/neighbours/kit.ts";
import { startCluster } from "./kit/cluster.ts";
import type { World } from "./kit/world.ts";
import { everySuite } from "./suite/all.ts";

let world: World;
let stop: () => Promise<void>;

test.before(async () => {
  const bus = await nats.start();
  const shops = RELEASES.map((release) =>
    program(release, bus.url, { services: shopServices(release, () => undefined) }),
  );
  await Promise.all(shops.map((shop) => shop.start()));
  world = await startCluster({ bus });
  stop = async () => {
    await world.stop();
    await Promise.all(shops.map((shop) => shop.stop()));
    await bus.stop();
  };
});
test.after(() => stop());

everySuite({ test, world: () => world });

test.run();
