// A Moleculer 0.14 program with its own services. It calls Bida by name and hears of its tasks; it needs no package of Bida's.
const { ServiceBroker } = require("moleculer");

const broker = new ServiceBroker({
  nodeID: `shop-${process.pid}`,
  transporter: process.env.BIDA_NATS_URL || "nats://127.0.0.1:4222",
  requestTimeout: 10_000,
  logLevel: "warn",
});

broker.createService({
  name: "orders",
  // The service starts as soon as Bida can be called.
  dependencies: ["bida.scheduler"],

  actions: {
    // The id is returned once the task is committed: from then on it is Bida's to deliver.
    async paid(ctx) {
      const { orderId } = ctx.params;
      const task = {
        url: process.env.TARGET || "http://127.0.0.1:9100/orders/paid", // who is to be told
        requestMethod: "POST",
        requestParam: { orderId },
        limitCallCount: 10,
        sourceAppName: "shop",
      };
      // With a key of your own it is safe to repeat a call that timed out: there is one task.
      const meta = { idempotencyKey: `moleculer-0.14-${orderId}-paid` };
      return (await ctx.call("bida.scheduler.submit", task, { meta })).taskId;
    },
  },

  events: {
    // One instance of this service hears it.
    "bida.task.succeeded"(ctx) {
      console.log("delivered", ctx.params.taskId);
    },
    // Every instance hears it.
    "bida.broadcast.task.exhausted"(ctx) {
      console.log("given up", ctx.params.taskId, ctx.params.lastError.message);
    },
  },
});

async function main() {
  await broker.start();
  console.log("accepted", await broker.call("orders.paid", { orderId: process.env.ORDER || "4711" }));

  // What is wrong with a task is said field by field.
  const wrong = await broker.call("bida.scheduler.submit", { url: "nowhere" }).catch((error) => error);
  console.log(
    wrong.type,
    wrong.data.errors
      .map(({ field }) => field)
      .sort()
      .join(),
  );
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
