/** Every command of `bida`, in the order in which help lists them. */
import type { Command } from "../../services/repl/command.ts";
import { COMMANDS } from "../../services/repl/commands/index.ts";
import { check } from "./check.ts";
import { doctor } from "./doctor.ts";
import { migrate } from "./migrate.ts";
import { repl } from "./repl.ts";

/** What asks a Bida that runs. */
const ASKING = COMMANDS.filter(({ only }) => only !== "prompt");

export const EVERY_COMMAND: Command[] = [check, doctor, migrate, repl, ...ASKING];
