/** The thread that judges what may take long. Run by `judge.ts`, which ends it where it takes too long. */
import { parentPort } from "node:worker_threads";
import type { Case, FromJudge } from "./judge-protocol.ts";
import { judged } from "./judged.ts";

const port = parentPort;
if (!port) throw new Error("actors/judge-thread.ts runs as a worker thread only");

const post = (message: FromJudge): void => port.postMessage(message);

port.on("message", (one: Case) => post({ type: "verdict", error: judged(one) }));
post({ type: "ready" });
