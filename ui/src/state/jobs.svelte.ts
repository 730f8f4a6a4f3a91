/** Work over many tasks that the server does in the background: how far it is, no matter who started it. */
import { api } from "../api/client.ts";
import type { Job, JobState } from "../api/types.ts";
import { t } from "../lib/i18n.svelte.ts";
import { reasonText } from "../lib/problem-text.ts";
import { belongings } from "./belongings.ts";
import { confirm } from "./confirm.svelte.ts";
import { toasts } from "./toasts.svelte.ts";

/** While one is at work, in ms; and while those that there are wait for somebody. */
const LOOK = 700;
const LOOK_AT_PAUSED = 5_000;
/** The longest pause after they could not be had several times in a row, in ms. */
const LONGEST = 30_000;
const SHOWN = 20;
/** Those that have not ended. */
const OPEN: JobState[] = ["waiting", "running", "paused"];

let active = $state.raw<Job[]>([]);
/** Those that were started here: their end is told. */
const own = new Set<string>();
/** How often in a row they could not be had. */
let failures = 0;
let timer: ReturnType<typeof setTimeout> | undefined;

belongings.register(() => {
  clearTimeout(timer);
  active = [];
  own.clear();
});

export const jobs = {
  /** Those that are not done, the newest first. */
  get active() {
    return active;
  },
  /** It was at work, and is not any more. Where there are more than are looked at, nobody knows. */
  hasEnded({ id }: Job): boolean {
    return active.length < SHOWN && !active.some((job) => job.id === id);
  },
  /** Asks once; again only while one is under way. */
  async look(): Promise<void> {
    clearTimeout(timer);
    try {
      const query = { limit: SHOWN, state: OPEN };
      active = (await api((a) => a.GET("/v1/jobs", { params: { query } }))).items;
      for (const jobId of [...own].filter((id) => !active.some((job) => job.id === id)))
        ended(await api((a) => a.GET("/v1/jobs/{jobId}", { params: { path: { jobId } } })));
      failures = 0;
    } catch {
      failures++;
      // Anyone who looks at a page learns from it that the server is away.
    }
    const isAtWork = active.some(({ state }) => state !== "paused");
    const pause = Math.min((isAtWork ? LOOK : LOOK_AT_PAUSED) * 2 ** failures, LONGEST);
    clearTimeout(timer);
    if (active.length > 0) timer = setTimeout(() => void jobs.look(), pause);
  },
  started(job: Job): void {
    own.add(job.id);
    active = [job, ...active];
    void jobs.look();
  },
  /** Asks, and stops this one, whatever became of others meanwhile. @throws ApiError */
  async stop({ id: jobId, kind, matched, by }: Job): Promise<void> {
    const which = t("job.stop.which", { kind: t(`job.kind.${kind}`), n: matched, by: by.name });
    const answer = await confirm({
      ...{ title: t("job.stop.title"), text: `${which} ${t("job.stop.text")}`, action: t("job.stop") },
      ...{ danger: true, note: true },
    });
    if (!answer) return;
    const body = answer.note ? { note: answer.note } : {};
    const { changed } = await api((a) => a.DELETE("/v1/jobs/{jobId}", { params: { path: { jobId } }, body }));
    // Of its own the end is told anyhow.
    if (!own.has(jobId)) toasts.done(t("job.stopped", { n: changed }));
    await jobs.look();
  },
};

function ended({ id, kind, state, changed, skipped }: Job): void {
  // More than are looked at have not ended.
  if (OPEN.includes(state) || !own.delete(id)) return;
  const left = skippedText(skipped);
  const text =
    state === "stopped" ? t("job.stopped", { n: changed }) : t(`done.many.${kind}`, { n: changed });
  toasts.done(text, {
    ...(left && { detail: left }),
    link: { href: `/jobs/${id}`, text: t("job.watch") },
  });
}

/** Why some were left out: "3: It is succeeded"; empty where none was. */
export const skippedText = (skipped: Record<string, number>): string => {
  const reasons = Object.entries(skipped);
  const n = reasons.reduce((sum, [, count]) => sum + count, 0);
  return n === 0
    ? ""
    : `${t("bulk.skipped", { n })} ${reasons.map(([reason]) => reasonText(reason)).join(" ")}`;
};
