/** Every command of `bida`, in the order in which help lists them. */
import type { Command } from "../../services/repl/command.ts";
import { COMMANDS } from "../../services/repl/commands/index.ts";
import { check } from "./check.ts";
import { bench, importKkbida } from "./checkout.ts";
import { complete, completion } from "./completion.ts";
import { doctor } from "./doctor.ts";
import { listen } from "./listen.ts";
import { migrate } from "./migrate.ts";
import { repl } from "./repl.ts";
import { reseal } from "./reseal.ts";
import { start } from "./start.ts";

/** What asks a Bida that runs. */
const ASKING = COMMANDS.filter(({ only }) => only !== "prompt");

export const EVERY_COMMAND: Command[] = [
  ...[start, check, doctor, migrate, reseal, listen],
  ...ASKING,
  ...[importKkbida, repl, bench, completion],
  complete(() => EVERY_COMMAND.filter(({ hidden }) => !hidden)),
];
