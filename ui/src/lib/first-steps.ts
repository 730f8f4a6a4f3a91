/** How a first task is handed over, by each interface: text to copy, that works as it is. */
import { quote } from "./curl.ts";

export const INTERFACES = ["rest", "kkbida", "cli", "rpc"] as const;
export type Interface = (typeof INTERFACES)[number];

export interface First {
  /** Of this Bida, without a slash at its end. */
  base: string;
  /** What is to be called. */
  target: string;
  /** Who is logged in. */
  username: string;
}

/** Prints what it is called with, and answers `ok`: where nothing else is there to be called. */
export const RECEIVER = "npm run -s bida -- listen";
/** Where that listens. */
export const RECEIVER_URL = "http://127.0.0.1:9100/callback";

/** Where nothing else is said: {@link RECEIVER} beside a Bida on one's own machine, or else a place to fill in. */
export const targetFor = (base: string): string =>
  /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:|$)/.test(base)
    ? RECEIVER_URL
    : "https://your-service.example/callback";

const lines = (...parts: string[]): string => parts.join(" \\\n  ");

const TEXTS: Record<Interface, (first: First) => string> = {
  // curl asks for the password.
  rest: ({ base, target, username }) =>
    lines(
      `curl -u ${quote(username)} ${quote(`${base}/v1/tasks`)}`,
      "-H 'content-type: application/json'",
      `-d ${quote(JSON.stringify({ url: target, requestMethod: "GET", limitCallCount: 3 }))}`,
    ),
  kkbida: ({ base, target, username }) =>
    lines(
      `curl ${quote(`${base}/api/addTask`)}`,
      `-H ${quote(`username: ${username}`)} -H "password: $BIDA_PASSWORD"`,
      "-H 'content-type: application/json'",
      `-d ${quote(JSON.stringify({ url: target, requestMethod: "GET", limitCallCount: 3, expectResult: "ok" }))}`,
    ),
  cli: ({ base, target, username }) =>
    lines(
      `BIDA_URL=${quote(base)} BIDA_USER=${quote(username)}:"$BIDA_PASSWORD"`,
      `npm run -s bida -- send ${quote(target)} --method GET --limit 3 --wait`,
    ),
  rpc: ({ target }) => `const { taskId } = await broker.call("bida.scheduler.submit", {
  url: ${JSON.stringify(target)},
  requestMethod: "GET",
  limitCallCount: 3,
});`,
};

export const firstStep = (by: Interface, first: First): string => TEXTS[by](first);
