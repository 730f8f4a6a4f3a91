/** All examinations, in their order. */
import { type Config, configMistakes, loadConfig } from "../../core/config.ts";
import type { DoctorOptions } from "../../scripts/doctor-kkbida/options.ts";
import type { Link } from "../../services/repl/link.ts";
import { databaseFindings } from "./database.ts";
import { dueSetFindings } from "./due-set.ts";
import { bad, type Finding, ok } from "./finding.ts";
import { kkbidaFindings } from "./kkbida.ts";
import { natsFindings } from "./nats.ts";
import { nodeFindings } from "./nodes.ts";
import { redisFindings } from "./redis.ts";
import { machineFindings, settingsFindings } from "./settings.ts";

/**
 * From this machine's settings: the servers that they name, and the nodes.
 * @param kkbida the one that is to be moved over, if there is one
 */
export async function* examineHere(
  env: NodeJS.ProcessEnv,
  link: () => Promise<Link>,
  kkbida: DoctorOptions | null,
): AsyncGenerator<Finding> {
  yield* settingsFindings(env);
  if (configMistakes(env).length > 0) return;
  const config = loadConfig(env);
  yield* machineFindings(config);
  yield* serverFindings(config);
  yield* examineNodes(link);
  if (kkbida !== null) yield* kkbidaFindings(kkbida, config);
}

async function* serverFindings(config: Config): AsyncGenerator<Finding> {
  const later: Finding[] = [];
  yield* databaseFindings(config, async function* (db) {
    // What concerns both is told with Redis.
    for await (const one of redisFindings(config, () => dueSetFindings(config, db))) later.push(one);
    yield* later;
  });
  // A database that does not answer is no reason not to look at Redis.
  if (later.length === 0) yield* redisFindings(config, async function* () {});
  yield* natsFindings(config);
}

/** Of another machine's Bida, over HTTP: what it tells of itself. */
export async function* examineNodes(link: () => Promise<Link>): AsyncGenerator<Finding> {
  try {
    const reached = await link();
    yield* nodeFindings(await reached.nodes());
    const { ok: sound, parts } = await reached.health();
    for (const [part, problem] of Object.entries(parts)) {
      if (problem !== null) yield bad("health", `${part}: ${problem}`, "the log of a node says more");
    }
    if (sound) yield ok("health", "everything that is needed is usable");
  } catch (error) {
    yield bad("nodes", (error as Error).message, "start one: bida start");
  }
}
