// The receiving side: takes only callbacks that Bida signed with the app's secret.
// Start it with the secret that the app's page shows: BIDA_SECRET=whsec_… node verify.ts
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { verifySignature } from "../index.ts";

const secret = process.env.BIDA_SECRET ?? "";
if (!secret.startsWith("whsec_")) throw new Error("BIDA_SECRET is missing");
const done = new Set<string>(); // in earnest: a table, written in the transaction that does the work

async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const rawBody = await buffer(request); // the bytes as they came: parsed and printed again they would differ
  if (!verifySignature(request.headers, rawBody, secret)) {
    response.writeHead(401).end("signature missing or wrong");
    return;
  }
  // A callback can come twice, for instance when the first answer was lost on its way.
  const taskId = String(request.headers["webhook-id"]);
  if (!done.has(taskId)) {
    console.log("callback", taskId, rawBody.toString());
    done.add(taskId);
  }
  response.end("ok");
}

const server = createServer((request, response) => {
  receive(request, response).catch(() => response.destroy()); // the connection broke; Bida will call again
});
server.listen(Number(process.env.PORT ?? 9100), "127.0.0.1", () => {
  const address = server.address();
  console.log("listening on", typeof address === "object" ? address?.port : address);
});
