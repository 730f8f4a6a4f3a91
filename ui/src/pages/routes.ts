/** Which page an address means. Pages are loaded when they are first shown. */
import type { Component } from "svelte";
import type { Role } from "../api/types.ts";
import type { IconName } from "../components/Icon.svelte";
import type { Key } from "../lib/i18n.svelte.ts";

type Loader = () => Promise<{ default: Component<{ params: Record<string, string> }> }>;

export interface PageDef {
  /** `:name` is a parameter. */
  path: string;
  title: Key;
  load: Loader;
  /** Who may see it; default: everybody. */
  role?: Role;
  /** Its place in the navigation; none: reached from another page. */
  nav?: { icon: IconName; key: string; group: 0 | 1 };
  /** The entry of the navigation that is marked. */
  under?: string;
}

const load = (loader: () => Promise<unknown>) => loader as Loader;

export const PAGES: PageDef[] = [
  {
    path: "/",
    title: "page.overview",
    load: load(() => import("./Overview.svelte")),
    nav: { icon: "overview", key: "o", group: 0 },
  },
  {
    path: "/incidents",
    title: "page.incidents",
    load: load(() => import("./Incidents.svelte")),
    nav: { icon: "warn", key: "i", group: 0 },
  },
  {
    path: "/incidents/:id",
    title: "page.incident",
    load: load(() => import("./Incident.svelte")),
    under: "/incidents",
  },
  {
    path: "/inbox",
    title: "page.inbox",
    load: load(() => import("./Inbox.svelte")),
    nav: { icon: "alarms", key: "b", group: 0 },
  },
  {
    path: "/tasks",
    title: "page.tasks",
    load: load(() => import("./Tasks.svelte")),
    nav: { icon: "tasks", key: "t", group: 0 },
  },
  {
    path: "/tasks/new",
    title: "page.new",
    load: load(() => import("./NewTask.svelte")),
    role: "operator",
    under: "/tasks",
  },
  {
    path: "/tasks/:taskId",
    title: "page.task",
    load: load(() => import("./TaskDetail.svelte")),
    under: "/tasks",
  },
  {
    path: "/tasks/:taskId/resend",
    title: "page.resend",
    load: load(() => import("./NewTask.svelte")),
    role: "operator",
    under: "/tasks",
  },
  {
    path: "/waiting",
    title: "page.waiting",
    load: load(() => import("./Waiting.svelte")),
    nav: { icon: "waiting", key: "w", group: 0 },
  },
  {
    path: "/attempts",
    title: "page.attempts",
    load: load(() => import("./Attempts.svelte")),
    nav: { icon: "attempts", key: "l", group: 0 },
  },
  {
    path: "/jobs",
    title: "page.jobs",
    load: load(() => import("./Jobs.svelte")),
    nav: { icon: "retry", key: "j", group: 0 },
  },
  {
    path: "/jobs/:id",
    title: "page.job",
    load: load(() => import("./Job.svelte")),
    under: "/jobs",
  },
  {
    path: "/destinations",
    title: "page.destinations",
    load: load(() => import("./Destinations.svelte")),
    nav: { icon: "destinations", key: "d", group: 0 },
  },
  {
    path: "/destinations/:origin",
    title: "page.destination",
    load: load(() => import("./Destination.svelte")),
    under: "/destinations",
  },
  {
    path: "/alarms",
    title: "page.alarms",
    load: load(() => import("./Alarms.svelte")),
    nav: { icon: "send", key: "a", group: 0 },
  },
  {
    path: "/alarms/new",
    title: "page.channelNew",
    load: load(() => import("./Channel.svelte")),
    role: "admin",
    under: "/alarms",
  },
  {
    path: "/alarms/:id",
    title: "page.channel",
    load: load(() => import("./Channel.svelte")),
    under: "/alarms",
  },
  {
    path: "/apps",
    title: "page.apps",
    load: load(() => import("./Apps.svelte")),
    role: "admin",
    nav: { icon: "apps", key: "p", group: 1 },
  },
  {
    path: "/users",
    title: "page.users",
    load: load(() => import("./Users.svelte")),
    role: "admin",
    nav: { icon: "users", key: "u", group: 1 },
  },
  {
    path: "/audit",
    title: "page.audit",
    load: load(() => import("./Audit.svelte")),
    role: "admin",
    nav: { icon: "audit", key: "h", group: 1 },
  },
  {
    path: "/settings",
    title: "page.settings",
    load: load(() => import("./Settings.svelte")),
    nav: { icon: "settings", key: "s", group: 1 },
  },
  {
    path: "/sessions",
    title: "page.sessions",
    load: load(() => import("./Sessions.svelte")),
    under: "/settings",
  },
];

/** An origin has slashes of its own, which are escaped in a path. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The page of a path with its parameters, undefined where there is none. */
export function match(path: string): { page: PageDef; params: Record<string, string> } | undefined {
  const parts = path.split("/");
  for (const page of PAGES) {
    const wanted = page.path.split("/");
    if (wanted.length !== parts.length) continue;
    const params: Record<string, string> = {};
    const fits = wanted.every((part, i) => {
      if (!part.startsWith(":")) return part === parts[i];
      params[part.slice(1)] = decoded(parts[i] as string);
      return parts[i] !== "";
    });
    if (fits) return { page, params };
  }
  return undefined;
}
