/** Names in the environment that look like settings of Bida, and are none. */
import { VARIABLE_NAMES } from "../../core/config.ts";
import { nearest } from "./mistake.ts";

export interface UnknownSetting {
  name: string;
  /** Null: nothing is like it. */
  meant: string | null;
}

/** Secrets may stand in a file. */
const isKnown = (name: string): boolean =>
  VARIABLE_NAMES.includes(name) || VARIABLE_NAMES.includes(name.replace(/_FILE$/, ""));

export const unknownSettings = (env: NodeJS.ProcessEnv): UnknownSetting[] =>
  Object.keys(env)
    .filter((name) => name.startsWith("BIDA_") && !isKnown(name))
    .sort()
    .map((name) => ({ name, meant: nearest(name, VARIABLE_NAMES) }));
