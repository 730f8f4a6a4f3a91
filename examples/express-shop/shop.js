// A shop in Express. When an order is paid it hands a callback over to Bida, and answers its customer only then.
import { CallbackError, createHttpClient } from "bida-client";
import express from "express";

const bida = createHttpClient({
  baseUrl: process.env.BIDA_URL ?? "http://127.0.0.1:8080",
  ...(process.env.BIDA_API_KEY
    ? { apiKey: process.env.BIDA_API_KEY } // an app's key
    : { username: "admin", password: "admin" }),
});
const STOCK = process.env.TARGET ?? "http://127.0.0.1:9100/orders/{orderId}/paid"; // who is to be told

/** In earnest a table: id → { paid, taskId }. */
const orders = new Map();
const app = express();
app.use(express.json());

app.put("/orders/:id", (request, response) => {
  orders.set(request.params.id, { items: request.body.items ?? [], paid: false, taskId: null });
  response.status(201).json({ id: request.params.id });
});

app.post("/orders/:id/pay", async (request, response) => {
  const order = orderOf(request);
  const orderId = request.params.id;
  // Once the id is here the callback is committed, and Bida's to deliver. Who pays twice, because an answer was lost,
  // sends the same key again: there is one callback.
  order.taskId = await bida.call(
    {
      url: STOCK,
      requestMethod: "POST",
      requestParam: { orderId, items: order.items },
      limitCallCount: 10,
      sourceAppName: "express-shop",
      targetAppName: "stock",
    },
    { idempotencyKey: `express-shop-${orderId}-paid` },
  );
  order.paid = true;
  response.status(202).json({ id: orderId, taskId: order.taskId });
});

/** Whether the stock was told. */
app.get("/orders/:id", async (request, response) => {
  const { paid, taskId } = orderOf(request);
  const task = taskId === null ? null : await bida.get(taskId);
  response.json({
    id: request.params.id,
    paid,
    told: task && { state: task.state, calls: task.callCount, error: task.lastError?.message ?? null },
  });
});

app.use((error, _request, response, next) => {
  if (response.headersSent) return next(error);
  if (error instanceof NoSuchOrder) return response.status(404).json({ error: error.message });
  if (!(error instanceof CallbackError)) return next(error);
  // What Bida says of fields is about this program, not about its customers.
  console.error("bida", error.code, error.message);
  if (error.retryAfter !== null) response.set("retry-after", String(error.retryAfter));
  response.status(503).json({ error: "the order is not paid yet, try again" });
});

class NoSuchOrder extends Error {}

function orderOf(request) {
  const order = orders.get(request.params.id);
  if (order === undefined) throw new NoSuchOrder(`there is no order ${request.params.id}`);
  return order;
}

const server = app.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => {
  console.log(`listening at http://127.0.0.1:${server.address().port}`);
});
