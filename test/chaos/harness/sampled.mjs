// Preloaded into a node (NODE_OPTIONS=--import, threads included): every CHAOS_SAMPLE_MS a line goes to the file
// CHAOS_SAMPLES: memory of the process and of this thread in bytes, event-loop delay of this thread in ms since the line
// before. With CHAOS_COLLECT garbage is collected first: what the thread then has is what it holds.
import { appendFileSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { threadId } from "node:worker_threads";

const delay = monitorEventLoopDelay({ resolution: 10 });
delay.enable();
// Preloaded before shift-clock.mjs: the machine's own time.
const now = Date.now;
setFlagsFromString("--expose-gc");
const collect = process.env.CHAOS_COLLECT ? runInNewContext("gc") : () => {};
const sample = () => {
  const ms = (ns) => Math.round(ns / 1e4) / 100;
  const [p99, max] = [ms(delay.percentile(99)), ms(delay.max)];
  collect();
  delay.reset();
  try {
    const { rss, heapUsed, external } = process.memoryUsage();
    const line = { at: now(), threadId, rss, held: heapUsed + external, p99, max };
    appendFileSync(process.env.CHAOS_SAMPLES, `${JSON.stringify(line)}\n`);
  } catch {
    // The folder is gone: the run is over. Or a fault lets the process open no file.
  }
};
setInterval(sample, Number(process.env.CHAOS_SAMPLE_MS ?? 5_000)).unref();
