/**
 * News from the server (server-sent events). Where they cannot be had, pages ask again every few seconds. A hidden tab
 * lets go of its connection: browsers allow six per server, and a seventh tab would wait for ever.
 */
import type { StatsNow, TaskChange } from "../api/types.ts";
import { belongings } from "./belongings.ts";

/**
 * `tasks`: these changed. `stats`: what there is now. `resumed`: news may have been missed. `lagging`: the server left
 * some out because this page reads too slowly.
 */
export type News =
  | { type: "tasks"; items: TaskChange[] }
  | { type: "stats"; now: StatsNow }
  | { type: "resumed" | "lagging" };

type Listener = (news: News) => void;

const RECONNECT = 5_000;
const listeners = new Set<Listener>();
let source: EventSource | null = null;
let state = $state<"off" | "connecting" | "live" | "polling">("off");
let paused = $state(false);
let wanted = false;
let timer: ReturnType<typeof setTimeout> | undefined;
belongings.register(() => {
  paused = false;
});

export const live = {
  get state() {
    return state;
  },
  get paused() {
    return paused;
  },
  pause(on: boolean): void {
    paused = on;
    if (!on) tell({ type: "resumed" });
  },
  start(): void {
    wanted = true;
    open();
  },
  stop(): void {
    wanted = false;
    close();
    state = "off";
  },
  /** Returns what ends it. */
  listen(listener: Listener): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};

function open(): void {
  close();
  if (!wanted || document.hidden) return;
  state = "connecting";
  const opened = new EventSource("/v1/events");
  source = opened;
  opened.onopen = () => {
    const again = state === "polling";
    state = "live";
    if (again) tell({ type: "resumed" });
  };
  opened.onerror = () => {
    if (source !== opened) return;
    state = "polling";
    // A refusal closes it for good; a lost connection is tried again by the browser, but not for every status.
    if (opened.readyState === EventSource.CLOSED) timer = setTimeout(open, RECONNECT);
  };
  opened.addEventListener("tasks", ({ data }: MessageEvent<string>) => {
    tell({ type: "tasks", items: (JSON.parse(data) as { items: TaskChange[] }).items });
  });
  opened.addEventListener("stats", ({ data }: MessageEvent<string>) => {
    tell({ type: "stats", now: JSON.parse(data) as StatsNow });
  });
  opened.addEventListener("lagging", () => tell({ type: "lagging" }));
}

function close(): void {
  clearTimeout(timer);
  source?.close();
  source = null;
}

function tell(news: News): void {
  if (paused) return;
  for (const listener of listeners) listener(news);
}

document.addEventListener("visibilitychange", () => {
  if (!wanted) return;
  if (document.hidden) {
    close();
    return;
  }
  open();
  tell({ type: "resumed" });
});
addEventListener("pagehide", close);
