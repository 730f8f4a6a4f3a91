/** `tasks export`: all that a filter finds, bit by bit. */
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type ExactTaskItem, printTask } from "../../../core/task-json.ts";
import { FIRST_PAGE, flat, tasksFrom, toCsv } from "../../tasks/export.ts";
import { askTasks } from "../ask.ts";
import { type Command, NOTHING, type Session, shown } from "../command.ts";
import { Mistake } from "../mistake.ts";
import { FILTERS, filterOf } from "./tasks.ts";

/** A filter that finds little makes the database look at much, in ms. */
const TIMEOUT = 60_000;

export const exportTasks: Command = {
  name: "tasks export",
  only: "shell",
  args: "",
  arity: [0, 0],
  summary: "writes all tasks that a filter finds, one per line",
  options: {
    ...FILTERS,
    format: { value: "<format>", help: "jsonl or csv (jsonl)" },
    out: { value: "<file>", help: "writes there instead of stdout" },
  },
  examples: ["tasks export --state exhausted --from 7d --format csv --out exhausted.csv"],
  async run(session, typed) {
    const format = typed.text("format") ?? "jsonl";
    if (format !== "jsonl" && format !== "csv")
      throw new Mistake(`--format must be jsonl or csv, not "${format}"`);
    const filter = filterOf(typed);
    const ask = (limit: number, cursor: string | null) =>
      askTasks(
        session,
        { ...filter, include: "payload", limit, ...(cursor === null ? {} : { cursor }) },
        { timeout: TIMEOUT },
      );
    // Before the file is made: what is refused leaves none behind.
    const first = await ask(FIRST_PAGE, null);
    const file = typed.text("out");
    const out = file === undefined ? printing(session) : await opened(file);
    let count = 0;
    const counted = async function* (tasks: AsyncIterable<ExactTaskItem>) {
      for await (const task of tasks) {
        count += 1;
        yield format === "csv" ? flat(task) : `${printTask(task)}\n`;
      }
    };
    const rows = counted(tasksFrom(first, ask));
    const { signal } = session;
    if (format === "csv") await pipeline(rows, toCsv(), out, { signal });
    else await pipeline(rows, out, { signal });
    return file === undefined ? NOTHING : shown({ file, tasks: count }, `${count} tasks are in ${file}`);
  },
};

async function opened(file: string): Promise<Writable> {
  const out = createWriteStream(file);
  try {
    await once(out, "open");
  } catch (error) {
    throw new Mistake(`--out: ${(error as Error).message}`);
  }
  return out;
}

/** Writes to where the session prints. */
const printing = (session: Session): Writable =>
  new Writable({
    decodeStrings: false,
    write(chunk: string | Uint8Array, _encoding, done) {
      session.write(chunk).then(() => done(), done);
    },
  });
