/** The mixin's types, checked by the compiler: they fit the schemas of both releases, and know what is called and heard. */
import type { ServiceSchema } from "moleculer";
import type { ServiceSchema as Fourteen } from "moleculer-0.14";
import {
  type ActionMap,
  type BidaCallbacks,
  BidaMixin,
  type BidaService,
  type EventMap,
} from "../../client/index.ts";

export const fifteen: ServiceSchema & { callbacks: BidaCallbacks } = {
  name: "orders",
  mixins: [BidaMixin({ sourceAppName: "shop" })],
  callbacks: {
    exhausted(event) {
      void event.lastError?.code;
    },
  },
};

export const fourteen: Fourteen = { name: "orders", mixins: [BidaMixin()] };

export const callbacks: BidaCallbacks<BidaService & { refund(id: string): Promise<void> }> = {
  async exhausted(event) {
    await this.refund(event.taskId);
    await this.bida.retry(event.taskId);
  },
  attempted: { broadcast: true, handler: ({ attempt }) => attempt.statusCode },
  // @ts-expect-error there is no such field
  succeeded: (event) => event.tsakId,
};

export async function typed({ bida }: BidaService): Promise<string> {
  const { items } = await bida.action("bida.admin.list", { state: ["pending"] });
  // @ts-expect-error inner actions are not public
  await bida.action("bida.scheduler.claim", {});
  const [first] = items;
  return first?.taskId ?? "";
}

export type Submitted = ActionMap["bida.scheduler.submit"][1]["taskId"];
export type Attempt = EventMap["bida.broadcast.task.attempted"]["attempt"];
