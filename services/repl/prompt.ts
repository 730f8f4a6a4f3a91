/** The prompt: Moleculer's REPL, whose own commands are behind `mol`, with Bida's in front. */
import os from "node:os";
import type { REPLServer } from "node:repl";
import startRepl from "moleculer-repl";
import type { ServiceBroker } from "moleculer";
import { lineOf } from "./ask.ts";
import type { Session } from "./command.ts";
import { Paint } from "./paint.ts";
import { completed, run } from "./run.ts";
import { wordsOf } from "./words.ts";

export const sessionOf = (broker: ServiceBroker): Session => ({
  broker,
  // `userInfo` fails for an id that the system has no name for, as in some containers.
  actor: { kind: "repl", id: null, name: userName(), role: null },
  paint: new Paint(process.stdout),
  more: null,
});

function userName(): string {
  try {
    return os.userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? "unknown"}`;
  }
}

/**
 * Runs lines from stdin, one after another, until `exit`, Ctrl-D or the end of the input. Without a terminal there is
 * no prompt.
 * @returns whether every line was done
 */
export function prompt(session: Session): Promise<boolean> {
  const { broker, paint } = session;
  const server = startRepl(broker, { delimiter: "bida>", customCommands: null }) as unknown as REPLServer;
  const molecules = server.eval.bind(server);
  let working: Promise<void> = Promise.resolve();
  let allDone = true;

  const handle = async (line: string): Promise<void> => {
    const text = line.trim();
    if (text === "") return;
    if (/^(exit|quit)$/.test(text)) return void server.close();
    const [, moleculers] = /^mol(?:\s+(.*))?$/s.exec(text) ?? [];
    if (text === "mol" || moleculers !== undefined) {
      const passed = Promise.withResolvers<void>();
      molecules(`${moleculers ?? "help"}\n`, server.context, "repl", () => passed.resolve());
      return passed.promise;
    }
    const ran = await typed(session, text);
    allDone &&= !ran.failed;
    console.log(ran.text);
  };

  // Lines of a script arrive all at once; they are run in turn.
  const evaluate = (line: string, _context: unknown, _file: string, callback: (error: null) => void) => {
    working = working.then(() => handle(line)).catch((error: Error) => console.log(paint.bad(error.message)));
    void working.then(() => callback(null));
  };
  Object.assign(server, { eval: evaluate, completer: completed });
  if (!process.stdin.isTTY) server.setPrompt("");
  else server.displayPrompt();

  // Moleculer's own listener stops the broker at once, in the middle of what is under way.
  server.removeAllListeners("exit");
  return new Promise((resolve) => {
    server.once("exit", () => void working.then(() => resolve(allDone)));
  });
}

async function typed(session: Session, text: string): ReturnType<typeof run> {
  try {
    return await run(session, wordsOf(text));
  } catch (error) {
    return { text: session.paint.bad(lineOf(error)), failed: true };
  }
}
