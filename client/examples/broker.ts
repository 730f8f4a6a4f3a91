// Over Moleculer (0.14 or 0.15), from a service on the same NATS. Needs moleculer and nats in your service, and a Bida
// that was started with BIDA_NATS_URL (and BIDA_REDIS_URL).
import { ServiceBroker } from "moleculer";
import { CallbackError, createBrokerClient } from "../index.ts";

const broker = new ServiceBroker({
  nodeID: `shop-${process.pid}`,
  transporter: { type: "NATS", options: { servers: process.env.BIDA_NATS_URL ?? "nats://127.0.0.1:4222" } },
  logLevel: "warn",
});
await broker.start();
await broker.waitForServices(["bida.scheduler", "bida.admin"], 10_000);

const bida = createBrokerClient(broker);
try {
  const taskId = await bida.call({
    url: process.env.TARGET ?? "http://127.0.0.1:8080/healthz", // your own service
    requestMethod: "GET",
    limitCallCount: 10,
  });
  console.log("accepted", taskId);

  const task = await bida.waitFor(taskId, { timeoutMs: 30_000 });
  console.log(task.state, "after", task.callCount, "call(s)");
} catch (error) {
  if (!(error instanceof CallbackError)) throw error;
  console.error(error.code, error.message, error.errors);
  process.exitCode = 1;
} finally {
  await broker.stop();
}
