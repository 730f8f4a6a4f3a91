/** The folder of `BIDA_DATA_DIR`. */
import { accessSync, constants, existsSync, mkdirSync, statSync } from "node:fs";
import path from "node:path";
import { ConfigError } from "../core/config.ts";

/** Makes it where there is none, for this user alone. @throws ConfigError where it cannot be made, or written to */
export function makeDataDir(dataDir: string): void {
  try {
    make(path.resolve(dataDir));
    accessSync(dataDir, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new ConfigError(
      `BIDA_DATA_DIR: the folder cannot be used: ${(error as Error).message}; set another one`,
    );
  }
}

/** Not by Node's `recursive`: below a folder that takes none (`/proc`) it tries for ever. */
function make(folder: string): void {
  const parent = path.dirname(folder);
  if (!existsSync(parent)) make(parent);
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
}
