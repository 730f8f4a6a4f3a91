/** `npm start -- --repl`: the prompt in the node's own process. */
import type { ServiceBroker } from "moleculer";
import { prompt, sessionOf } from "./prompt.ts";

export async function replWithin(broker: ServiceBroker): Promise<void> {
  await prompt(sessionOf(broker));
  // What it is there for goes on, unlike with Moleculer's own.
  console.log("The prompt is closed; this node goes on. Ctrl-C stops it.");
}
