/** Names in the environment that look like settings of Bida, and are none. */
import { isVariable, VARIABLE_NAMES } from "../../core/config.ts";
import { nearest } from "./mistake.ts";

export interface UnknownSetting {
  name: string;
  /** Null: nothing is like it. */
  meant: string | null;
}

export const unknownSettings = (env: NodeJS.ProcessEnv): UnknownSetting[] =>
  Object.keys(env)
    .filter((name) => name.startsWith("BIDA_") && !isVariable(name))
    .sort()
    .map((name) => ({ name, meant: nearest(name, VARIABLE_NAMES) }));
