/** `help`: of all commands, and of one. */
import { type Command, usageOf } from "./command.ts";
import { COMMANDS } from "./commands/index.ts";
import { type Paint, zoneName } from "./paint.ts";

/** What is no {@link Command}: the prompt's own. */
export const OWN_WORDS: [usage: string, summary: string][] = [
  ["help [<command>]", "this, or a command with its options and examples"],
  ["mol <command>", "Moleculer's own commands, which may do anything: mol help, mol services, mol call …"],
  ["exit", "leaves; Ctrl-D does the same"],
];

export function helpOnAll(paint: Paint): string {
  const rows = [...COMMANDS.map((one): [string, string] => [usageOf(one), one.summary]), ...OWN_WORDS];
  const notes = [
    "Words with blanks stand in quotes. Tab completes.",
    `Times are those of ${zoneName()}. What changes something is in the audit log.`,
  ];
  return `${paint.fields(rows)}\n\n${notes.join("\n")}`;
}

export function helpOn(command: Command, paint: Paint): string {
  const { summary, about = [], options, examples } = command;
  const parts = [`${paint.style("bold", usageOf(command))}\n${[summary, ...about].join("\n")}`];
  const rows = Object.entries(options).map(([name, { value, help }]): [string, string] => [
    ["  --", name, value ? ` ${value}` : ""].join(""),
    help,
  ]);
  if (rows.length > 0) parts.push(paint.fields(rows));
  parts.push(["Examples:", ...examples.map((example) => `  ${example}`)].join("\n"));
  return parts.join("\n\n");
}
