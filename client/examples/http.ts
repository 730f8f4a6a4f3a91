// Over HTTP. Needs a running Bida: `npm start`.
import { CallbackError, createHttpClient } from "../index.ts";

const bida = createHttpClient({
  baseUrl: process.env.BIDA_URL ?? "http://127.0.0.1:8080",
  username: "admin",
  password: "admin", // or apiKey, for an app
});

try {
  const taskId = await bida.call(
    {
      url: process.env.TARGET ?? "http://127.0.0.1:8080/healthz", // your own service
      requestMethod: "GET",
      requestParam: { order: 4711 }, // GET: the query string; POST: the JSON body
      limitCallCount: 10,
    },
    { idempotencyKey: "client-4711-paid" }, // your own name for the event: repeating is then harmless
  );
  console.log("accepted", taskId);

  const task = await bida.waitFor(taskId, { timeoutMs: 30_000 });
  console.log(task.state, "after", task.callCount, "call(s)");
  for (const attempt of await bida.attempts(taskId)) {
    console.log(
      `#${attempt.n}`,
      attempt.outcome,
      attempt.statusCode ?? attempt.errorCode,
      `${attempt.durationMs} ms`,
    );
  }
} catch (error) {
  if (!(error instanceof CallbackError)) throw error;
  console.error(error.code, error.message, error.errors);
  process.exitCode = 1;
}
