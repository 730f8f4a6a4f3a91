/** Which app handed tasks over, by name. `sourceAppName` is what a request says; this is whose key it came with. */
import type { Database } from "../../store/database.ts";
import { namesIn } from "../../store/names.ts";

/**
 * Adds to each view of a task the name of its app.
 * @param tasks of `views`, in their order
 */
export async function withApps<T extends object>(
  db: Database,
  tasks: readonly { appId: number }[],
  views: readonly T[],
): Promise<(T & { app: string | null })[]> {
  // Users' own tasks and alarms have numbers that no app has.
  const ids = new Set(tasks.map(({ appId }) => appId).filter((id) => id > 0));
  const names = await namesIn(db, "app", [...ids]);
  return views.map((view, i) => ({ ...view, app: names.get(tasks[i]?.appId ?? 0) ?? null }));
}

/** {@link withApps} for one. */
export async function withApp<T extends object>(
  db: Database,
  task: { appId: number },
  view: T,
): Promise<T & { app: string | null }> {
  return (await withApps(db, [task], [view]))[0] as T & { app: string | null };
}
