/** Every command of `bida`, in the order in which help lists them. */
import type { Command } from "../../services/repl/command.ts";
import { COMMANDS } from "../../services/repl/commands/index.ts";
import { repl } from "./repl.ts";

const ASKING = COMMANDS.filter(({ only }) => only !== "prompt");

export const EVERY_COMMAND: Command[] = [...ASKING, repl];
