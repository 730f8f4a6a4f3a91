/** `bida completion`: scripts for shells, which ask `bida complete` for what may follow. */
import { type Command, shown } from "../../services/repl/command.ts";
import { Mistake } from "../../services/repl/mistake.ts";
import { completions } from "../../services/repl/run.ts";
import { GLOBAL_OPTIONS } from "../options.ts";

const MOST = 1_000;

const SCRIPTS: Record<string, string> = {
  bash: `_bida() {
  local IFS=$'\\n'
  COMPREPLY=($(bida complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _bida bida`,
  zsh: `#compdef bida
_bida() {
  local -a found
  found=("\${(@f)$(bida complete "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  [[ -n "$found" ]] && compadd -a found || _files
}
compdef _bida bida`,
  fish: `function __bida_complete
  set -l words (commandline -opc) (commandline -ct)
  bida complete $words[2..-1] 2>/dev/null
end
complete -c bida -f -a '(__bida_complete)'`,
};

export const completion: Command = {
  name: "completion",
  args: "<shell>",
  arity: [1, 1],
  summary: `prints a script that completes commands and options: ${Object.keys(SCRIPTS).join(", ")}`,
  about: ['bash: eval "$(bida completion bash)" · zsh: the same · fish: bida completion fish | source'],
  options: {},
  examples: ["completion bash >> ~/.bashrc", "completion fish > ~/.config/fish/completions/bida.fish"],
  async run(_, { args: [shell = ""] }) {
    const script = Object.hasOwn(SCRIPTS, shell) ? (SCRIPTS[shell] as string) : null;
    if (script === null)
      throw new Mistake(`there is no script for "${shell}"; type one of ${Object.keys(SCRIPTS).join(", ")}`);
    return shown({ shell, script }, script);
  },
};

/** For those scripts. @param commands all others */
export const complete = (commands: () => Command[]): Command => ({
  name: "complete",
  hidden: true,
  raw: true,
  args: "[<word> …]",
  arity: [0, MOST],
  summary: "prints what may stand in the place of the last word, for scripts of shells",
  options: {},
  examples: ['complete tasks ""'],
  async run(_, { args }) {
    const words = args.length === 0 ? [""] : args;
    const found = completions(commands(), words, ["help"], [...Object.keys(GLOBAL_OPTIONS), "help"]);
    return shown(found, found.join("\n"));
  },
});
