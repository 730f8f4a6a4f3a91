/** Makes the calls: claims jobs from schedulers, has worker threads deliver them, reports what came of them. */
import type { ServiceBroker, ServiceSchema } from "moleculer";
import { actionsOf } from "../bus/bus.ts";
import { configOf, onStopping } from "../node/resources.ts";
import { Dispatcher } from "./dispatcher.ts";

/** What is in flight when the node stops may take this long, in ms; recording gets the rest of the 30 s. */
const DRAIN = 24_000;
const RECORD = 4_000;

const dispatchers = new WeakMap<ServiceBroker, Dispatcher>();
const of = (broker: ServiceBroker) => dispatchers.get(broker) as Dispatcher;

const dispatcher: ServiceSchema = {
  name: "dispatcher",

  actions: actionsOf<"dispatcher">({
    drain: async ({ draining }, { broker }) => of(broker).drain(draining),
  }),

  events: {
    "$services.changed": { handler: ({ broker }) => of(broker).follow() },
    "$node.disconnected": { handler: ({ broker }) => of(broker).follow() },
  },

  created() {
    const { broker, logger: log } = this;
    const made = new Dispatcher(broker, log, configOf(broker));
    dispatchers.set(broker, made);
    onStopping(broker, "dispatch", () => made.stop(DRAIN, RECORD));
  },

  async started() {
    of(this.broker).start();
  },
};

export default dispatcher;
