/** The log: lines on stdout, JSON or, at a terminal, for people. A SIGKILL may cost the last 100 ms of lines, never of tasks. */
import type { Logger, LoggerOptions } from "pino";
import { pino, stdTimeFunctions } from "pino";
import type { LogFormat } from "../../core/config.ts";
import { LogOutput } from "./log-output.ts";
import { readableLine } from "./log-text.ts";

const STDOUT = 1;

/** Makes Moleculer's loggers: one per module, with `bindings` in each line. */
export function loggers(
  level: string,
  logFormat: LogFormat,
): (level: string, bindings: Record<string, unknown>) => Logger {
  const stdout = new LogOutput(STDOUT);
  process.once("exit", () => stdout.flushSync());
  const paint = process.stdout.isTTY === true && !process.env.NO_COLOR;
  const readable = { write: (line: string) => stdout.write(readableLine(line, paint)) };
  const root = pino(format(level), logFormat === "text" ? readable : stdout);
  return (ownLevel, { ns: _, ...bindings }) => root.child(bindings, { level: ownLevel });
}

/** The node's name, in Moleculer's bindings, stands in for pid and host. */
function format(level: string): LoggerOptions {
  return {
    level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { err: serializeError },
  };
}

/**
 * An error without what a caller sent: Knex puts the statement with all its values before the driver's message, and a
 * stack begins with the message.
 */
export function serializeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { name, code, stack, cause } = error as Error & { code?: unknown };
  return {
    type: name,
    code,
    message: driverMessage(error),
    stack: stack
      ?.split("\n")
      .filter((line) => /^\s+at /.test(line))
      .join("\n"),
    ...(cause instanceof Error ? { cause: serializeError(cause) } : {}),
  };
}

function driverMessage(error: Error): string {
  const { sqlMessage, code } = error as { sqlMessage?: unknown; code?: unknown };
  if (typeof sqlMessage === "string") return sqlMessage;
  const isSql = typeof code === "string" && /^(SQLITE|ER)_/.test(code);
  return isSql ? (error.message.split(" - ").at(-1) as string) : error.message;
}
