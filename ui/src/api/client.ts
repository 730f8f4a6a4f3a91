/** The one way to the server: typed by `paths`, with errors as {@link ApiError}, and a session that can be renewed. */
import createClient from "openapi-fetch";
import { ApiError, problemOf } from "./problem.ts";
import { timeLimitOf } from "./time-limit.ts";
import type { paths } from "./types.ts";

const client = createClient<paths>({
  baseUrl: "",
  credentials: "same-origin",
  // Tells the server not to answer 401 with a challenge, for which the browser would open its own dialog.
  headers: { "x-requested-with": "bida-ui" },
  querySerializer: { array: { style: "form", explode: true } },
  fetch: (request) => {
    const limit = AbortSignal.timeout(timeLimitOf(new URL(request.url).pathname));
    return fetch(request, { signal: AbortSignal.any([request.signal, limit]) });
  },
});

interface Hooks {
  /** Resolves once there is a session again; rejects where the user gives up. */
  reauthenticate(): Promise<void>;
  answered(serverNow: number | null): void;
  /** There was no answer, or one that says that the server cannot just now. */
  doubtful(): void;
  /** Another object after each change of user. */
  era(): object;
}
let hooks: Hooks = {
  ...{ reauthenticate: () => Promise.reject(), answered() {}, doubtful() {} },
  era: () => hooks,
};
export function setHooks(given: Hooks): void {
  hooks = given;
}

type Answer<T> = { data?: T; error?: unknown; response: Response };

/**
 * Runs a request and returns its data. With an expired session it waits until the user has logged in again, and then
 * runs once more: nothing that was typed is lost. What comes after the user has changed is for nobody.
 * @throws ApiError
 */
export async function api<T>(
  run: (api: typeof client) => Promise<Answer<T>>,
  options: { login?: boolean } = {},
): Promise<T> {
  if (options.login) return take(await attempt(run));
  const era = hooks.era();
  const ours = (answer: Answer<T>) => {
    if (era !== hooks.era()) throw new ApiError(401, "unauthorized", "The user has changed");
    return answer;
  };
  const answer = ours(await attempt(run));
  if (answer.response.status !== 401) return take(answer);
  await hooks.reauthenticate();
  return take(ours(await attempt(run)));
}

async function attempt<T>(run: (api: typeof client) => Promise<Answer<T>>): Promise<Answer<T>> {
  try {
    const answer = await run(client);
    const date = answer.response.headers.get("date");
    if (answer.response.status < 502) hooks.answered(date ? Date.parse(date) : null);
    return answer;
  } catch (error) {
    if ((error as Error).name === "AbortError") throw error;
    const failure = new ApiError(0, "unreachable", (error as Error).message);
    hooks.doubtful();
    throw failure;
  }
}

function take<T>({ data, error, response }: Answer<T>): T {
  if (response.ok) return data as T;
  const failure = problemOf(response.status, error);
  if (failure.temporary) hooks.doubtful();
  throw failure;
}
