/**
 * A scheduler's steps in the life of a task, in order, by the names of docs/architecture.md ("The life of a task"). Steps 7 to 10
 * are a dispatcher's: `services/dispatcher/pipeline.ts`.
 *
 *    2 check    a request becomes a checked task, or is refused            `acceptance.ts`, `core/parse-task.ts`
 *    3 choose   tasks whose destination is quiet are to be handed over     `handover.ts`, `quiet-lanes.ts`
 *    4 commit   many callers' tasks share a transaction                    `acceptance.ts`, `store/accept.ts`
 *    5 place    to a dispatcher that asks for more, or into the due set    `claim-desk.ts`, `due/`
 *    6 claim    dispatchers get what is due, read from the database        `claim-desk.ts`, `jobs.ts`
 *   11 record   attempt and next state, in one transaction                 `recorder.ts`, `store/record.ts`
 *   12 settle   the lease ends, a retry waits for its time; all hear of it `due/`, `../tasks/tell.ts`
 *
 * Beside it, what makes up for anything that died in between: `reconciler.ts` (database against due set),
 * `handover-watch.ts` (tasks that were handed over and never called), and `../tasks/due-repeats.ts` (what Redis did not take).
 */
import type { Logger, ServiceBroker } from "moleculer";
import { millis } from "../../core/clock.ts";
import type { DestinationSettings } from "../../core/destination.ts";
import type { Lane } from "../../core/ids.ts";
import type { StoredTask } from "../../store/rows.ts";
import { knowHandovers } from "../bus/features.ts";
import type { Resources } from "../node/resources.ts";
import { LANE_WINDOW } from "../node/resources.ts";
import { Acceptance } from "./acceptance.ts";
import { announceBreakers } from "./breakers.ts";
import { ClaimDesk } from "./claim-desk.ts";
import { Folder } from "./folder.ts";
import { Handover } from "./handover.ts";
import { HandoverWatch } from "./handover-watch.ts";
import { JobMaker } from "./jobs.ts";
import { LaneSettings } from "./lane-settings.ts";
import { QuietLanes } from "./quiet-lanes.ts";
import { Reconciler } from "./reconciler.ts";
import { Recorder } from "./recorder.ts";
import { Sweeper } from "./sweeper.ts";

export class Pipeline {
  readonly resources: Resources;
  readonly laneSettings = new LaneSettings();
  readonly quietLanes: QuietLanes;
  readonly jobs: JobMaker;
  readonly desk: ClaimDesk;
  readonly acceptance: Acceptance;
  readonly recorder: Recorder;
  readonly #background: { start(): void; stop(): Promise<void> }[];

  constructor(resources: Resources, broker: ServiceBroker, log: Logger) {
    this.resources = resources;
    this.quietLanes = new QuietLanes({
      due: resources.due,
      log,
      leaseMs: millis(resources.config.leaseMs),
      window: LANE_WINDOW,
      // In one process the due set costs next to nothing, and knows more.
      schedulers: () => (resources.config.redisUrl === null ? 0 : knowHandovers(broker)),
      onChanges: (changes) => {
        for (const { lane, breaker } of changes) if (breaker === "opened") this.quietLanes.opened(lane);
        void announceBreakers(resources, broker, log, changes);
      },
    });
    const handover = new Handover(resources, this.quietLanes, () => this.desk.roomForHandovers);
    const { repeats } = resources;
    this.jobs = new JobMaker(resources, this.laneSettings, repeats, log);
    this.desk = new ClaimDesk(resources, this.jobs, handover, repeats, log, broker.nodeID);
    this.acceptance = new Acceptance(resources, handover, (tasks) => this.#afterCommit(tasks));
    this.recorder = new Recorder(resources, this.quietLanes, repeats, broker, log);
    this.#background = [
      new Reconciler(resources, this.laneSettings, log),
      new HandoverWatch(resources, log),
      new Folder(resources, log),
      new Sweeper(resources, log),
    ];
  }

  start(): void {
    for (const one of this.#background) one.start();
  }

  async stop(): Promise<void> {
    this.desk.close();
    await Promise.all([...this.#background, this.quietLanes].map((one) => one.stop()));
  }

  /** What operators set for a destination holds from now on, also for tasks that need no due set. */
  configure(lane: Lane, settings: DestinationSettings): void {
    this.laneSettings.set(lane, settings);
    this.quietLanes.configured(lane, settings);
  }

  /** Callers have their ids by now. */
  #afterCommit(tasks: StoredTask[]): void {
    this.desk.offer(tasks);
    this.resources.teller.tell({ type: "task.accepted", tasks });
  }
}
