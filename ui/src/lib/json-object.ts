/** The other way round of `readObject`. */
import type { JsonText } from "../../../core/json/text.ts";

export const objectOf = (members: ReadonlyMap<string, JsonText>): JsonText =>
  `{${Array.from(members, ([name, json]) => `${JSON.stringify(name)}:${json}`).join()}}` as JsonText;
