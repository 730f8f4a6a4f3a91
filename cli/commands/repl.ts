/** `bida repl`: a prompt for operators. See docs/repl.md. */
import { type Command, NOTHING } from "../../services/repl/command.ts";
import { zoneName } from "../../services/repl/paint.ts";

export const repl: Command = {
  name: "repl",
  args: "",
  arity: [0, 0],
  summary: "opens a prompt, whose commands are those of bida",
  about: ["Without a terminal it runs the lines that come from stdin, one after another."],
  options: {},
  examples: ["repl", "repl < commands.txt"],
  async run(session) {
    const { prompt } = await import("../../services/repl/prompt.ts");
    const { where, broker } = await session.link();
    if (process.stdin.isTTY)
      await session.print(`Bida: ${where}. Times are those of ${zoneName()}. "help" lists the commands.`);
    const allDone = await prompt({ ...session, atPrompt: true }, broker);
    // On a terminal a mistake was seen and is over.
    return { ...NOTHING, exit: allDone || process.stdin.isTTY ? 0 : 1 };
  },
};
