/**
 * The pool of worker threads, each supervised (`supervised-thread.ts`). A lane goes to one thread, so a destination is
 * one actor; one that has more jobs here than a thread calls at once goes to the next threads too.
 */
import type { ClockSample } from "../core/clock.ts";
import type { EgressRules } from "../core/egress.ts";
import { bucketOf } from "../core/ids.ts";
import type { HeldLease } from "./held-lease.ts";
import type { PoolOptions } from "./pool-options.ts";
import type { ToThread } from "./protocol.ts";
import { SupervisedThread } from "./supervised-thread.ts";

/** Between two looks at whether threads answer, in ms: while there are jobs, and else. */
const WATCH_MS = 250;
const IDLE_WATCH_MS = 1_000;

export class WorkerPool {
  readonly #options: PoolOptions;
  readonly #threads: SupervisedThread[];
  #watch: NodeJS.Timeout | undefined;
  /** Monotonic ms: the last look at whether threads answer, and the next one. */
  #lookedAt = performance.now();
  #lookAt = Number.POSITIVE_INFINITY;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#threads = Array.from({ length: options.threads }, (_, i) => new SupervisedThread(i, options));
    this.#lookIn(IDLE_WATCH_MS);
  }

  /** Calls under way. */
  get inFlight(): number {
    return this.#threads.reduce((sum, thread) => sum + thread.gauges.inFlight, 0);
  }

  /** Calls that may be under way. */
  get allowed(): number {
    return this.#threads.reduce((sum, thread) => sum + thread.gauges.allowed, 0);
  }

  /** Kept connections that targets had closed when a request went out on them, since the start. */
  get staleConnections(): number {
    return this.#threads.reduce((sum, thread) => sum + thread.staleConnections, 0);
  }

  /** 99th percentile of each thread's event-loop delay over the last seconds, in µs. */
  get delaysMicros(): number[] {
    return this.#threads.map((thread) => thread.gauges.delayMicros);
  }

  /** How late the latest of the threads' event loops is just now, in ms. */
  get lagMs(): number {
    return Math.max(...this.#threads.map((thread) => thread.gauges.lagMs));
  }

  /** Threads that do not answer. */
  silent(): Set<number> {
    return new Set(this.#threads.flatMap((thread, i) => (thread.silent ? [i] : [])));
  }

  deliver(leases: HeldLease[]): void {
    const routed = Map.groupBy(leases, (held) => this.#routeOf(held));
    for (const [thread, part] of routed) thread.deliver(part);
    if (this.#lookAt - performance.now() > WATCH_MS) this.#lookIn(WATCH_MS);
  }

  /** These must not begin any more. */
  drop(leases: HeldLease[]): void {
    for (const [i, part] of Map.groupBy(leases, ({ thread }) => thread)) {
      const names = part.map(({ lease: { taskId, n } }) => ({ taskId, n }));
      this.#threads[i]?.post({ type: "lost", leases: names });
    }
  }

  /** A heartbeat renewed the leases of all threads except those; for the times see {@link LeaseTrust.renew}. */
  renewed(until: number, requestedAt: number, except: ReadonlySet<number>): void {
    for (const [i, thread] of this.#threads.entries())
      if (!except.has(i)) thread.trust.renew(until, requestedAt);
  }

  clock(sample: ClockSample): void {
    const message: ToThread = { type: "clock", sample };
    for (const thread of this.#threads) thread.post(message);
  }

  /** What calls may reach from now on. */
  egress(rules: EgressRules): void {
    for (const thread of this.#threads) thread.post({ type: "egress", rules });
  }

  /** Hands back what has not started, waits for what has, at most `withinMs`; then ends the threads. */
  async stop(withinMs: number): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.stop(withinMs)));
    clearTimeout(this.#watch);
  }

  #lookIn(ms: number): void {
    clearTimeout(this.#watch);
    this.#lookAt = performance.now() + ms;
    this.#watch = setTimeout(() => this.#look(), ms).unref();
  }

  #look(): void {
    const now = performance.now();
    // Where this thread stood still too, the machine or the process did: that says nothing of the others.
    const passed = Math.min(now - this.#lookedAt, 2 * WATCH_MS);
    this.#lookedAt = now;
    for (const thread of this.#threads) thread.watch(passed);
    this.#lookIn(this.#options.ledger.size > 0 ? WATCH_MS : IDLE_WATCH_MS);
  }

  /** The lane's own thread, or one further for each full load of calls that is ahead of it; one that answers. */
  #routeOf({ lease, ahead }: HeldLease): SupervisedThread {
    const { threads, destinationConcurrency } = this.#options;
    const start = bucketOf(lease.lane, threads) + Math.floor(ahead / destinationConcurrency);
    for (let i = 0; i < threads; i++) {
      const thread = this.#threads[(start + i) % threads] as SupervisedThread;
      if (!thread.silent) return thread;
    }
    return this.#threads[start % threads] as SupervisedThread;
  }
}
