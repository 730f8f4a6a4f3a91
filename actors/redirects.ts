/**
 * Follows redirects, where a task's profile asks for it, as Java's HTTP client did for kkbida (`HttpURLConnection.followRedirect`):
 * 300 to 303 and 307, never to another scheme, and to another origin without credentials. Every hop is a call of its own through the guarded connector, under the
 * deadline of the whole; what counts is the last answer.
 */
import { isSecret } from "../core/task-secrets.ts";
import { type CalledUrl, redirectedUrl } from "../core/url-template.ts";
import { Connections, type ConnectionsContext } from "./connections.ts";
import { type CallRequest, type CallResult, callTarget } from "./http-call.ts";

const FOLLOWED: ReadonlySet<number | null> = new Set([300, 301, 302, 303, 307]);

/**
 * @param home connections to the origin of `url`; those to other origins are closed behind the call
 * @param max hops at most: what the last of them answers is the result, also where it is a redirect
 */
export async function callFollowing(
  home: Connections,
  url: CalledUrl,
  request: CallRequest,
  max: number,
  context: ConnectionsContext,
): Promise<CallResult> {
  const until = performance.now() + request.timeoutMs;
  let at = url;
  let result = await callTarget(home, request);
  for (let hops = 0; hops < max; hops++) {
    const next = redirectOf(result, at);
    if (next === null) break;
    at = next;
    request.further?.release();
    // A timer of at least 1 ms: without time left it says so itself.
    const timeoutMs = Math.max(1, Math.ceil(until - performance.now()));
    const hop = { ...request, path: at.path, timeoutMs };
    result =
      at.origin === url.origin
        ? await callTarget(home, hop)
        : await calledOnce(at.origin, { ...hop, headers: withoutCredentials(request.headers) }, context);
  }
  return result;
}

async function calledOnce(
  origin: string,
  request: CallRequest,
  context: ConnectionsContext,
): Promise<CallResult> {
  const connections = new Connections(origin, context);
  try {
    return await callTarget(connections, { ...request, keepAlive: false });
  } finally {
    connections.destroy();
  }
}

/**
 * What is secret is for the target that the task names. Java leaves `authorization` and `cookie` out (`sameDestination`); a
 * signature, or a key under another name, is no less a credential.
 */
const withoutCredentials = (headers: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([name, value]) => !isSecret(name, value)));

/** Null where the answer is the last one. */
function redirectOf({ statusCode, headers, error }: CallResult, from: CalledUrl): CalledUrl | null {
  const location = headers?.location;
  if (error !== null || !FOLLOWED.has(statusCode) || typeof location !== "string") return null;
  try {
    const to = redirectedUrl(location, from);
    return schemeOf(to) === schemeOf(from) ? to : null;
  } catch {
    return null;
  }
}

const schemeOf = ({ origin }: CalledUrl): string => origin.slice(0, origin.indexOf(":"));
