/** The callers: a steady stream of tasks over REST, submitted as real clients do, each with what came of it. */
import { setTimeout as pause } from "node:timers/promises";
import { ADMIN } from "../../e2e/kit/world.ts";
import { type Plan, pathOf, planned, simple } from "./behaviour.ts";
import type { Random } from "./random.ts";

/** One task from the caller's side. Times are ms since the epoch on this machine's clock. */
export interface Submission {
  plan: Plan;
  origin: string;
  /** The moment the caller asked for, where it asked for one. */
  callAt: number | null;
  startedAt: number;
  /** When its id was known, or the caller gave up; null while neither. */
  answeredAt: number | null;
  /** Null: the caller does not know whether there is a task. */
  taskId: string | null;
  /** When it was seen in the database that its task had ended although the receiver was still owed a call; else null. */
  endedAt: number | null;
  tries: number;
  /** The receiver is owed no call before; infinite while a fault is meant to keep its calls away. */
  owedFrom: number;
  /**
   * What is to become of it. `spoilt`: its row was made unreadable, so it ends `exhausted` and is never called.
   * `undone`: it was accepted after the moment to which the database was set back, so there is no trace of it.
   */
  fate: "usual" | "spoilt" | "undone";
  /** Whether a fault brought it along; service is judged by the others. */
  isExtra: boolean;
}

/** A try that gave no id. */
export interface Refusal {
  at: number;
  /** `503`, or what broke. */
  why: string;
}

/** Tasks that a fault brings along: where they go, and what is owed to their receiver. */
export interface Extra {
  origin: string;
  owedFrom?: number;
}

export interface LoadOptions {
  baseUrl: string;
  origins: string[];
  random: Random;
  perSecond: number;
}

/** A caller waits so long for an answer, in ms. */
const PATIENCE = 15_000;
/** Between its tries, in ms. */
const AGAIN = 300;
/** Submissions under way at once; beyond that callers stay away. */
const MAX_OPEN = 300;

export class Load {
  readonly submissions: Submission[] = [];
  /** Answers that no fault explains. */
  readonly surprises: string[] = [];
  readonly refusals: Refusal[] = [];
  readonly #options: LoadOptions;
  readonly #running = new Set<Promise<void>>();
  readonly #answers = new WeakMap<Submission, Promise<void>>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: LoadOptions) {
    this.#options = options;
  }

  start(): void {
    const gap = 1_000 / this.#options.perSecond;
    this.#timer = setInterval(() => this.#running.size < MAX_OPEN && this.submit(), gap);
  }

  /** No new ones; resolves when all that were begun are answered, which has the callers' patience as its limit. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#running);
  }

  get origins(): string[] {
    return this.#options.origins;
  }

  /** Submits a task that a fault brings along. */
  add(given: Partial<Plan>, extra: Partial<Extra> = {}): Submission {
    return this.submit(simple(this.submissions.length, given), extra);
  }

  /** Resolves when these are answered, or their callers have given up. */
  async answered(some: Submission[]): Promise<void> {
    await Promise.all(some.map((one) => this.#answers.get(one)));
  }

  submit(
    plan: Plan = planned(this.submissions.length, this.#options.random),
    extra?: Partial<Extra>,
  ): Submission {
    const startedAt = Date.now();
    const one: Submission = {
      plan,
      origin: extra?.origin ?? this.#options.random.pick(this.#options.origins),
      callAt: plan.waitMs > 0 ? startedAt + plan.waitMs : null,
      startedAt,
      answeredAt: null,
      taskId: null,
      endedAt: null,
      tries: 0,
      owedFrom: extra?.owedFrom ?? 0,
      fate: "usual",
      isExtra: extra !== undefined,
    };
    this.submissions.push(one);
    const run = this.#hand(one).finally(() => this.#running.delete(run));
    this.#running.add(run);
    this.#answers.set(one, run);
    return one;
  }

  async #hand(one: Submission): Promise<void> {
    const body = JSON.stringify(requestOf(one));
    const headers: Record<string, string> = { ...ADMIN, "content-type": "application/json" };
    if (one.plan.keyed) headers["idempotency-key"] = `chaos-${one.plan.k}`;
    do {
      if (one.tries++ > 0) await pause(AGAIN);
      one.taskId = await this.#try(headers, body);
    } while (one.taskId === null && one.plan.keyed);
    one.answeredAt = Date.now();
  }

  /** @returns the id; null where no answer came, or a refusal */
  async #try(headers: Record<string, string>, body: string): Promise<string | null> {
    const url = `${this.#options.baseUrl}/v1/tasks`;
    const refused = (why: string) => {
      this.refusals.push({ at: Date.now(), why });
      return null;
    };
    let status: number;
    let text: string;
    try {
      const signal = AbortSignal.timeout(PATIENCE);
      const answer = await fetch(url, { method: "POST", headers, body, signal });
      [status, text] = [answer.status, await answer.text()];
    } catch (error) {
      return refused(String((error as Error).cause ?? error));
    }
    // 429: a busy machine's database does not keep up.
    if (status === 503 || status === 429) return refused(`${status} ${text}`);
    if (status !== 202) {
      this.surprises.push(`POST /v1/tasks was answered with ${status}: ${text}`);
      return refused(String(status));
    }
    return (JSON.parse(text) as { taskId: string }).taskId;
  }
}

function requestOf({ plan, origin, callAt }: Submission): Record<string, unknown> {
  return {
    url: `${origin}${pathOf(plan)}`,
    requestMethod: "POST",
    requestParam: { k: plan.k, ...(plan.padding ? { padding: "x".repeat(plan.padding) } : {}) },
    limitCallCount: plan.limit,
    retry: { strategy: "fixed", delayMs: plan.retryMs },
    timeoutMs: plan.timeoutMs,
    ...(callAt === null ? {} : { callAt: new Date(callAt).toISOString() }),
  };
}
