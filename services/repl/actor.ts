/** Who sits at the REPL, for the audit log: the operating system's user. */
import os from "node:os";
import type { Middleware } from "moleculer";
import type { Actor } from "../../core/caller.ts";

export const operator = (): Actor => ({ kind: "repl", id: null, name: userName(), role: null });

/** It fails for an id that the system has no name for, as in some containers. */
function userName(): string {
  try {
    return os.userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? "unknown"}`;
  }
}

/** For a broker of the REPL's own: whatever it calls, by `mol call` too, is called by `actor`, and fails without a stack. */
export const callsAs = (actor: Actor): Middleware =>
  ({
    name: "CallsAs",
    call: (next: Call) =>
      async function as(this: unknown, action: string, params: unknown, options: { meta?: object } = {}) {
        try {
          return await next.call(this, action, params, { ...options, meta: { ...options.meta, actor } });
        } catch (error) {
          const { name, message } = error as Error;
          throw Object.assign(error as Error, { stack: `${name}: ${message}` });
        }
      },
  }) as unknown as Middleware;

type Call = (action: string, params: unknown, options: { meta?: object }) => Promise<unknown>;
