/** What a node's services share: configuration, database, due set. Opened before the services start, closed after. */
import { setTimeout as pause } from "node:timers/promises";
import type { Logger, Middleware, ServiceBroker } from "moleculer";
import { type Clock, millis, WaitingClock } from "../../core/clock.ts";
import { type Config, ConfigError, type ServiceName } from "../../core/config.ts";
import { BidaError } from "../../core/errors.ts";
import type { DueSet } from "../../due/due-set.ts";
import { MemoryDueSet } from "../../due/memory.ts";
import { RedisDueSet } from "../../due/redis.ts";
import { closeDatabase, type Database, openDatabase, pingDatabase } from "../../store/database.ts";
import { holdExclusive } from "../../store/exclusive.ts";
import { isNotAdmitted, reasonOf, translated } from "../../store/failures.ts";
import { readInstallation } from "../../store/installation.ts";
import { migrate } from "../../store/migrate.ts";
import { checkSealingKeys } from "../../store/sealing-keys.ts";
import { openSealing, openSecretBox, type SecretBox } from "../../store/secret-box.ts";
import { DueRepeats } from "../tasks/due-repeats.ts";
import { Teller } from "../tasks/tell.ts";
import { Contact } from "./contact.ts";
import { DatabaseWatch } from "./database-watch.ts";
import { fatal, misconfigured } from "./fatal.ts";
import { belongTo } from "./foreign-nodes.ts";
import { InstallationWatch } from "./installation-watch.ts";
import { NatsWatch } from "./nats-watch.ts";
import { RedisWatch } from "./redis-watch.ts";

/**
 * Of one lane, how many entries may be leased at once, in the cluster. More than a destination's concurrency, because
 * an entry is leased from its claim until its outcome is recorded; much less than what a dispatcher holds.
 */
export const LANE_WINDOW = 256;
/** Between tries to reach a database that is not there yet, in ms. */
const BOOT_RETRY = 1_000;
/** How long the start waits for Redis, in ms. */
const REDIS_PATIENCE = 2_000;
/** A server that does not answer a goodbye within this is left without, in ms. */
const GOODBYE = 1_000;
/** A stop that takes longer than this has hung, in ms. */
const STOP_LIMIT = 29_500;

/** Services that need what {@link Resources} holds. */
const WITH_DATABASE: ServiceName[] = ["scheduler", "admin", "notifier"];

/** Of nodes that run one of {@link WITH_DATABASE}. */
export interface Resources {
  config: Config;
  db: Database;
  due: DueSet;
  /** Tells it what has to get there, also where it cannot be reached just now. */
  repeats: DueRepeats;
  box: SecretBox;
  /** The cluster's. */
  clock: Clock;
  /** Says what became of tasks. */
  teller: Teller;
}

/** Steps of a graceful stop, in this order, before Moleculer stops the services. */
export const STOP_PHASES = ["dispatch", "schedule"] as const;

interface NodeState {
  config: Config;
  resources: Resources | null;
  stops: { phase: (typeof STOP_PHASES)[number]; run: () => Promise<void> }[];
}

const nodes = new WeakMap<ServiceBroker, NodeState>();

export const configOf = (broker: ServiceBroker): Config => stateOf(broker).config;

/** @throws Error on nodes whose services need no database */
export function resourcesOf(broker: ServiceBroker): Resources {
  const { resources } = stateOf(broker);
  if (!resources) throw new Error("this node has no database");
  return resources;
}

/** Has `run` called when the node stops. */
export function onStopping(
  broker: ServiceBroker,
  phase: (typeof STOP_PHASES)[number],
  run: () => Promise<void>,
): void {
  stateOf(broker).stops.push({ phase, run });
}

/** Opens what the node's services need; ends the process where a setting is wrong. */
export function resources(config: Config): Middleware {
  const needed = config.services.some((name) => WITH_DATABASE.includes(name));
  let release: () => Promise<void> = async () => undefined;
  let watch: DatabaseWatch | null = null;
  let installation: InstallationWatch | null = null;
  let redis: RedisWatch | null = null;
  let natsWatch: NatsWatch | null = null;
  return {
    name: "Resources",
    created(broker: ServiceBroker) {
      nodes.set(broker, { config, resources: null, stops: [] });
      if (config.natsUrls.length > 0) natsWatch = new NatsWatch(broker, log(broker), () => heard(broker));
    },
    async starting(broker: ServiceBroker) {
      if (!needed) return;
      try {
        const opened = await open(broker, config, () =>
          fatal("the database's lock was lost to another Bida process"),
        );
        release = opened.release;
        stateOf(broker).resources = opened.resources;
        installation = opened.installation;
        redis = opened.redis;
        watch = new DatabaseWatch(broker, log(broker), opened.resources.db);
      } catch (error) {
        if (error instanceof ConfigError) misconfigured(error.message);
        fatal(`cannot start: ${(error as Error).message}`);
      }
    },
    async started(broker: ServiceBroker) {
      heard(broker);
    },
    async stopping(broker: ServiceBroker) {
      // Whatever hangs: nothing is lost by ending here, and a supervisor's SIGKILL would say less.
      setTimeout(() => fatal(`still not stopped after ${STOP_LIMIT} ms; ending`), STOP_LIMIT).unref();
      natsWatch?.stop();
      for (const phase of STOP_PHASES) {
        const steps = stateOf(broker).stops.filter((stop) => stop.phase === phase);
        await Promise.all(steps.map(({ run }) => run()));
      }
    },
    async stopped(broker: ServiceBroker) {
      const opened = stateOf(broker).resources;
      if (!opened) return;
      await watch?.stop();
      redis?.stop();
      await installation?.stop();
      await opened.repeats.stop();
      await opened.due.close();
      await release();
      await closeDatabase(opened.db, GOODBYE);
    },
  } as Middleware;
}

/** Holders of leases on other nodes can reach this node's scheduler from now on, and could not before. */
const heard = (broker: ServiceBroker): void => stateOf(broker).resources?.due.holdersFirst();

async function open(broker: ServiceBroker, config: Config, onLockLost: () => void) {
  const db = openDatabase(config, openSealing(config));
  db.onFileLost((why) => {
    const meanwhile = "nothing is accepted or called until this process is started again";
    log(broker).error({ err: why, meanwhile }, "the database file is lost");
  });
  await reach(broker, db);
  const release = config.redisUrl === null ? await holdExclusive(db, onLockLost) : async () => undefined;
  const ran = await reached(broker, db, () => migrate(db));
  log(broker).info({ database: db.label, migrations: ran }, "database ready");
  if (!(await reached(broker, db, () => checkSealingKeys(db, Date.now()))))
    throw new ConfigError(
      "BIDA_SECRET_KEY: rows are sealed with another key; give that one in BIDA_SECRET_KEY_PREVIOUS",
    );
  const { id } = await reached(broker, db, () => readInstallation(db));
  belongTo(broker, id);
  const connected = Promise.withResolvers<void>();
  const due = openDueSet(broker, config, connected.resolve);
  const clock = due.clock;
  const embedded = config.redisUrl === null;
  const options = { db, due, clock, embedded, log: log(broker), nodeID: broker.nodeID };
  const installation = new InstallationWatch(id, options);
  // A Redis that does not answer yet is no reason to wait: calls wait, and the watch looks when it does.
  if (await Promise.race([connected.promise.then(() => true), pause(REDIS_PATIENCE, false)]))
    await installation.checkAtBoot();
  installation.start();
  const redis = due instanceof RedisDueSet ? new RedisWatch(() => due.memory(), log(broker)) : null;
  redis?.start();
  const repeats = new DueRepeats(due, log(broker));
  repeats.start();
  const box = openSecretBox(config);
  const teller = new Teller(broker, broker.getLogger("tasks"), config.logLevel);
  return {
    release,
    installation,
    redis,
    resources: { config, db, due, repeats, clock, box, teller } satisfies Resources,
  };
}

/** A step of the boot, which is tried again where the database goes away in the middle of it, or takes no writes. */
async function reached<T>(broker: ServiceBroker, db: Database, step: () => Promise<T>): Promise<T> {
  for (;;) {
    await reach(broker, db);
    try {
      return await step();
    } catch (error) {
      if (!(translated(error) instanceof BidaError) || isNotAdmitted(error)) throw error;
      const meanwhile = "this node waits for it";
      log(broker).warn(
        { database: db.label, err: reasonOf(error), meanwhile },
        "the database went away at boot",
      );
      await pause(BOOT_RETRY);
    }
  }
}

/** Waits for a database that starts later than we do. Wrong credentials are not worth waiting for. */
async function reach(broker: ServiceBroker, db: Database): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await pingDatabase(db);
    } catch (error) {
      const gone = translated(error) instanceof BidaError && !isNotAdmitted(error);
      if (!gone)
        throw new ConfigError(`BIDA_DATABASE_URL: ${db.label} refuses us: ${(error as Error).message}`);
      if (tries % 10 === 1)
        log(broker).warn({ database: db.label }, "the database does not answer yet; waiting for it");
      await pause(BOOT_RETRY);
    }
  }
}

/** @param onConnected it can be used */
function openDueSet(broker: ServiceBroker, config: Config, onConnected: () => void): DueSet {
  const options = { leaseMs: millis(config.leaseMs), window: LANE_WINDOW };
  if (config.redisUrl === null) {
    onConnected();
    return new MemoryDueSet(new WaitingClock(), options);
  }
  const contact = new Contact({
    broker,
    log: log(broker),
    part: "redis",
    lost: "lost contact with Redis",
    back: "Redis is back",
    meanwhile: "accepting goes on; calls wait",
  });
  return new RedisDueSet(config.redisUrl, options, (up, error) => {
    if (up) {
      contact.works();
      onConnected();
    } else contact.failed(error);
  });
}

/** Not the broker's own logger: that one is kept quiet. */
const log = (broker: ServiceBroker): Logger => broker.getLogger("node");

function stateOf(broker: ServiceBroker): NodeState {
  const state = nodes.get(broker);
  if (!state) throw new Error("the broker was made without the resources middleware");
  return state;
}
