/** What commands work with, at a prompt or in a program of their own. */
import { once } from "node:events";
import type { Session } from "./command.ts";
import { Paint } from "./paint.ts";

/** @param link opens the way to Bida; it is asked once */
export function sessionWith(link: Session["link"], more: Partial<Session> = {}): Session {
  let opened: ReturnType<typeof link> | null = null;
  const write = async (chunk: string | Uint8Array): Promise<void> => {
    if (!process.stdout.write(chunk)) await once(process.stdout, "drain");
  };
  return {
    link() {
      opened ??= link();
      return opened;
    },
    paint: new Paint(process.stdout),
    remote: false,
    atPrompt: false,
    json: false,
    more: null,
    signal: new AbortController().signal,
    endsItself: false,
    print: (line) => write(`${line}\n`),
    write,
    ...more,
  };
}
