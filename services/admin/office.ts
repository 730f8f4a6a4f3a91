/** What the actions of an `admin` node work with; made when its service starts. */
import type { Context, Logger } from "moleculer";
import { Loop } from "../../core/loop.ts";
import { pruningTime } from "../../store/installation.ts";
import { pruneAttempts } from "../../store/login-attempts.ts";
import { pruneSessions } from "../../store/sessions.ts";
import type { Resources } from "../node/resources.ts";
import { OpenTasks } from "../tasks/open-tasks.ts";
import { Authenticator } from "./authenticator.ts";
import { BulkWorkers } from "./bulk-workers.ts";
import { Originals } from "./originals.ts";
import { Searches } from "./searches.ts";
import { Statistics } from "./statistics.ts";

/** Between two sweeps of sessions, in ms. */
const SWEEP_EVERY = 3_600_000;

export class Office {
  readonly resources: Resources;
  readonly authenticator: Authenticator;
  readonly statistics: Statistics;
  readonly worker: BulkWorkers;
  readonly openTasks: OpenTasks;
  readonly searches = new Searches();
  readonly #originals: Originals;
  readonly #sweep: Loop;

  constructor(resources: Resources, log: Logger) {
    this.resources = resources;
    this.authenticator = new Authenticator(resources);
    this.statistics = new Statistics(resources);
    this.worker = new BulkWorkers(resources, log);
    this.openTasks = new OpenTasks(resources, resources.config.appOpenTasks);
    this.#originals = new Originals(resources, log);
    this.#sweep = new Loop({
      round: () => sweep(resources),
      everyMs: SWEEP_EVERY,
      onFailed: ({ message }) => log.debug({ err: message }, "sessions not swept; again in an hour"),
    });
  }

  start(): void {
    this.worker.start();
    this.#originals.start();
    this.#sweep.start();
  }

  async stop(): Promise<void> {
    await Promise.all([this.worker.stop(), this.#originals.stop(), this.#sweep.stop()]);
  }
}

/** The one of the service that is called. */
export const officeOf = (ctx: Pick<Context, "service">): Office =>
  (ctx.service as unknown as { office: Office }).office;

/** Deletes sessions that are over, and failed logins that no longer count. */
async function sweep({ db, clock }: Resources): Promise<void> {
  const now = await pruningTime(db, clock.now());
  await pruneSessions(db, now);
  await pruneAttempts(db, now);
}
