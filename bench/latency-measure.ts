/** Sends callbacks one by one and takes three times of each. */
import { setTimeout as pause } from "node:timers/promises";
import { Pool } from "undici";
import type { Target } from "./latency-target.ts";

/** Times are ms of `performance.now()`. */
export interface Sample {
  /** Just before the request was sent. */
  submitted: number;
  /** The 202 was read, with the id. */
  accepted: number;
  /** The call's headers had arrived. It can come before `accepted`: Bida does not wait for the answer to be read. */
  arrived: number;
}

const PATIENCE_MS = 10_000;
const AUTHORIZATION = `Basic ${Buffer.from("admin:admin").toString("base64")}`;

/** The next callback is sent `gapMs` after both the answer and the call of the one before were seen. */
export async function measure(
  baseUrl: string,
  target: Target,
  count: number,
  gapMs: number,
): Promise<Sample[]> {
  const bida = new Pool(baseUrl, { connections: 1 });
  const samples: Sample[] = [];
  try {
    for (let i = 0; i < count; i++) {
      samples.push(await callback(bida, target, i));
      await pause(gapMs);
    }
  } finally {
    await bida.close();
  }
  return samples;
}

async function callback(bida: Pool, target: Target, order: number): Promise<Sample> {
  const body = JSON.stringify({
    url: target.url,
    requestMethod: "POST",
    requestParam: { order },
    limitCallCount: 3,
  });
  const call = target.nextCall(PATIENCE_MS);
  call.catch(() => undefined);
  const submitted = performance.now();
  const answer = await bida.request({
    method: "POST",
    path: "/v1/tasks",
    headers: { authorization: AUTHORIZATION, "content-type": "application/json" },
    body,
  });
  const text = await answer.body.text();
  const accepted = performance.now();
  if (answer.statusCode !== 202) throw new Error(`answered ${answer.statusCode}: ${text}`);
  const { taskId, arrived } = await call;
  if (taskId !== JSON.parse(text).taskId) throw new Error(`another task was called: ${taskId}`);
  return { submitted, accepted, arrived };
}
