/** `/healthz`: this process answers. `/readyz`: everything it needs is usable, or which part is not. */
import type { ServiceBroker } from "moleculer";
import type { Health } from "../../core/contract.ts";
import { aliveSchema, healthSchema } from "../../core/schema/health.ts";
import { call } from "../bus/call.ts";
import { isLeaving } from "../node/leaving.ts";
import type { Route } from "./route.ts";

const CHECK_TIMEOUT = 4_000;

const tag = "Health";

export const healthRoutes: Route[] = [
  {
    method: "GET",
    path: "/healthz",
    tag,
    summary: "Whether this process answers",
    access: null,
    answer: { description: "It does", schema: aliveSchema },
    handler: async () => ({ ok: true }),
  },
  {
    method: "GET",
    path: "/readyz",
    tag,
    summary: "Whether everything it needs is usable",
    access: null,
    answer: { description: "It is", schema: healthSchema },
    otherAnswers: { 503: { description: "It is not; `parts` say what", schema: healthSchema } },
    handler: async ({ broker, res }) => {
      const health = await check(broker);
      if (!health.ok) res.statusCode = 503;
      return health;
    },
  },
];

async function check(broker: ServiceBroker): Promise<Health> {
  if (isLeaving(broker)) return { ok: false, parts: { node: "This node is stopping" } };
  try {
    const health = await call(broker, "scheduler.health", {}, { timeout: CHECK_TIMEOUT });
    return { ...health, parts: { scheduler: null, ...health.parts } };
  } catch (error) {
    return { ok: false, parts: { scheduler: (error as Error).message } };
  }
}
