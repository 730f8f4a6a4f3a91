// Preloaded into a dispatcher (NODE_OPTIONS=--import, threads included): on SIGUSR2 one of its worker threads fails in
// the way that the file CHAOS_COMMAND says: "throw" (an exception that nobody catches) or "memory" (its heap runs full).
import { readFileSync } from "node:fs";
import { BroadcastChannel, isMainThread } from "node:worker_threads";

const channel = new BroadcastChannel("chaos");
channel.unref();

if (isMainThread) {
  process.on("SIGUSR2", () => channel.postMessage(readFileSync(process.env.CHAOS_COMMAND, "utf8")));
} else {
  channel.onmessage = ({ data }) => {
    if (data === "throw") {
      setImmediate(() => {
        throw new Error("thrown by the test");
      });
    }
    if (data === "memory") {
      // A little in each turn: V8 has some MiB in reserve to end a thread in order. A thread that needs more takes the process along.
      const kept = [];
      const more = () => {
        for (let i = 0; i < 20; i++) kept.push(new Array(10_000).fill(kept.length));
        setImmediate(more);
      };
      more();
    }
  };
}
