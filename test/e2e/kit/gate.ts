/** An answer that is held back until the test lets it out. */
import type { ServerResponse } from "node:http";
import type { LiveAnswer } from "./receiver.ts";

export interface Gate {
  /** Holds the call open. */
  answer: LiveAnswer;
  /** Answers all that are held, and from now on at once. */
  open(status?: number, body?: string): void;
}

export function gate(): Gate {
  let opened: [number, string] | null = null;
  const held: ServerResponse[] = [];
  const finish = (res: ServerResponse) => opened && res.writeHead(opened[0]).end(opened[1]);
  return {
    answer: (res) => {
      if (opened) finish(res);
      else held.push(res);
    },
    open(status = 200, body = "ok") {
      opened = [status, body];
      held.splice(0).forEach(finish);
    },
  };
}
