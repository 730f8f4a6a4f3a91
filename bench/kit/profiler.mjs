// Preloaded into a process and its threads (`NODE_OPTIONS=--import`): takes a CPU profile from when the file `start` appears in
// BENCH_PROFILE_DIR until `stop` does. `--cpu-prof` would include the start, and is lost where a thread is terminated.
import { existsSync, writeFileSync } from "node:fs";
import { Session } from "node:inspector";
import { threadId } from "node:worker_threads";

const folder = process.env.BENCH_PROFILE_DIR;
const session = new Session();
let running = false;
const timer = setInterval(() => {
  if (!running && existsSync(`${folder}/start`)) {
    running = true;
    session.connect();
    session.post("Profiler.enable");
    session.post("Profiler.setSamplingInterval", { interval: 500 });
    session.post("Profiler.start");
  } else if (running && existsSync(`${folder}/stop`)) {
    clearInterval(timer);
    session.post("Profiler.stop", (error, result) => {
      if (!error)
        writeFileSync(`${folder}/${process.pid}-${threadId}.cpuprofile`, JSON.stringify(result.profile));
    });
  }
}, 50);
timer.unref();
