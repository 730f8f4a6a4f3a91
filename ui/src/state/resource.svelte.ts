/** What a page shows of the server: loaded, kept fresh by news, and kept on the screen while the server is away. */
import { untrack } from "svelte";
import { ApiError } from "../api/problem.ts";
import { connection } from "./connection.svelte.ts";
import { live, type News } from "./live.svelte.ts";

/** Not more often than this because of news, however much happens, in ms. */
const CALM = 1_000;
/** For lists, whose queries cost more; and so much longer than the last one took, in parts of it. */
export const LIST_CALM = 1_500;
const CALM_PER_COST = 5;
const POLL = 5_000;
/** Also while news come: what no event tells of. */
const SAFETY = 30_000;
/** What cannot be had just now is asked for again after this, then after twice as long, up to the longest. */
const FIRST_RETRY = 2_000;
const LONGEST_RETRY = 30_000;

interface Options<T> {
  /** Which news mean that it has changed; none: only asked for again by time. */
  on?: (news: News) => boolean;
  /** What news carry themselves: nothing is asked for. */
  take?: (news: News, data: T) => T | undefined;
  everyMs?: number;
  calmMs?: number;
}

export class Resource<T> {
  data = $state.raw<T | undefined>();
  error = $state.raw<ApiError | null>(null);
  loading = $state(true);
  /** When `data` came, epoch ms. */
  updatedAt = $state(0);
  /** True while `data` belongs to what was asked for before. */
  former = $state(false);
  /** Asks again. */
  refresh: () => Promise<void> = async () => {};

  /** Shows the answer to the present question. */
  show(data: T): void {
    this.data = data;
    this.error = null;
    this.former = false;
    this.updatedAt = Date.now();
  }

  /** Shows what an act answered, and asks again: a request from before the act must not take it back. */
  put(data: T): void {
    this.show(data);
    void this.refresh();
  }

  get stale(): boolean {
    return this.data !== undefined && (this.error !== null || connection.lostAt !== null);
  }
}

/** The resource of the page that is shown: the top bar says how old it is. */
export const shown = $state<{ resource: Resource<unknown> | null }>({ resource: null });

/**
 * Loads whenever what `key` returns has changed (compared as JSON; null: nothing to load), when news ask for it, and
 * after the server was away. To be called while a component is set up.
 */
export function resource<K, T>(
  key: () => K | null,
  load: (key: K, signal: AbortSignal) => Promise<T>,
  options: Options<T> = {},
): Resource<T> {
  const made = new Resource<T>();
  let current: AbortController | null = null;
  let lastAt = 0;
  let cost = 0;
  /** How often in a row it could not be had just now. */
  let failures = 0;
  let soon: ReturnType<typeof setTimeout> | undefined;

  /** How long it is left alone after it could not be had; 0: it was had. */
  const retryPause = (): number =>
    failures === 0 ? 0 : Math.min(FIRST_RETRY * 2 ** (failures - 1), LONGEST_RETRY);

  async function fetchNow(what: K): Promise<void> {
    current?.abort();
    const mine = new AbortController();
    current = mine;
    clearTimeout(soon);
    soon = undefined;
    lastAt = Date.now();
    made.loading = true;
    try {
      const data = await load(what, mine.signal);
      if (current !== mine) return;
      cost = Date.now() - lastAt;
      failures = 0;
      made.show(data);
    } catch (error) {
      if (current !== mine || (error as Error).name === "AbortError") return;
      made.error =
        error instanceof ApiError ? error : new ApiError(500, "internal", String((error as Error).message));
      failures = made.error.temporary ? failures + 1 : 0;
      // What was shown is not what was asked for.
      if (made.former && !made.error.temporary) made.data = undefined;
    } finally {
      if (current === mine) {
        made.loading = false;
        current = null;
      }
    }
  }

  const text = $derived(JSON.stringify(key()));

  $effect(() => {
    void connection.recoveries;
    const what = JSON.parse(text) as K | null;
    untrack(() => {
      if (what === null) return;
      made.former = made.data !== undefined;
      failures = 0;
      made.refresh = () => fetchNow(what);
      void fetchNow(what);
    });
  });

  $effect(() => {
    const later = () => {
      if (soon !== undefined || connection.lostAt !== null) return;
      soon = setTimeout(
        () => {
          soon = undefined;
          if (!current) void made.refresh();
        },
        Math.max(
          0,
          lastAt + Math.max(options.calmMs ?? CALM, cost * CALM_PER_COST, retryPause()) - Date.now(),
        ),
      );
    };
    const quiet = live.listen((news) => {
      const taken = made.data === undefined ? undefined : options.take?.(news, made.data);
      if (taken !== undefined) {
        made.data = taken;
        made.updatedAt = lastAt = Date.now();
      } else if (news.type === "resumed" || news.type === "lagging" || options.on?.(news)) later();
    });
    const timer = setInterval(() => {
      if (live.paused || document.hidden) return;
      const pause = retryPause() || (options.everyMs ?? (live.state === "live" ? SAFETY : POLL));
      if (Date.now() - lastAt >= pause) later();
    }, 1_000);
    return () => {
      quiet();
      clearInterval(timer);
      clearTimeout(soon);
      current?.abort();
    };
  });

  return made;
}

/** As {@link resource}, for what the page is mainly about: its age stands in the top bar. */
export function pageResource<K, T>(
  key: () => K | null,
  load: (key: K, signal: AbortSignal) => Promise<T>,
  options: Options<T> = {},
): Resource<T> {
  const made = resource(key, load, options);
  $effect(() => {
    shown.resource = made as Resource<unknown>;
    return () => {
      if (shown.resource === made) shown.resource = null;
    };
  });
  return made;
}
