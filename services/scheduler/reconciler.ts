/**
 * Compares the due set with the database and adds what it lacks: tasks that were committed in the moment a node died,
 * everything after Redis was emptied, and, for the in-process set, what it had no room for or looks too far ahead for.
 * Before that it has the set compare itself: what Redis lost in part is put right, or built anew.
 * Every scheduler runs one; adding what is there already changes nothing.
 */
import type { Logger } from "moleculer";
import { type EpochMs, epochMs, later, millis, minutes } from "../../core/clock.ts";
import type { Lane } from "../../core/ids.ts";
import type { DueEntry } from "../../core/job.ts";
import { handedFor } from "../../core/lease.ts";
import { Loop } from "../../core/loop.ts";
import { dueRepairs, rebuilds, reconciled } from "../../core/metrics.ts";
import { HANDOVER } from "../../due/due-set.ts";
import { type Findings, lacksEntries } from "../../due/findings.ts";
import { settingsSince } from "../../store/destinations.ts";
import { type OnTheWay, scanWaiting } from "../../store/waiting.ts";
import { Contact } from "../node/contact.ts";
import type { Resources } from "../node/resources.ts";
import type { LaneSettings } from "./lane-settings.ts";
import { setAsideStateless } from "./set-aside.ts";

/** Between rounds, in ms. */
const INTERVAL = 5_000;
/**
 * Between looks whether the set was emptied, and whether Redis or the database is back, in ms: nothing that waits is claimed
 * until it is whole again, which may take 15 s.
 */
const LOOK_INTERVAL = 1_000;
/** While a pass was cut short, for want of room or for holders' sake. */
const REFILL_INTERVAL = 250;
/** A usual round looks at what is due within this; a rebuild at everything. Below the in-process set's horizon. */
const LOOKAHEAD = minutes(4);
/** Within this every holder renews its leases at least once (`services/dispatcher/heartbeat.ts`), in ms. */
const HEARTBEATS = 5_000;
/** What is younger is still on its way from acceptance into the due set: see {@link HANDOVER}. */
const SETTLED = millis(2 * HANDOVER);
/** Rows at a time. A usual round looks at so many pages and goes on from there next time. */
const PAGE = { usual: 200, rebuild: 1_000 };
const PAGES_PER_ROUND = 50;
/** Between the pages of a usual round, as a multiple of the time that one takes: a long backlog is no reason to keep others waiting. */
const REST = 9;

export class Reconciler {
  readonly #resources: Resources;
  readonly #laneSettings: LaneSettings;
  readonly #log: Logger;
  readonly #loop: Loop;
  #position: DueEntry | null = null;
  /** Holders may not have been heard when the last pass would have gone on. */
  #leftToHolders = false;
  /** When the next usual round is due, in monotonic ms. */
  #usualAt = 0;
  /** Settings of destinations up to here are in the due set. */
  #settingsUntil: EpochMs | null = null;
  /** Destinations whose settings were handed over. */
  readonly #configured = new Set<Lane>();
  readonly #startedAt: EpochMs;

  constructor(resources: Resources, laneSettings: LaneSettings, log: Logger) {
    this.#resources = resources;
    this.#laneSettings = laneSettings;
    this.#log = log;
    this.#startedAt = resources.clock.now();
    const contact = new Contact({
      log,
      lost: "reconciling failed; trying again",
      back: "reconciling goes on",
      meanwhile: "tasks that the due set lacks wait; all others go on",
      level: "warn",
    });
    this.#loop = new Loop({
      round: () => this.#round(),
      firstMs: 0,
      everyMs: INTERVAL,
      failure: { first: LOOK_INTERVAL, max: LOOK_INTERVAL },
      onFailed: (error) => contact.failed(error),
      onDone: () => contact.works(),
    });
  }

  /** Runs the first round, and from then on at intervals. */
  start(): void {
    this.#loop.start();
  }

  stop(): Promise<void> {
    return this.#loop.stop();
  }

  async #round(): Promise<number> {
    const { due } = this.#resources;
    const intact = await due.intact();
    const pause = this.#usualAt - performance.now();
    if (intact && pause > 0) return Math.min(pause, LOOK_INTERVAL);
    if (intact && this.#leftToHolders && due.awaitsHolders) return REFILL_INTERVAL;
    if (!intact || (await this.#repair())) await this.#rebuild();
    else {
      await this.#configure();
      await setAsideStateless(this.#resources, this.#log);
      if (!due.full) await this.#pass("usual", PAGES_PER_ROUND);
    }
    const isCutShort = due.full || this.#leftToHolders || this.#position !== null;
    const next = isCutShort ? REFILL_INTERVAL : INTERVAL;
    this.#usualAt = performance.now() + next;
    return Math.min(next, LOOK_INTERVAL);
  }

  /**
   * First, holders get the time to renew their leases, which takes back what they hold: a call that is under way must
   * not be made a second time because Redis forgot about it.
   */
  async #rebuild(): Promise<void> {
    const { due, config } = this.#resources;
    const startedAt = performance.now();
    this.#settingsUntil = null;
    await this.#configure();
    if (config.redisUrl !== null) await this.#loop.rest(HEARTBEATS);
    if (this.#loop.stopped) return;
    this.#position = null;
    const everything = epochMs(Number.MAX_SAFE_INTEGER);
    const tasks = await this.#pass("rebuild", Number.POSITIVE_INFINITY, everything);
    if (this.#loop.stopped) return;
    await due.markRebuilt();
    rebuilds.inc();
    const counts = await due.counts();
    this.#log.info(
      { tasks, ...counts, tookMs: Math.round(performance.now() - startedAt) },
      "due set rebuilt",
    );
  }

  /** Has the due set put right what it counts and remembers. @returns whether it lacks entries that only the database has */
  async #repair(): Promise<boolean> {
    const findings = await this.#resources.due.check(true);
    // Lost settings are nothing that the set could miss itself.
    if (findings.settings < this.#configured.size) this.#settingsUntil = null;
    this.#tell(findings);
    return lacksEntries(findings);
  }

  #tell(findings: Findings): void {
    const kinds = Object.entries(findings.wrong);
    if (kinds.length === 0) return;
    for (const [kind, count] of kinds) dueRepairs.labels(kind).inc(count);
    const meanwhile = lacksEntries(findings) ? "it is built anew from the database" : "nothing is missing";
    this.#log.warn({ ...findings.wrong, meanwhile }, "the due set was inconsistent, and was repaired");
  }

  /** Hands over what operators set for destinations, as far as it may not be known yet. */
  async #configure(): Promise<void> {
    const { db, due, clock } = this.#resources;
    const { settings, until } = await settingsSince(db, this.#settingsUntil, clock.now());
    for (const one of settings) {
      this.#laneSettings.set(one.lane, one);
      await due.configure(one.lane, one);
      this.#configured.add(one.lane);
    }
    this.#settingsUntil = until;
  }

  /** Adds up to `pages` pages, from where the last pass stopped. @returns how many tasks it looked at */
  async #pass(
    round: "usual" | "rebuild",
    pages: number,
    until = later(this.#resources.clock.now(), LOOKAHEAD),
  ): Promise<number> {
    const { db, due } = this.#resources;
    let seen = 0;
    for (let page = 0; page < pages && !due.full && !this.#loop.stopped; page++) {
      // Where the clock has jumped, rows that are leases seem to be over; by their next heartbeats the set knows what is held.
      this.#leftToHolders = round === "usual" && due.awaitsHolders;
      if (this.#leftToHolders) break;
      const startedAt = performance.now();
      const entries = await scanWaiting(db, until, this.#position, PAGE[round], this.#onTheWay());
      reconciled[round].inc(await due.add(entries));
      seen += entries.length;
      this.#position = entries.length < PAGE[round] ? null : (entries.at(-1) as DueEntry);
      if (this.#position === null) break;
      if (round === "usual") await this.#loop.rest(REST * (performance.now() - startedAt));
    }
    return seen;
  }

  /**
   * Tasks that were accepted later are on their way into the due set still. Those whose row was their lease a lease ago are
   * left to `handover-watch.ts`, which looks several times per lease and does not pass their holders over.
   */
  #onTheWay(): OnTheWay {
    const { clock, config } = this.#resources;
    const now = clock.now();
    const until = epochMs(now - SETTLED);
    // Without Redis only this process accepts: what was there before it is nobody's.
    if (config.redisUrl === null) return { now, over: now, until: epochMs(Math.max(until, this.#startedAt)) };
    return { now, over: epochMs(now - handedFor(config.leaseMs)), until };
  }
}
