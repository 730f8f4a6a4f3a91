/** One call as a careful user of undici makes it: kept-alive connections, a deadline, a bounded answer. */
import { Agent, request } from "undici";

const agent = new Agent({ connections: 64, headersTimeout: 10_000, bodyTimeout: 10_000 });

export async function post(url: string, param: object): Promise<{ status: number; text: string }> {
  const { statusCode, body } = await request(url, {
    dispatcher: agent,
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(param),
  });
  return { status: statusCode, text: await body.text() };
}
