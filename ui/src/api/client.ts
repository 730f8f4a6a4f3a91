/** The one way to the server: typed by `paths`, with errors as {@link ApiError}, and a session that can be renewed. */
import createClient from "openapi-fetch";
import { ApiError, problemOf } from "./problem.ts";
import type { paths } from "./types.ts";

/** Longer than this and the server counts as unreachable, in ms. */
const TIMEOUT = 20_000;

const client = createClient<paths>({
  baseUrl: "",
  credentials: "same-origin",
  // Tells the server not to answer 401 with a challenge, for which the browser would open its own dialog.
  headers: { "x-requested-with": "bida-ui" },
  querySerializer: { array: { style: "form", explode: true } },
  fetch: (request) =>
    fetch(request, { signal: AbortSignal.any([request.signal, AbortSignal.timeout(TIMEOUT)]) }),
});

interface Hooks {
  /** Resolves once there is a session again; rejects where the user gives up. */
  reauthenticate(): Promise<void>;
  answered(serverNow: number | null): void;
  unreachable(error: ApiError): void;
}
let hooks: Hooks = { reauthenticate: () => Promise.reject(), answered() {}, unreachable() {} };
export function setHooks(given: Hooks): void {
  hooks = given;
}

type Answer<T> = { data?: T; error?: unknown; response: Response };

/**
 * Runs a request and returns its data. With an expired session it waits until the user has logged in again, and then
 * runs once more: nothing that was typed is lost.
 * @throws ApiError
 */
export async function api<T>(
  run: (api: typeof client) => Promise<Answer<T>>,
  options: { login?: boolean } = {},
): Promise<T> {
  const answer = await attempt(run);
  if (answer.response.status === 401 && !options.login) {
    await hooks.reauthenticate();
    return take(await attempt(run));
  }
  return take(answer);
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
    hooks.unreachable(failure);
    throw failure;
  }
}

function take<T>({ data, error, response }: Answer<T>): T {
  if (response.ok) return data as T;
  const failure = problemOf(response.status, error);
  if (failure.temporary) hooks.unreachable(failure);
  throw failure;
}
