/** `npm start -- --repl`: the prompt in the node's own process. */
import type { ServiceBroker } from "moleculer";
import { operator } from "./actor.ts";
import { brokerLink, followBy } from "./link.ts";
import { prompt } from "./prompt.ts";
import { sessionWith } from "./session.ts";

export async function replWithin(broker: ServiceBroker): Promise<void> {
  const link = brokerLink(broker, operator(), "this process", followBy(broker));
  await prompt(
    sessionWith(async () => link, { atPrompt: true }),
    broker,
  );
  // What it is there for goes on, unlike with Moleculer's own.
  console.log("The prompt is closed; this node goes on. Ctrl-C stops it.");
}
