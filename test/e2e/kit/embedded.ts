/** The world of the main job: one process, one SQLite file, no other server. */
import { freePort } from "../../servers/ports.ts";
import { dataFolder } from "../../servers/server.ts";
import { BidaNode, type Environment, type Started } from "./node.ts";
import { Receiver } from "./receiver.ts";
import { SECRET_KEY, World } from "./world.ts";

/** The settings of an embedded node on a data directory of its own. */
export async function embeddedEnv(more: Environment = {}): Promise<Environment> {
  return {
    BIDA_PORT: String(await freePort()),
    BIDA_DATA_DIR: dataFolder("e2e"),
    BIDA_SECRET_KEY: SECRET_KEY,
    // Otherwise the receiver on this machine is out of reach as soon as a test makes an app or a user.
    BIDA_EGRESS_ALLOW: "127.0.0.0/8,::1/128",
    ...more,
  };
}

/** Starts it. `more` goes to the node's environment; `receiver` where one is to outlive this world. */
export async function startEmbedded(
  more: Environment = {},
  receiver?: Receiver,
  how: Started = {},
): Promise<World> {
  const env = await embeddedEnv(more);
  const far = receiver ?? (await Receiver.start());
  const nodes = [await new BidaNode(env, how).ready()];
  return new World({
    kind: "embedded",
    nodes,
    receiver: far,
    database: { databaseUrl: null, dataDir: env.BIDA_DATA_DIR as string },
    alarms: (taskId) =>
      nodes.flatMap((node) => node.records("task exhausted")).filter((record) => record.taskId === taskId)
        .length,
    async stop() {
      await Promise.all(nodes.map((node) => node.stop()));
      if (!receiver) await far.stop();
    },
  });
}

/** Starts the process of an embedded world again, on the same data and port; the former one must be gone. */
export async function startAgain(world: World): Promise<void> {
  const former = world.nodes[0] as BidaNode;
  world.nodes[0] = await new BidaNode(former.env).ready();
}
