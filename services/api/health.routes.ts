/** `/healthz`: this process answers. `/readyz`: everything it needs is usable, or which part is not. */
import type { ServiceBroker } from "moleculer";
import { AddressRanges, LOOPBACK_RANGES } from "../../core/addresses.ts";
import type { Health } from "../../core/contract.ts";
import { aliveSchema, healthSchema } from "../../core/schema/health.ts";
import { callOnce } from "../bus/call.ts";
import { isLeaving } from "../node/leaving.ts";
import type { Callers } from "./caller.ts";
import type { GatewayRequest, Route } from "./route.ts";

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
    otherAnswers: {
      503: {
        description: "It is not; `parts` say what, and with credentials or from the machine itself why",
        schema: healthSchema,
      },
    },
    handler: async ({ broker, callers, req, res }) => {
      const health = await check(broker);
      if (!health.ok) res.statusCode = 503;
      return health.ok || (await mayKnowMore(callers, req)) ? health : withoutReasons(health);
    },
  },
];

const loopback = new AddressRanges(LOOPBACK_RANGES);

/** From this machine, or with credentials. What a database answers tells of versions, names and addresses. */
async function mayKnowMore(callers: Callers, req: GatewayRequest): Promise<boolean> {
  if (loopback.includes(callers.addressOf(req))) return true;
  return callers.identify(req).then(
    () => true,
    () => false,
  );
}

const withoutReasons = ({ ok, parts }: Health): Health => ({
  ok,
  parts: Object.fromEntries(
    Object.entries(parts).map(([part, problem]) => [part, problem === null ? null : "not usable"]),
  ),
});

async function check(broker: ServiceBroker): Promise<Health> {
  if (isLeaving(broker)) return { ok: false, parts: { node: "This node is stopping" } };
  try {
    const health = await callOnce(broker, "scheduler.health", {}, { timeout: CHECK_TIMEOUT });
    return { ...health, parts: { scheduler: null, ...health.parts } };
  } catch (error) {
    return { ok: false, parts: { scheduler: (error as Error).message } };
  }
}
