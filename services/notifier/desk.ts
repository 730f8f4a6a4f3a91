/**
 * Makes messages of alarms. What there is to do is in the database; events only say that it is worth a look, and a look
 * every few seconds makes up for those that were lost. Any number of notifiers may look at once.
 */
import type { Logger } from "moleculer";
import { type Alarm, wants } from "../../core/alarm/alarm.ts";
import { type ChannelSpec, destinationOf, filterOf, hearsOfEnds, paceOf } from "../../core/alarm/channel.ts";
import { messageTask } from "../../core/alarm/message.ts";
import type { Digest } from "../../core/alarm/notice.ts";
import { nextTurn, recallOf, type Traffic, type Turn } from "../../core/alarm/pacing.ts";
import { epochMs, hours, minutes } from "../../core/clock.ts";
import { dueEntryOf } from "../../core/job.ts";
import { Loop } from "../../core/loop.ts";
import {
  breakStuckChannels,
  endBacklog,
  endOldIncidents,
  noteFailing,
  oldestDue,
  pruneAlarms,
  raiseBacklog,
  takeTurn,
} from "../../store/alarm-checks.ts";
import { deskWork, makeMessages, type Route, routeAlarms, waitingChannels } from "../../store/alarm-desk.ts";
import { pruneBreakerEvents } from "../../store/breaker-events.ts";
import type { Database } from "../../store/database.ts";
import { addOrigins } from "../../store/destinations.ts";
import { pruneIncidents } from "../../store/incidents.ts";
import { pruningTime } from "../../store/installation.ts";
import { pruneMutes } from "../../store/mutes.ts";
import { retellRefused } from "../../store/retelling.ts";
import type { StoredTask } from "../../store/rows.ts";
import { listWebhooks, type Webhook } from "../../store/webhooks.ts";
import { Contact } from "../node/contact.ts";
import type { Resources } from "../node/resources.ts";
import { closeMissed, raiseMissed } from "./breakers.ts";

/** Between looks, in ms. */
const INTERVAL = 2_000;
/** Events of one moment share a look, in ms. */
const GATHER = 50;
/** A channel whose message is not delivered after so long is broken, whatever its tries are still to come. */
const STUCK = minutes(30);
/** Between checks of the backlog, by one node of the cluster. */
const CHECK_INTERVAL = minutes(1);

export class AlarmDesk {
  readonly #resources: Resources;
  readonly #log: Logger;
  /** Channels that wait, by id: not before this. */
  readonly #notBefore = new Map<number, number>();
  /** Channels that do not work, by id: since when. */
  readonly #broken = new Map<number, number>();
  /** Of channels, that are known to be in the list of destinations. */
  readonly #origins = new Set<string>();
  readonly #loop: Loop;
  /** Monotonic ms; when this node had its turn to check last. */
  #checkedAt = Number.NEGATIVE_INFINITY;
  /** Up to this id it was looked which of them are over. */
  #incidentsSeen = 0;

  constructor(resources: Resources, log: Logger) {
    this.#resources = resources;
    this.#log = log;
    const contact = new Contact({
      log,
      lost: "alarms cannot be told just now",
      back: "alarms are told again",
      meanwhile: "alarms are kept in the database and told later",
    });
    this.#loop = new Loop({
      round: () => this.#look(),
      firstMs: GATHER,
      everyMs: INTERVAL,
      onDone: () => contact.works(),
      onFailed: (error) => contact.failed(error),
    });
  }

  start(): void {
    this.#loop.start();
  }

  /** Something may be to be told. */
  wake(): void {
    this.#loop.wake(GATHER);
  }

  stop(): Promise<void> {
    return this.#loop.stop();
  }

  async #look(): Promise<void> {
    const { db, box, clock } = this.#resources;
    const routeNow = async (within: Database): Promise<Route> => {
      const channels = await listWebhooks(within, box);
      return (alarm, told) => hearersOf(alarm, told, channels);
    };
    const work = await deskWork(db);
    if (work.alarms) while (!this.#loop.stopped && (await routeAlarms(db, routeNow)) > 0);
    const channels = await listWebhooks(db, box);
    if (work.refused) await this.#retell(channels);
    const failures: unknown[] = [];
    for (const id of work.alarms || work.deliveries ? await waitingChannels(db) : []) {
      const channel = channels.find((one) => one.id === id);
      // What is wrong with one channel must not hold back the others.
      if (channel && !this.#loop.stopped) await this.#tell(channel).catch((error) => failures.push(error));
    }
    // Nobody has a turn within that time of this node's.
    if (
      performance.now() - this.#checkedAt >= CHECK_INTERVAL &&
      (await takeTurn(db, clock.now(), CHECK_INTERVAL))
    ) {
      this.#checkedAt = performance.now();
      await this.check();
    }
    this.#watch(channels);
    if (failures.length > 0) throw failures[0];
  }

  /** Once a platform refused a message for what it says, a short one is sent in its place. */
  async #retell(channels: Webhook[]): Promise<void> {
    const { db, clock, config } = this.#resources;
    const usable = new Map(
      channels.flatMap(({ id, opened, spec }): [number, ChannelSpec][] => (opened ? [[id, spec]] : [])),
    );
    const tasks = await retellRefused(db, clock.now(), [...usable.keys()], (webhookId, digest) => {
      const spec = usable.get(webhookId) as ChannelSpec;
      this.#log.warn({ channel: spec.name, alarms: digest.count }, "a refused message is told in short");
      const task = messageTask(spec, digest, config.publicUrl, config.timeZone, true);
      return { ...task, lane: destinationOf(spec).lane };
    });
    await this.#due(tasks);
  }

  async #due(tasks: StoredTask[]): Promise<void> {
    // Where Redis is away, they are added when it is back.
    await this.#resources.repeats.add(tasks.flatMap((task) => dueEntryOf(task) ?? [])).catch(() => undefined);
  }

  /** Makes messages for a channel, if it may have some now: so many at once that others need not wait for long. */
  async #tell({ id, spec, opened, brokenSince }: Webhook): Promise<void> {
    const { db, clock, config } = this.#resources;
    const now = clock.now();
    if (!opened || now < (this.#notBefore.get(id) ?? 0)) return;
    this.#notBefore.delete(id);
    const pace = paceOf(spec, brokenSince !== null);
    const { lane, origin } = destinationOf(spec);
    const decide = (traffic: Traffic): Turn => {
      const turn = nextTurn(pace, traffic, now);
      if (turn.kind === "wait") this.#notBefore.set(id, turn.at);
      return turn;
    };
    const compose = (digest: Digest) => ({
      ...messageTask(spec, digest, config.publicUrl, config.timeZone),
      lane,
    });
    const tasks = await makeMessages(db, id, now, recallOf(pace), decide, compose);
    await this.#due(tasks);
    if (tasks.length > 0) {
      this.wake();
      await this.#remember(origin);
    }
    const next = this.#notBefore.get(id);
    // When a channel's turn comes, if that is before the usual look.
    if (next !== undefined) this.#loop.wake(Math.max(next - clock.now(), 0));
  }

  /** For the list of destinations, in which others' are put by anyone who accepts tasks. */
  async #remember(origin: string): Promise<void> {
    if (this.#origins.has(origin)) return;
    const { db, clock } = this.#resources;
    // Tried again with the next message.
    await addOrigins(db, [origin], clock.now()).then(
      () => this.#origins.add(origin),
      () => undefined,
    );
  }

  /** What one node of the cluster does every minute: is there a backlog, an alarm that was lost, something over, or too old. */
  async check(): Promise<void> {
    const { db, box, clock, config } = this.#resources;
    const now = clock.now();
    const oldest = (await oldestDue(db, now)) ?? now;
    const waited = now - oldest;
    for (const { id, spec, backlogAlarmedAt } of await listWebhooks(db, box)) {
      const limit = minutes(spec.backlogMinutes);
      if (backlogAlarmedAt !== null && waited < limit) await endBacklog(db, id);
      if (!spec.enabled || limit === 0 || waited < limit || backlogAlarmedAt !== null) continue;
      await raiseBacklog(db, id, {
        kind: "backlog",
        taskId: null,
        sourceAppName: null,
        destination: null,
        errorCode: null,
        facts: { since: oldest, minutes: Math.floor(waited / minutes(1)), channel: spec.name },
        createdAt: now,
      });
      this.wake();
    }
    await raiseMissed(this.#resources, this.#log);
    await closeMissed(this.#resources, this.#log);
    await breakStuckChannels(db, epochMs(now - STUCK), now);
    await noteFailing(db, now);
    this.#incidentsSeen = await endOldIncidents(db, now, this.#incidentsSeen);
    // Alarms that were raised while they were in force may still be routed.
    await pruneMutes(db, epochMs(now - hours(1)));
    if (config.retentionDays === 0) return;
    const before = epochMs((await pruningTime(db, now)) - hours(24 * config.retentionDays));
    while (!this.#loop.stopped && (await pruneAlarms(db, before)));
    while (!this.#loop.stopped && (await pruneBreakerEvents(db, before)));
    while (!this.#loop.stopped && (await pruneIncidents(db, before)));
  }

  /** Says once that a channel broke, and that it works again. */
  #watch(channels: Webhook[]): void {
    for (const { id, spec, brokenSince, lastError } of channels) {
      const known = this.#broken.get(id);
      if (brokenSince !== null && known === undefined) {
        this.#broken.set(id, brokenSince);
        const meanwhile = "its alarms are gathered; one message at a time tries it";
        this.#log.error(
          { channel: spec.name, since: new Date(brokenSince).toISOString(), err: lastError, meanwhile },
          "an alarm channel is broken",
        );
      } else if (brokenSince === null && known !== undefined) {
        this.#broken.delete(id);
        const afterMs = this.#resources.clock.now() - known;
        this.#log.info({ channel: spec.name, afterMs }, "the alarm channel works again");
      }
    }
  }
}

/** Who hears of an alarm; that something is over is for those who heard of it. */
function hearersOf(alarm: Alarm, told: ReadonlySet<number>, channels: Webhook[]): number[] {
  const isEnd = alarm.kind === "recovered";
  return channels
    .filter(({ id, spec }) => spec.enabled && id !== alarm.notTo && (alarm.onlyTo ?? id) === id)
    .filter(({ id, spec }) => (isEnd ? told.has(id) && hearsOfEnds(spec) : wants(filterOf(spec), alarm)))
    .map(({ id }) => id);
}
