// Preloaded into a node (NODE_OPTIONS=--import, threads included): every CHAOS_SAMPLE_MS a line goes to the file
// CHAOS_SAMPLES: memory of the process in bytes, event-loop delay of this thread in ms since the line before.
import { appendFileSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { threadId } from "node:worker_threads";

const delay = monitorEventLoopDelay({ resolution: 10 });
delay.enable();
// Preloaded before shift-clock.mjs: the machine's own time.
const now = Date.now;
const sample = () => {
  const { rss, heapUsed } = process.memoryUsage();
  const ms = (ns) => Math.round(ns / 1e4) / 100;
  const line = { at: now(), threadId, rss, heapUsed, p99: ms(delay.percentile(99)), max: ms(delay.max) };
  delay.reset();
  try {
    appendFileSync(process.env.CHAOS_SAMPLES, `${JSON.stringify(line)}\n`);
  } catch {
    // The folder is gone: the run is over.
  }
};
setInterval(sample, Number(process.env.CHAOS_SAMPLE_MS ?? 5_000)).unref();
