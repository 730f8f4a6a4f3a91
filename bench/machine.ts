/** What a result was measured on. */
import os from "node:os";
import type { Result } from "./result.ts";

export const machine = (): Result["machine"] => ({
  cpu: os.cpus()[0]?.model.trim() ?? "unknown",
  cores: os.availableParallelism(),
  memoryGiB: Math.round(os.totalmem() / 2 ** 30),
  node: process.version,
  kernel: os.release(),
});
