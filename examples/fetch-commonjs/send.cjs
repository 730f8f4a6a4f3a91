// Hands a callback over to Bida with fetch, follows it to its end, and prints each call. No package is needed.
const BIDA = process.env.BIDA_URL ?? "http://127.0.0.1:8080";
const KEY = process.env.BIDA_API_KEY; // an app's
const authorization = KEY ? `Bearer ${KEY}` : `Basic ${btoa("admin:admin")}`;
const invoice = process.env.ORDER ?? "81";

async function bida(path, init = {}) {
  const response = await fetch(`${BIDA}${path}`, {
    ...init,
    headers: { authorization, "content-type": "application/json", ...init.headers },
    signal: AbortSignal.timeout(10_000),
  });
  const answer = await response.json();
  if (response.ok) return answer;
  // A problem document (RFC 9457): `errors` names each wrong field.
  const fields = (answer.errors ?? []).map(({ field, message }) => `${field} ${message}`);
  throw new Error([answer.code, answer.detail ?? answer.title, ...fields].join("; "));
}

async function main() {
  const { taskId } = await bida("/v1/tasks", {
    method: "POST",
    // Your own name for what happened: repeating a request whose answer was lost is harmless.
    headers: { "idempotency-key": `fetch-invoice-${invoice}` },
    body: JSON.stringify({
      url: process.env.TARGET ?? "http://127.0.0.1:9100/invoices", // who is to be told
      requestMethod: "POST",
      requestParam: { invoice },
      limitCallCount: 10,
    }),
  });
  console.log("accepted", taskId);

  let task;
  do {
    await new Promise((done) => setTimeout(done, 200));
    task = await bida(`/v1/tasks/${taskId}`);
  } while (task.finishedAt === null);
  console.log(task.state, "after", task.callCount, "call(s)");
  const { items } = await bida(`/v1/tasks/${taskId}/attempts`);
  for (const { n, outcome, statusCode, errorCode } of items)
    console.log(`#${n}`, outcome, statusCode ?? errorCode);

  await bida("/v1/tasks", { method: "POST", body: '{"url":"nowhere"}' }).catch((error) => {
    console.log(error.message);
  });
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
