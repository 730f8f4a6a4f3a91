/**
 * The clients of `GET /v1/events` at this node. It listens to the cluster only while it has any, so changes are
 * put together and sent only while somebody follows them.
 */
import type { ServerResponse } from "node:http";
import type { ServiceBroker } from "moleculer";
import type { StatsNow, TaskChange } from "../../core/contract.ts";
import { BidaError } from "../../core/errors.ts";
import type { Scope } from "../../store/scope.ts";
import { listen } from "../bus/bus.ts";
import { read } from "../bus/peers.ts";
import { onStopping } from "../node/resources.ts";
import { EventClient, type Subscription } from "./event-client.ts";
import { Recheck, type Standing } from "./recheck.ts";

/** Of one node. */
const MAX_CLIENTS = 200;
/** How long changes are gathered, in ms. */
const BATCH = 250;
/** Between two ticks of the statistics, in ms. */
const TICK = 1_000;
const HEARTBEAT = 15_000;
/** Between two looks at whether a client still may, in ms; changes of rights that this node hears of count at once. */
const RECHECK = 10_000;
/** After the last client has gone, in ms: a page that is loaded again finds everything in place. */
const LINGER = 10_000;

export class EventHub {
  readonly #broker: ServiceBroker;
  readonly #clients = new Map<EventClient, Recheck>();
  readonly #ticks = new Map<number | null, Tick>();
  #timers: NodeJS.Timeout[] = [];
  #linger: NodeJS.Timeout | undefined;
  #unlisten: (() => Promise<void>) | null = null;
  #closed = false;

  constructor(broker: ServiceBroker) {
    this.#broker = broker;
    onStopping(broker, "dispatch", async () => this.#close());
  }

  /**
   * Takes over the answer.
   * @param standing whether the client still may follow; see {@link Recheck}
   * @throws BidaError unavailable where there are too many clients, or the node stops
   */
  open(res: ServerResponse, subscription: Subscription, standing: () => Promise<Standing>): void {
    if (this.#closed) throw new BidaError("unavailable", "This node is stopping");
    if (this.#clients.size >= MAX_CLIENTS)
      throw new BidaError("unavailable", `${MAX_CLIENTS} clients follow the events already`, {
        retryAfter: 10,
      });
    // Gone while we asked who it is; nothing would tell us again.
    if (res.destroyed) return;
    const client = new EventClient(res, subscription);
    const recheck = new Recheck(standing, () => {
      // Before its end: nothing is written to it any more.
      this.#leave(client);
      client.end();
    });
    this.#clients.set(client, recheck);
    res.on("close", () => this.#leave(client));
    res.on("error", () => undefined);
    res.writeHead(200, {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store",
      // nginx would gather the events.
      "x-accel-buffering": "no",
    });
    res.write("retry: 1000\n\n");
    this.#begin();
    // Rights may have changed between the look at them and now.
    void recheck.now();
  }

  /** Ends the streams of those who may not follow any more. */
  recheck(): void {
    for (const recheck of this.#clients.values()) void recheck.now();
  }

  #begin(): void {
    clearTimeout(this.#linger);
    this.#unlisten ??= listen(this.#broker, "events", {
      "stream.tasks": ({ items }) => this.#spread(items),
    });
    if (this.#timers.length > 0) return;
    this.#timers = [
      setInterval(() => this.#each((client) => client.flush()), BATCH),
      setInterval(() => this.#tick(), TICK),
      setInterval(() => this.#each((client) => client.heartbeat()), HEARTBEAT),
      setInterval(() => this.recheck(), RECHECK),
    ];
  }

  #leave(client: EventClient): void {
    if (!this.#clients.delete(client) || this.#clients.size > 0) return;
    for (const timer of this.#timers) clearInterval(timer);
    this.#timers = [];
    this.#ticks.clear();
    clearTimeout(this.#linger);
    if (!this.#closed) this.#linger = setTimeout(() => this.#rest(), LINGER);
  }

  #rest(): void {
    const unlisten = this.#unlisten;
    this.#unlisten = null;
    unlisten?.().catch((error: Error) =>
      this.#broker.logger.warn({ err: error.message }, "still listening to changes that nobody follows"),
    );
  }

  #spread(items: TaskChange[]): void {
    for (const client of this.#clients.keys()) for (const item of items) client.offer(item);
  }

  /** Asks once for all clients that see the same. */
  #tick(): void {
    const followers = [...this.#clients.keys()].filter(({ subscription: { types } }) => types.has("stats"));
    const scopes = Map.groupBy(followers, ({ subscription: { scope } }) => scope.appId);
    for (const [appId, clients] of scopes) {
      const tick = this.#ticks.get(appId) ?? new Tick(this.#broker, { appId });
      this.#ticks.set(appId, tick);
      tick.next().then(
        (stats) => stats && this.#tell(clients, stats),
        // The database is away; the next tick asks again.
        () => undefined,
      );
    }
  }

  #tell(clients: EventClient[], stats: object): void {
    for (const client of clients) if (this.#clients.has(client)) client.send("stats", stats);
  }

  #each(act: (client: EventClient) => void): void {
    for (const client of this.#clients.keys()) act(client);
  }

  #close(): void {
    this.#closed = true;
    clearTimeout(this.#linger);
    this.#each((client) => client.end());
  }
}

/** The statistics of one scope, and how much was added per second since the tick before. */
class Tick {
  readonly #broker: ServiceBroker;
  readonly #scope: Scope;
  #last: { totals: StatsNow["totals"]; at: number } | null = null;
  #busy = false;

  constructor(broker: ServiceBroker, scope: Scope) {
    this.#broker = broker;
    this.#scope = scope;
  }

  /** Null while the one before has not been answered yet. */
  async next(): Promise<object | null> {
    if (this.#busy) return null;
    this.#busy = true;
    try {
      const now = await read(this.#broker, "admin.statsNow", {}, { meta: { scope: this.#scope } });
      const at = performance.now();
      const perSecond = this.#rates(now.totals, at);
      this.#last = { totals: now.totals, at };
      return { ...now, perSecond };
    } finally {
      this.#busy = false;
    }
  }

  #rates(totals: StatsNow["totals"], at: number): StatsNow["totals"] | null {
    const last = this.#last;
    if (!last) return null;
    const rate = (name: keyof StatsNow["totals"]) =>
      Math.round(((totals[name] - last.totals[name]) / (at - last.at)) * 10_000) / 10;
    return {
      accepted: rate("accepted"),
      calls: rate("calls"),
      succeeded: rate("succeeded"),
      failed: rate("failed"),
    };
  }
}
