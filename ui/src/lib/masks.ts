/** Whether something of a task or an attempt is masked: then there is something to reveal. */
import { MASK } from "../../../core/alarm/mask.ts";
import type { Attempt, Task } from "../api/types.ts";

export const isTaskMasked = ({ url, headers, requestParam }: Task): boolean =>
  url.includes(MASK) ||
  Object.values(headers ?? {}).includes(MASK) ||
  (requestParam?.includes(`"${MASK}"`) ?? false);

export const isAnswerMasked = ({ responseHeaders }: Attempt): boolean =>
  Object.values(responseHeaders ?? {})
    .flat()
    .includes(MASK);
