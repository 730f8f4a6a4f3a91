/** What the `start` script in package.json runs, for anyone who starts a node as a process of its own. */
import packageJson from "../package.json" with { type: "json" };

/** The arguments of `node`, to be run in the project's root. */
export const START: string[] = packageJson.scripts.start
  .replace(/^exec node /, "")
  .split(" ")
  .map((word) => word.replaceAll('"', ""));
