/** Tasks and attempts as callers see them, and what lists of them may be asked for. Times are ISO 8601. */
import type { Expectation } from "./expect.ts";
import type { ResponseEncoding } from "./outcome.ts";
import type { CallPhases } from "./phases.ts";
import type { Profile } from "./profile.ts";
import type { RetryPolicy, StatusClass } from "./retry.ts";
import type { Method, TaskState } from "./task.ts";

/** One task. */
export interface TaskView {
  taskId: string;
  state: TaskState;
  url: string;
  /** The URL that is called, where it is another: placeholders filled, the query added, secrets masked. Null: it is `url`, or not known. */
  calledUrl: string | null;
  requestMethod: Method;
  requestParam: Record<string, unknown> | null;
  body: string | null;
  bodyBase64: string | null;
  contentType: string | null;
  headers: Record<string, string> | null;
  expectResult: string | null;
  expect: Expectation | null;
  callCount: number;
  limitCallCount: number;
  /** Null where it cannot be read: the task is corrupt. */
  retry: RetryPolicy | null;
  timeoutMs: number;
  nextCallAt: string | null;
  expiresAt: string | null;
  sourceAppName: string | null;
  targetAppName: string | null;
  orderKey: string | null;
  /** What its app calls it by, taken out of its payload (`businessKeyPath` of the app). */
  businessKey: string | null;
  /** Rules by which its target is called, of tasks that came as kkbida's users hand them over; null: v1's. */
  profile: Profile | null;
  /**
   * Of a pending task whose turn has not come: the unfinished task of the same `orderKey` that is to be delivered now.
   * Otherwise null. Lists leave it out.
   */
  heldBy?: string | null;
  /** The task that this one is a copy of (`/resend`); null where it is none. Lists leave it out. */
  resendOf?: string | null;
  /** Copies of this task, the newest first, at most 20. Lists leave them out. */
  resentAs?: string[];
  /** Name of the app whose key handed it over, also of one that is deleted; null: a user did, or kkbida's endpoint. */
  app: string | null;
  /**
   * The copy, or copy of a copy, that has succeeded or is still open: jobs over many tasks leave this task alone because of it.
   * Null where there is none. Lists leave it out.
   */
  replacedBy?: { taskId: string; state: "succeeded" | "pending" } | null;
  /** Of a copy: its original is resolved once it succeeds. Lists leave it out. */
  resolvesOriginal?: boolean;
  /**
   * Of a pending task: when its calls come, the next one first, if each fails as it is called. Earlier than that none comes;
   * jitter and what calls take make it later. Lists leave them out.
   */
  plannedCalls?: string[];
  sourceIp: string | null;
  lastError: { code: string; message: string } | null;
  createdAt: string;
  updatedAt: string;
  finishedAt: string | null;
}

/** What a task sends, and what its answer is judged by: of any size. */
export type PayloadField = "requestParam" | "body" | "bodyBase64" | "headers" | "expectResult" | "expect";

/** A task in a list: with its payload only where the list was asked for it (`include`). */
export type TaskItem = Omit<TaskView, PayloadField> & Partial<Pick<TaskView, PayloadField>>;

/** One call that was made. */
export interface AttemptView {
  n: number;
  startedAt: string;
  durationMs: number;
  outcome: "succeeded" | "failed";
  statusCode: number | null;
  errorCode: string | null;
  errorMessage: string | null;
  responseHeaders: Record<string, string | string[]> | null;
  responseBody: string | null;
  /** `base64`: its bytes are no text in the answer's charset, or could not be decoded. */
  responseEncoding: ResponseEncoding;
  responseTruncated: boolean;
  node: string;
  /** Where its time went; null where that was not measured. */
  phases: CallPhases | null;
}

/** A call in the list of all calls: without what was answered. */
export interface AttemptItem
  extends Omit<AttemptView, "responseHeaders" | "responseBody" | "responseEncoding" | "responseTruncated"> {
  taskId: string;
  url: string;
  /** As {@link TaskView} has it. */
  calledUrl: string | null;
  requestMethod: Method;
  sourceAppName: string | null;
  targetAppName: string | null;
  /** As the row has it: `pending` also while it is being delivered. */
  taskState: TaskState;
  /** With `include: "response"`: the first 200 characters of what was answered; null where that is nothing, or no text. */
  responseStart?: string | null;
}

/** What finds tasks, in lists, exports and work on many; all that are given must hold. */
export interface TaskFilterQuery {
  state?: TaskState[];
  sourceAppName?: string;
  targetAppName?: string;
  /** Name of the app whose key handed them over. */
  app?: string;
  /** Part of the URL that is called: with its placeholders filled. */
  url?: string;
  /** The origin that is called, `https://host:port`. */
  destination?: string;
  /** Part of the payload (`requestParam` as JSON text, or `body`). */
  q?: string;
  /** Why the last call failed, or the task ended: one of these. */
  errorCode?: string[];
  /** The status of the last answer: one of these codes, or classes such as `5xx`. */
  status?: (number | StatusClass)[];
  orderKey?: string;
  businessKey?: string;
  /** Tasks of this incident. */
  incident?: number;
  /** ISO 8601; the ends are excluded. */
  createdFrom?: string;
  createdTo?: string;
  finishedFrom?: string;
  finishedTo?: string;
}

/** `GET /v1/tasks` and `admin.list`. */
export interface TaskQuery extends TaskFilterQuery {
  /** `created`: newest first, the default. `due`: pending tasks, the one that is due first on top. */
  sort?: "created" | "due";
  /** Also the fields of {@link PayloadField}. Pages are cut at about 4 MiB then, and may hold fewer than `limit`. */
  include?: "payload";
  /** 1…200, default 50. */
  limit?: number;
  cursor?: string;
}

/** `GET /v1/tasks/{taskId}/neighbours` and `admin.neighbours`: the list that the task is looked for in. */
export type NeighbourQuery = Omit<TaskQuery, "include" | "limit" | "cursor"> & { taskId: string };

/** The tasks beside one in a list, by the ids of those that are there now. */
export interface Neighbours {
  /** Above it; null: none. */
  previous: string | null;
  /** Below it; null: none. */
  next: string | null;
  /** False: the filters fit few tasks, and not all were looked at; what is null may be there. */
  complete: boolean;
}

/** `GET /v1/tasks/{taskId}/attempts` and `scheduler.attempts`. */
export interface TaskAttemptsQuery {
  taskId: string;
  /** What stands first, default `oldest`. */
  order?: "oldest" | "newest";
  /** 1…200, default 50. A page is cut at about 4 MiB, and may hold fewer. */
  limit?: number;
  cursor?: string;
}

/** `GET /v1/attempts` and `admin.attempts`. */
export interface AttemptQuery {
  outcome?: "succeeded" | "failed";
  /** The status that was answered. */
  status?: number;
  errorCode?: string;
  /** An origin, `https://host:port`. */
  destination?: string;
  taskId?: string;
  /** ISO 8601, of the call's start. */
  from?: string;
  to?: string;
  /** Asks for the beginning of each answer too. */
  include?: "response";
  /** 1…200, default 50. */
  limit?: number;
  cursor?: string;
}
