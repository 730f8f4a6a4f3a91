// A Moleculer 0.15 service with Bida's mixin: `this.bida` hands tasks over, and `callbacks` hear what becomes of them.
import { BidaMixin, CallbackError } from "bida-client";
import { ServiceBroker } from "moleculer";

const broker = new ServiceBroker({
  nodeID: `shop-${process.pid}`,
  transporter: process.env.BIDA_NATS_URL ?? "nats://127.0.0.1:4222",
  requestTimeout: 10_000,
  logLevel: "warn",
});

broker.createService({
  name: "orders",
  mixins: [BidaMixin()],

  actions: {
    /** @returns the task's id; the task is committed by then, and Bida's to deliver */
    paid(ctx) {
      const { orderId } = ctx.params;
      const task = {
        url: process.env.TARGET ?? "http://127.0.0.1:9100/orders/paid", // who is to be told
        requestMethod: "POST",
        requestParam: { orderId },
        limitCallCount: 10,
      };
      return this.bida.call(task, { idempotencyKey: `moleculer-mixin-${orderId}-paid` });
    },

    /** Waits until somebody was told, or nobody can be. */
    async told(ctx) {
      const { state, callCount } = await this.bida.waitFor(ctx.params.taskId, { timeoutMs: 30_000 });
      return `${state} after ${callCount} call(s)`;
    },
  },

  // Of the tasks that this service has handed over. One instance of it is told.
  callbacks: {
    succeeded(event) {
      console.log("delivered", event.taskId);
    },
    exhausted: {
      broadcast: true, // every instance is told
      handler(event) {
        this.logger.error("given up", event.taskId, event.lastError);
      },
    },
  },

  async started() {
    await this.bida.ready();
  },
});

await broker.start();
const taskId = await broker.call("orders.paid", { orderId: process.env.ORDER ?? "4711" });
console.log("accepted", taskId);
console.log(await broker.call("orders.told", { taskId }, { timeout: 35_000 }));

try {
  await broker.getLocalService("orders").bida.call({ url: "nowhere" });
} catch (error) {
  if (!(error instanceof CallbackError)) throw error;
  console.log(
    error.code,
    error.errors
      .map(({ field }) => field)
      .sort()
      .join(),
  );
}
