/** Ends tasks that cannot be called or recorded (`store/set-aside.ts`), each by itself, and tells who must hear of it. */
import type { Logger } from "moleculer";
import { BidaError } from "../../core/errors.ts";
import type { TaskId } from "../../core/ids.ts";
import { reasonOf } from "../../store/failures.ts";
import { setAside, withoutState } from "../../store/set-aside.ts";
import type { Resources } from "../node/resources.ts";
import { letGo } from "../tasks/tasks.ts";

/** Tasks without a state that are looked for at once. */
const LOOK = 100;

/**
 * @param why as {@link setAside} takes it
 * @returns those that are open still, because the database refuses this too
 * @throws BidaError unavailable
 */
export async function setAsideEach(
  resources: Resources,
  log: Logger,
  ids: TaskId[],
  why?: ReadonlyMap<TaskId, string>,
): Promise<Set<TaskId>> {
  const { db, clock, teller } = resources;
  const failed = new Set<TaskId>();
  for (const taskId of ids) {
    try {
      const { changes, released } = await setAside(db, [taskId], clock.now(), why);
      for (const { after } of changes) {
        const { corrupt: columns, lastError } = after;
        const meanwhile = "it is exhausted, with an alarm; all others go on";
        log.error({ taskId, columns, err: lastError?.message, meanwhile }, "a task is corrupt and set aside");
      }
      teller.tell({ type: "task.exhausted", tasks: changes.map(({ after }) => after) });
      await letGo(resources, released);
    } catch (error) {
      if (error instanceof BidaError) throw error;
      failed.add(taskId);
      const meanwhile = "it waits; all others go on";
      log.error({ taskId, err: reasonOf(error), meanwhile }, "a corrupt task cannot be set aside");
    }
  }
  return failed;
}

/** Sets aside tasks whose state cannot be read: the due set never gets them. @throws BidaError unavailable */
export async function setAsideStateless(resources: Resources, log: Logger): Promise<void> {
  await setAsideEach(resources, log, await withoutState(resources.db, LOOK));
}
