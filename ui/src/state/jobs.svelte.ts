/** Work over many tasks that the server does in the background: how far it is, no matter who started it. */
import { api } from "../api/client.ts";
import type { Job } from "../api/types.ts";
import { t } from "../lib/i18n.svelte.ts";
import { messageOf, toasts } from "./toasts.svelte.ts";

/** While there is one, in ms. */
const LOOK = 700;
const SHOWN = 5;

let active = $state.raw<Job[]>([]);
let problem = $state("");
/** Those that were started here: their end is told. */
const own = new Set<string>();
let timer: ReturnType<typeof setTimeout> | undefined;

const under = ({ state }: Job): boolean => state === "waiting" || state === "running";

export const jobs = {
  /** Those that are not done, the newest first. */
  get active() {
    return active;
  },
  /** Why one could not be stopped. */
  get problem() {
    return problem;
  },
  /** Asks once; again only while one is under way. */
  async look(): Promise<void> {
    clearTimeout(timer);
    try {
      const { items } = await api((a) => a.GET("/v1/jobs", { params: { query: { limit: SHOWN } } }));
      for (const job of items) if (!under(job)) ended(job);
      active = items.filter(under);
      if (active.length === 0) problem = "";
    } catch {
      // Anyone who looks at a page learns from it that the server is away.
    }
    if (active.length > 0) timer = setTimeout(() => void jobs.look(), LOOK);
  },
  started(job: Job): void {
    own.add(job.id);
    active = [job, ...active];
    void jobs.look();
  },
  async stop({ id: jobId }: Job): Promise<void> {
    problem = "";
    try {
      await api((a) => a.DELETE("/v1/jobs/{jobId}", { params: { path: { jobId } } }));
    } catch (error) {
      problem = messageOf(error);
    }
    await jobs.look();
  },
};

function ended({ id, kind, state, changed, skipped }: Job): void {
  if (!own.delete(id)) return;
  const left = skippedText(skipped);
  const text =
    state === "stopped" ? t("job.stopped", { n: changed }) : t(`done.many.${kind}`, { n: changed });
  toasts.done(text, left ? { detail: left } : {});
}

/** Why some were left out: "3: It is succeeded"; empty where none was. */
export const skippedText = (skipped: Record<string, number>): string => {
  const reasons = Object.entries(skipped);
  const n = reasons.reduce((sum, [, count]) => sum + count, 0);
  return n === 0 ? "" : `${t("bulk.skipped", { n })} ${reasons.map(([reason]) => reason).join("; ")}`;
};
