/** The parent's side of the receiver process: its ledger, as it grows. */
import { spawn } from "node:child_process";
import { boundToUs, endWithUs } from "../../servers/process.ts";

/** One call that arrived. Times are ms since the epoch on the receiver's clock, which no fault touches. */
export interface LedgerCall {
  id: number;
  taskId: string;
  /** As `bida-attempt` said. */
  attempt: number;
  path: string;
  at: number;
  /** When the answer went out, or the connection was closed; null while it is under way. */
  endedAt: number | null;
  /** The status answered; null where none was. */
  status: number | null;
}

export type FromReceiver =
  | { type: "ready"; origins: string[] }
  | { type: "call"; call: LedgerCall }
  | { type: "pong"; ping: number };

export type ToReceiver = { ping: number } | { gated: boolean };

export interface FarSide {
  readonly origins: string[];
  readonly ledger: Ledger;
  /** Resolves when the receiver's process, and then this one, had a turn. */
  ping(): Promise<void>;
  /** Closes, or opens, the gate: `gated` calls that come while it is closed are never answered. */
  gate(closed: boolean): Promise<void>;
  stop(): Promise<void>;
}

/** What the receiver has seen, by task, in order of arrival. */
export class Ledger {
  readonly #calls = new Map<number, LedgerCall>();
  readonly #byTask = new Map<string, LedgerCall[]>();

  /** Takes a line, or a later state of one. */
  put(call: LedgerCall): void {
    const known = this.#calls.get(call.id);
    if (known) {
      Object.assign(known, call);
      return;
    }
    this.#calls.set(call.id, call);
    const calls = this.#byTask.get(call.taskId) ?? [];
    calls.push(call);
    this.#byTask.set(call.taskId, calls);
  }

  get size(): number {
    return this.#calls.size;
  }

  calls(taskId: string): LedgerCall[] {
    return this.#byTask.get(taskId) ?? [];
  }

  tasks(): IterableIterator<[string, LedgerCall[]]> {
    return this.#byTask.entries();
  }
}

/** Starts the receiver with `origins` addresses. */
export async function startFarSide(origins: number): Promise<FarSide> {
  const file = new URL("receiver-process.ts", import.meta.url).pathname;
  const child = spawn(...boundToUs(process.execPath, [file, String(origins)]), {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const ended = endWithUs(child);
  const ledger = new Ledger();
  const pings = new Map<number, () => void>();
  let pinged = 0;
  const ready = Promise.withResolvers<string[]>();
  child.on("message", (message: FromReceiver) => {
    if (message.type === "call") ledger.put(message.call);
    else if (message.type === "pong") pings.get(message.ping)?.();
    else ready.resolve(message.origins);
  });
  ended.then((how) => ready.reject(new Error(`the receiver ended: ${how}`)));
  const tell = (message: ToReceiver) => child.send(message);
  const ping = async () => {
    const number = ++pinged;
    await new Promise<void>((resolve) => {
      pings.set(number, resolve);
      tell({ ping: number });
    });
    pings.delete(number);
  };
  return {
    origins: await ready.promise,
    ledger,
    ping,
    async gate(closed) {
      tell({ gated: closed });
      await ping();
    },
    async stop() {
      child.disconnect();
      await ended;
    },
  };
}
