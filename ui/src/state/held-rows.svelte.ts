/**
 * Rows that stay where they are under a hand. What is new waits behind a line that counts it; what is shown changes in
 * place. While nobody is at work in the list, it follows the server.
 */
import { tick, untrack } from "svelte";
import type { Attachment } from "svelte/attachments";
import { scrollY } from "svelte/reactivity/window";
import { route } from "../lib/router.svelte.ts";
import { confirmation } from "./confirm.svelte.ts";
import { hand } from "./hand.svelte.ts";
import { live, type News } from "./live.svelte.ts";
import { places } from "./places.ts";
import type { Resource } from "./resource.svelte.ts";

interface Options<T> {
  /** Where the rows come from. */
  list: Resource<{ items: readonly T[] }>;
  /** What of them is shown, and in which order; undefined while that cannot be said yet. */
  pick?: (items: readonly T[]) => readonly T[] | undefined;
  /** What tells one row from another. */
  key: (item: T) => string;
  /** Where a page has several lists: what tells this one from the others. */
  name?: string;
  /** Further reasons to hold the rows, beside where the hand, the keyboard and the page are. */
  busy?: () => boolean;
  /** What the news make of a row that is shown, whether the list still has it or not. */
  follow?: (row: T, news: News) => T;
}

export class HeldRows<T> {
  readonly #options: Options<T>;
  #rows = $state.raw<readonly T[]>([]);
  /** What the server says while the rows are held. */
  #next = $state.raw<readonly T[] | null>(null);
  #cursor = $state<string | null>(null);
  #inside = $state(false);
  #focused = $state(false);
  /** How many renewals are under way. */
  #renewals = $state(0);
  readonly #path = route.path;
  #view = "";
  /** The rows are those of another view, until those of this one are there. */
  #former = true;

  /** To be called while a component is set up. */
  constructor(options: Options<T>) {
    this.#options = options;
    $effect(() => this.#follow(this.#asked(), this.held));
    $effect(() =>
      live.listen((news) => {
        const { follow } = options;
        if (follow) this.#renew((row) => follow(row, news));
      }),
    );
  }

  get rows(): readonly T[] {
    return this.#rows;
  }

  /** The key of the row that the keyboard is at; null: none. */
  get cursor(): string | null {
    return this.#cursor;
  }
  set cursor(to: string | null) {
    this.#cursor = to;
    this.#keep();
  }

  readonly held: boolean = $derived.by(
    () =>
      this.#renewals === 0 &&
      (this.#inside ||
        this.#focused ||
        this.#cursor !== null ||
        hand.moving ||
        hand.touch ||
        (scrollY.current ?? 0) > 0 ||
        confirmation.asked !== null ||
        (this.#options.busy?.() ?? false)),
  );

  /** How many rows wait to be shown. */
  readonly fresh: number = $derived.by(() => {
    const shown = new Set(this.#rows.map(this.#options.key));
    return this.#next?.filter((item) => !shown.has(this.#options.key(item))).length ?? 0;
  });

  /** None of the rows that wait is shown already: there may be more of them than were loaded. */
  readonly more: boolean = $derived(this.fresh > 0 && this.fresh === this.#next?.length);

  /** Shows what waits. */
  show(): void {
    if (this.#next) this.#rows = this.#next;
    this.#next = null;
    this.cursor = null;
    scrollTo(0, 0);
  }

  /** Loads, and shows all of it: after the operator added a row, or took one away. */
  async renew(load: () => Promise<void>): Promise<void> {
    this.#renewals++;
    await load();
    await tick();
    this.#renewals--;
  }

  /** Puts what an act answered into its row, and loads: a request from before the act must not take it back. */
  put(item: T): void {
    const key = this.#options.key(item);
    this.#rows = this.#rows.map((row) => (this.#options.key(row) === key ? item : row));
    this.#keep();
    void this.#options.list.refresh();
  }

  /** The element that holds the list: a hand in it, or the focus in its rows, keeps them in place. */
  readonly area: Attachment<HTMLElement> = (element) => {
    const enter = () => {
      this.#inside = true;
    };
    const leave = () => {
      this.#inside = false;
    };
    // Later: the focus also goes with a row that is just being taken away, when no state may change.
    const focus = () =>
      queueMicrotask(() => {
        this.#focused = element.querySelector("[data-rows]:focus-within") !== null;
      });
    element.addEventListener("pointerenter", enter);
    element.addEventListener("pointerleave", leave);
    element.addEventListener("focusin", focus);
    element.addEventListener("focusout", focus);
    return () => {
      element.removeEventListener("pointerenter", enter);
      element.removeEventListener("pointerleave", leave);
      element.removeEventListener("focusin", focus);
      element.removeEventListener("focusout", focus);
    };
  };

  /** What the server says now; undefined: nothing that belongs here; "failed": nothing, and it could not be loaded. */
  #asked(): readonly T[] | "failed" | undefined {
    const { list, pick } = this.#options;
    if (list.data === undefined) return list.error ? "failed" : undefined;
    if (list.former) return undefined;
    return pick ? pick(list.data.items) : list.data.items;
  }

  /** Rows change in place. Who follows them is not told where none did: a search in them would begin anew. */
  #renew(now: (row: T) => T): void {
    const rows = this.#rows.map(now);
    if (rows.some((row, i) => row !== this.#rows[i])) this.#rows = rows;
  }

  #follow(items: readonly T[] | "failed" | undefined, held: boolean): void {
    // Another page was asked for, and this one stands until that is there.
    if (route.path !== this.#path) return;
    const view = `${this.#options.name ?? ""} ${route.entry} ${route.query}`;
    untrack(() => {
      if (view !== this.#view) this.#open(view);
      if (items === undefined) return;
      if (items === "failed") return this.#fail();
      if (this.#former || !held || this.#rows.length === 0) {
        this.#former = false;
        this.#rows = items;
        this.#next = null;
      } else {
        const now = new Map(items.map((item) => [this.#options.key(item), item]));
        this.#renew((row) => now.get(this.#options.key(row)) ?? row);
        this.#next = items;
      }
      this.#keep();
    });
  }

  /** Another page of the list, or one that was left and is come back to: that has its rows again. */
  #open(view: string): void {
    this.#view = view;
    const kept = places.get(view) as { rows: readonly T[]; cursor: string | null } | undefined;
    this.#former = kept === undefined;
    if (kept) this.#rows = kept.rows;
    this.#cursor = kept?.cursor ?? null;
    this.#next = null;
    // The element that had the focus is gone, and nothing may have told so.
    this.#focused = false;
  }

  /** No rows stand for what could not be loaded. That is not "none": nothing is kept of it. */
  #fail(): void {
    this.#former = true;
    this.#rows = [];
    this.#next = null;
  }

  #keep(): void {
    if (this.#former) return;
    places.set(this.#view, { rows: this.#rows, cursor: this.#cursor });
  }
}
