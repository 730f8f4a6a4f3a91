/** Libraries that are put before the C library of a program, to have its system calls fail or lie. Needs a C compiler. */
import { spawnSync } from "node:child_process";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { findBinary } from "./binaries.ts";
import { temporaryFolder } from "./server.ts";

/** Builds one from its source. @returns its path, for LD_PRELOAD; null where this machine has no compiler, or no such linker */
export function buildPreload(source: URL): string | null {
  const compiler = findBinary("cc", "gcc", "clang");
  if (process.platform !== "linux" || compiler === undefined) return null;
  const library = join(temporaryFolder("preload"), `${basename(source.pathname, ".c")}.so`);
  const args = ["-shared", "-fPIC", "-O2", "-o", library, fileURLToPath(source)];
  return spawnSync(compiler, args, { timeout: 30_000 }).status === 0 ? library : null;
}
