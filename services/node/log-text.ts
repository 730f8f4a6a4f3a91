/** A line of the log for people: time, level, what happened, and the rest as `name=value`. */
import { styleText } from "node:util";

const LEVELS: Record<string, { label: string; style: Parameters<typeof styleText>[0] }> = {
  trace: { label: "trace", style: "dim" },
  debug: { label: "debug", style: "dim" },
  info: { label: "info ", style: "green" },
  warn: { label: "warn ", style: "yellow" },
  error: { label: "error", style: "red" },
  fatal: { label: "fatal", style: "red" },
};

/** What says who logs: at a terminal there is one node, and its modules are of no interest. */
const LEFT_OUT = new Set(["time", "level", "msg", "nodeID", "mod", "svc", "ver"]);

/**
 * @param line JSON, as pino writes it; anything else is left as it is
 * @param colours whether escape sequences may stand in it
 */
export function readableLine(line: string, colours: boolean): string {
  const record = recordIn(line);
  if (record === null) return line;
  const { time, level = "info", msg = "" } = record as { time?: string; level?: string; msg?: string };
  const { label, style } = LEVELS[level] ?? { label: level, style: "dim" as const };
  const painted = (how: typeof style, text: string) =>
    colours ? styleText(how, text, { validateStream: false }) : text;
  const rest = Object.entries(record).filter(([name]) => !LEFT_OUT.has(name));
  const details = rest.filter(([name]) => name !== "err" || typeof record.err === "string").map(pairOf);
  const head = `${painted("dim", clockOf(time))} ${painted(style, label)} ${msg}`;
  const parts = details.length === 0 ? head : `${head}  ${painted("dim", details.join(" "))}`;
  return `${parts}${errorOf(record.err)}\n`;
}

/** Of the local zone. */
function clockOf(time: string | undefined): string {
  const at = new Date(time ?? Number.NaN);
  if (Number.isNaN(at.getTime())) return "--:--:--";
  const two = (n: number) => String(n).padStart(2, "0");
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

function pairOf([name, value]: [string, unknown]): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return `${name}=${/[\s="]/.test(text) || text === "" ? JSON.stringify(text) : text}`;
}

/** An error's message and stack, in lines below. */
function errorOf(error: unknown): string {
  if (typeof error !== "object" || error === null) return "";
  const { type, message, stack, cause } = error as Record<string, unknown>;
  const lines = [`\n      ${[type, message].filter(Boolean).join(": ")}`];
  if (typeof stack === "string" && stack !== "")
    lines.push(...stack.split("\n").map((at) => `      ${at.trim()}`));
  return lines.join("\n") + (cause ? errorOf(cause) : "");
}

function recordIn(line: string): Record<string, unknown> | null {
  try {
    const record = JSON.parse(line) as unknown;
    return typeof record === "object" && record !== null ? (record as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
