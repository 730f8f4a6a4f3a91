/** `/healthz`: this process answers. `/readyz`: everything it needs is usable, or which part is not. */
import type { ServerResponse } from "node:http";
import type { ServiceBroker } from "moleculer";
import type { Health } from "../../core/contract.ts";
import { call } from "../lib/bus.ts";
import type { GatewayHandler } from "./route.ts";

const CHECK_TIMEOUT = 4_000;

export function healthRoutes(broker: ServiceBroker): Record<string, GatewayHandler> {
  return {
    "GET /healthz": (_, res) => send(res, 200, { ok: true }),
    "GET /readyz": (_, res) => {
      check(broker).then((health) => send(res, health.ok ? 200 : 503, health));
    },
  };
}

async function check(broker: ServiceBroker): Promise<Health> {
  try {
    const health = await call(broker, "scheduler.health", {}, { timeout: CHECK_TIMEOUT });
    return { ...health, parts: { scheduler: null, ...health.parts } };
  } catch (error) {
    return { ok: false, parts: { scheduler: (error as Error).message } };
  }
}

function send(res: ServerResponse, status: number, health: object): void {
  res.statusCode = status;
  res.setHeader("content-type", "application/json; charset=utf-8");
  res.setHeader("cache-control", "no-store");
  res.end(JSON.stringify(health));
}
