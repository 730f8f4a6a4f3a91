/** All commands, in the order in which help lists them. */
import type { Command } from "../command.ts";
import { cancel, resolve, retry } from "./change.ts";
import { destinations, pause, resume } from "./destinations.ts";
import { drain, nodes, undrain } from "./nodes.ts";
import { queue } from "./queue.ts";
import { more, task, tasks } from "./tasks.ts";

export const COMMANDS: Command[] = [
  ...[tasks, more, task, retry, cancel, resolve],
  ...[queue, destinations, pause, resume, nodes, drain, undrain],
];
