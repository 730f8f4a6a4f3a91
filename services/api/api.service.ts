/** The gateway: REST, kkbida's endpoint, health. It holds no state and talks to the other services only. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { resolve } from "node:path";
import type { Duplex } from "node:stream";
import type { ServiceSchema } from "moleculer";
import ApiGateway from "moleculer-web";
import type { Config } from "../../core/config.ts";
import { fatal } from "../lib/fatal.ts";
import { configOf } from "../lib/resources.ts";
import { Callers } from "./caller.ts";
import { destinationRoutes } from "./destinations.routes.ts";
import { consoleRoutes } from "./console.ts";
import { healthRoutes } from "./health.routes.ts";
import { legacyRoutes, sendRefusal } from "./legacy.routes.ts";
import { refusalOf, sendBareProblem, sendProblem } from "./problem.ts";
import { aliasesOf, type Route } from "./route.ts";
import { taskRoutes } from "./tasks.routes.ts";

/** The built console. */
const CONSOLE = resolve(import.meta.dirname, "../../ui/dist");

/** All of `/v1`. */
const ROUTES: Route[] = [...taskRoutes, ...destinationRoutes];

/** Every route lists its aliases and nothing else is reachable; bodies are read after authentication (`body.ts`). */
const ROUTE = {
  mappingPolicy: "restrict",
  mergeParams: false,
  bodyParsers: false,
  logging: false,
  whitelist: [],
};

/** The gateway without its own actions: they would tell every node our routes, and let it change them. */
function gateway(): ServiceSchema {
  const { actions, ...rest } = ApiGateway as unknown as ServiceSchema;
  return { ...rest, actions: { rest: actions?.rest as NonNullable<typeof actions>[string] } };
}

const api: ServiceSchema<Record<string, unknown>> = {
  name: "api",
  mixins: [gateway()],

  settings: {
    logRequest: null,
    logRequestParams: null,
    logResponse: null,
    logRouteRegistration: null,
    // Aliases are matched in the order they are written.
    optimizeOrder: false,
    routes: [],
    onError(
      this: { logger: { error(data: object, text: string): void } },
      _req: IncomingMessage,
      res: ServerResponse,
      error: unknown,
    ) {
      const refusal = refusalOf(error);
      if (refusal.code === "internal") this.logger.error({ err: refusal.cause ?? error }, "request failed");
      sendProblem(res, refusal);
    },
  },

  created() {
    const { broker } = this;
    const config = configOf(broker);
    const callers = new Callers(config, broker);
    this.settings.port = config.port;
    this.settings.ip = config.host;
    // Before the gateway's own listener, which answers with a stack.
    this.server.prependListener("error", (error: NodeJS.ErrnoException) => {
      if (error.syscall === "listen") fatal(listenProblem(error, config));
    });
    this.server.on("clientError", (error: Error, socket: Duplex) => sendBareProblem(socket, error));
    const legacyError = (_req: IncomingMessage, res: ServerResponse, error: unknown) =>
      sendRefusal(res, refusalOf(error));
    this.addRoute({
      ...ROUTE,
      path: "/api",
      aliases: legacyRoutes(broker, callers, config),
      onError: legacyError,
    });
    this.addRoute({
      ...ROUTE,
      path: "/",
      aliases: { ...aliasesOf(ROUTES, broker, callers), ...healthRoutes(broker), ...consoleRoutes(CONSOLE) },
    });
  },
};

export default api;

function listenProblem({ code, message }: NodeJS.ErrnoException, { host, port }: Config): string {
  if (code === "EADDRINUSE") return `BIDA_PORT: ${host}:${port} is in use by another program`;
  if (code === "EADDRNOTAVAIL") return `BIDA_HOST: ${host} is not an address of this machine`;
  return `cannot listen on ${host}:${port}: ${message}`;
}
