/** Shows the tasks: a table that is redrawn on a terminal, one line per change elsewhere. */
import type { TaskView } from "../../core/contract.ts";

export interface Row {
  title: string;
  task: TaskView;
}

export type Display = (rows: Row[]) => void;

const COLOURS: Record<string, number> = { succeeded: 32, exhausted: 31, delivering: 33, pending: 36 };
/** Columns before the last one, and some for characters that take two. */
const BEFORE_ERROR = 52;
const SPARE = 4;
const CLEAR_BELOW = "\u001b[J";
const up = (lines: number) => `\u001b[${lines}A\r`;
const coloured = (state: string, text: string) => `\u001b[${COLOURS[state] ?? 0}m${text}\u001b[0m`;

export function createDisplay(out: NodeJS.WriteStream): Display {
  return out.isTTY ? table(out) : lines(out);
}

function table(out: NodeJS.WriteStream): Display {
  let drawn = 0;
  return (rows) => {
    // A line that wraps would take two, and the next drawing would begin too low.
    const room = Math.max(0, out.columns - BEFORE_ERROR - SPARE);
    const text = [headline(), ...rows.map((row) => line(row, coloured, room))].map((one) => one.trimEnd());
    out.write(`${drawn > 0 ? up(drawn) : ""}${CLEAR_BELOW}${text.join("\n")}\n`);
    drawn = text.length;
  };
}

function lines(out: NodeJS.WriteStream): Display {
  const shown = new Map<string, string>();
  const startedAt = performance.now();
  return (rows) => {
    for (const { title, task } of rows) {
      const change = `${task.state} ${task.callCount}`;
      if (shown.get(task.taskId) === change) continue;
      shown.set(task.taskId, change);
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1).padStart(4);
      out.write(`${seconds} s  ${line({ title, task }, (_, text) => text, 80).trimEnd()}\n`);
    }
  };
}

const headline = () =>
  `${"task".padEnd(25)}${"state".padEnd(12)}${"calls".padEnd(7)}${"next".padEnd(8)}last error`;

function line({ title, task }: Row, paint: (state: string, text: string) => string, room: number): string {
  const next = task.state === "pending" ? `${untilSeconds(task.nextCallAt ?? "")} s` : "";
  const error = task.lastError ? `${task.lastError.code}: ${task.lastError.message}` : "";
  const calls = `${task.callCount}/${task.limitCallCount}`;
  const state = paint(task.state, task.state.padEnd(12));
  return `${title.padEnd(25)}${state}${calls.padEnd(7)}${next.padEnd(8)}${error.slice(0, room)}`;
}

const untilSeconds = (iso: string) => (Math.max(0, Date.parse(iso) - Date.now()) / 1000).toFixed(1);
