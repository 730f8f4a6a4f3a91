/** The prompt: Moleculer's REPL, whose own commands are behind `mol`, with Bida's in front. */
import type { REPLServer } from "node:repl";
import type { ServiceBroker } from "moleculer";
import startRepl from "moleculer-repl";
import { lineOf } from "./ask.ts";
import type { Session } from "./command.ts";
import { nearest } from "./mistake.ts";
import type { Paint } from "./paint.ts";
import { completed, type Ran, run } from "./run.ts";
import { wordsOf } from "./words.ts";

/**
 * Runs lines from stdin, one after another, until `exit`, Ctrl-D or the end of the input. Without a terminal there is
 * no prompt.
 * @param broker for Moleculer's own commands
 * @returns whether every line was done
 */
export function prompt(session: Session, broker: ServiceBroker): Promise<boolean> {
  const { paint } = session;
  const server = process.stdin.isTTY ? started(broker) : silently(() => started(broker));
  const moleculer = new Moleculer(server);
  let working: Promise<void> = Promise.resolve();
  let allDone = true;
  let left = false;

  const handle = async (line: string): Promise<void> => {
    const text = line.trim();
    if (text === "" || left) return;
    if (/^(mol\s+)?(exit|quit|q)$/.test(text)) {
      left = true;
      return void server.close();
    }
    const ran = /^mol(\s|$)/.test(text) ? await moleculer.run(text, paint) : await typed(session, text);
    if (ran === null) return;
    allDone &&= !ran.failed;
    console.log(ran.text);
  };

  const completer: Completer = (line, callback) => callback(null, completed(line));
  // Lines of a script arrive all at once; they are run in turn.
  const evaluate = (line: string, _context: unknown, _file: string, callback: (error: null) => void) => {
    working = working.then(() => handle(line)).catch((error: Error) => console.log(paint.bad(error.message)));
    void working.then(() => callback(null));
  };
  Object.assign(server, { eval: evaluate, completer });
  if (!process.stdin.isTTY) server.setPrompt("");

  // Moleculer's own listener stops the broker at once, in the middle of what is under way.
  server.removeAllListeners("exit");
  return new Promise((resolve) => {
    server.once("exit", () => void working.then(() => resolve(allDone)));
  });
}

type Completer = (
  line: string,
  callback: (error: null, found: [words: string[], line: string]) => void,
) => void;

const started = (broker: ServiceBroker): REPLServer =>
  startRepl(broker, { delimiter: "bida>", customCommands: null }) as unknown as REPLServer;

/** Node's REPL shows its first prompt before anybody can tell it not to. */
function silently<T>(work: () => T): T {
  const { write } = process.stdout;
  process.stdout.write = () => true;
  try {
    return work();
  } finally {
    process.stdout.write = write;
  }
}

/** Moleculer's own commands, behind the word `mol`. */
class Moleculer {
  readonly #evaluate: (line: string) => Promise<void>;
  #names: string[] = [];

  /** @param server as it was started, before anything of it is replaced */
  constructor(server: REPLServer) {
    const evaluate = server.eval.bind(server);
    this.#evaluate = (line) =>
      new Promise((resolve) => {
        evaluate(`${line}\n`, server.context, "repl", () => resolve());
      });
    const complete = server.completer as Completer;
    complete("", (_, [names]) => {
      this.#names = [...names, "help"];
    });
  }

  /** @returns null where it was passed on; Moleculer prints the answer */
  async run(text: string, paint: Paint): ReturnType<typeof typed> {
    const line = text.slice("mol".length).trim() || "help";
    const name = line.split(/\s/)[0] as string;
    if (!this.#names.includes(name)) {
      const meant = nearest(name, this.#names);
      const instead = meant ? `did you mean "mol ${meant}"?` : '"mol help" lists them';
      return { text: paint.bad(`Moleculer has no command "${name}"; ${instead}`), failed: true };
    }
    await this.#evaluate(line);
    return null;
  }
}

async function typed(session: Session, text: string): Promise<Ran | null> {
  try {
    return await run(session, wordsOf(text));
  } catch (error) {
    return { text: session.paint.bad(lineOf(error)), failed: true };
  }
}
