/** The gateway: REST, kkbida's endpoint, health. It holds no state and talks to the other services only. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { resolve } from "node:path";
import type { Duplex } from "node:stream";
import type { Context, Logger, ServiceSchema } from "moleculer";
import ApiGateway from "moleculer-web";
import type { Config } from "../../core/config.ts";
import { eventsOf } from "../bus/bus.ts";
import { misconfigured } from "../node/fatal.ts";
import { isLeaving } from "../node/leaving.ts";
import { announce } from "../node/listeners.ts";
import { portTaken } from "../node/port-taken.ts";
import { configOf } from "../node/resources.ts";
import { appRoutes } from "./apps.routes.ts";
import { attemptRoutes } from "./attempts.routes.ts";
import { auditRoutes } from "./audit.routes.ts";
import { bulkRoutes } from "./bulk.routes.ts";
import { Callers } from "./caller.ts";
import { consoleRoutes } from "./console.ts";
import { destinationRoutes } from "./destinations.routes.ts";
import { directOf, serveDirectly } from "./direct.ts";
import { docsRoutes } from "./docs.routes.ts";
import { eventRoutes, recheckStreams } from "./events.routes.ts";
import { healthRoutes } from "./health.routes.ts";
import { inboxRoutes } from "./inbox.routes.ts";
import { incidentRoutes } from "./incidents.routes.ts";
import { jobRoutes } from "./jobs.routes.ts";
import { legacyDeclarations, legacyRoutes, sendRefusal } from "./legacy.routes.ts";
import { Methods } from "./methods.ts";
import { metricsRoutes } from "./metrics.routes.ts";
import { nodeRoutes } from "./nodes.routes.ts";
import { Nodes } from "./nodes.ts";
import { checkNotOwn } from "./own-calls.ts";
import { OwnHost } from "./own-host.ts";
import { sendBareProblem, sendProblem } from "./problem.ts";
import { loggedRefusal } from "./refusal-log.ts";
import { setRequestId } from "./request-id.ts";
import { checkTarget } from "./request-target.ts";
import { aliasesOf, type Declaration, type Route } from "./route.ts";
import { setSafeHeaders } from "./safe-headers.ts";
import { searchRoutes } from "./search.routes.ts";
import { sessionRoutes } from "./session.routes.ts";
import { statsRoutes } from "./stats.routes.ts";
import { taskRoutes } from "./tasks.routes.ts";
import { userRoutes } from "./users.routes.ts";
import { viewRoutes } from "./views.routes.ts";
import { webhookRoutes } from "./webhooks.routes.ts";

/** The built console. */
const CONSOLE = resolve(import.meta.dirname, "../../ui/dist");

/** All of `/v1`. */
export const ROUTES: Route[] = [
  // Before `/v1/tasks/{taskId}`, which would take `/v1/tasks/export` for an id.
  ...bulkRoutes,
  ...jobRoutes,
  ...searchRoutes,
  ...taskRoutes,
  ...attemptRoutes,
  ...destinationRoutes,
  ...incidentRoutes,
  ...inboxRoutes,
  ...statsRoutes,
  ...eventRoutes,
  ...appRoutes,
  ...userRoutes,
  ...sessionRoutes,
  ...auditRoutes,
  ...viewRoutes,
  ...webhookRoutes,
];

/** Everything at `/` that is declared, with its documentation. */
function everyRoute(nodes: Nodes): Route[] {
  const documented = () => [...legacyDeclarations, ...routes];
  const routes = [
    ...ROUTES,
    ...nodeRoutes(nodes),
    ...healthRoutes,
    ...metricsRoutes(nodes),
    ...docsRoutes(documented),
  ];
  return routes;
}

/** What the document describes. Declarations only: their handlers know no nodes. */
export const everyDeclaration = (): Declaration[] => [
  ...legacyDeclarations,
  ...everyRoute(undefined as never),
];

/**
 * How long a connection without a request stays open, in ms. Node closes it after 5 s, and a request that is on its way just then is
 * lost. Balancers keep theirs for 60 s (AWS, nginx): this side must be the one that keeps it longer.
 */
const KEEP_ALIVE = 75_000;
const KIB = 1024;

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

const { httpHandler: gatewayHandler } = (ApiGateway as unknown as { methods: { httpHandler: HttpHandler } })
  .methods;
type HttpHandler = (
  this: unknown,
  req: IncomingMessage,
  res: ServerResponse,
  next?: () => void,
) => Promise<void>;

const callersOf = (ctx: Context): Callers => (ctx.service as unknown as { callers: Callers }).callers;

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
    // A list stays one however long it is, and no filter is dropped: Node takes 16 KiB of headers, and so no more
    // parameters. A parameter named like a member of Object.prototype is as unknown as any other.
    qsOptions: {
      depth: 0,
      arrayLimit: 16 * KIB,
      parameterLimit: 16 * KIB,
      plainObjects: true,
      allowPrototypes: true,
    },
    routes: [],
    onError(this: { logger: Logger }, _req: IncomingMessage, res: ServerResponse, error: unknown) {
      sendProblem(res, loggedRefusal(this.logger, res, error));
    },
  },

  methods: {
    httpHandler(req: IncomingMessage, res: ServerResponse, next?: () => void) {
      // Whatever goes wrong with one answer ends that answer, never the process.
      res.on("error", () => res.destroy());
      // A caller that goes on asking over a connection it keeps would never let the server close.
      if (isLeaving(this.broker)) res.setHeader("connection", "close");
      const onError = (error: unknown) => this.errorHandler(req, res, error);
      const refuse = (error: unknown) =>
        isLegacy(req) ? sendRefusal(res, loggedRefusal(this.logger, res, error)) : onError(error);
      setRequestId(req, res);
      setSafeHeaders(res, this.callers.isSecure(req));
      try {
        this.ownHost.check(req);
        checkNotOwn(req);
        checkTarget(req);
      } catch (error) {
        return refuse(error);
      }
      if (serveDirectly(this.direct, req, res, onError)) return;
      const refusal = this.methods.refusal(req, res);
      return refusal ? refuse(refusal) : gatewayHandler.call(this, req, res, next);
    },

    /** The gateway's own one logs each request without credentials as an error. */
    errorHandler(req: IncomingMessage, res: ServerResponse, error: unknown) {
      this.sendError(req, res, error);
    },
  },

  events: {
    ...eventsOf({
      "access.changed": (_, ctx) => {
        callersOf(ctx).forget();
        recheckStreams(ctx.broker);
      },
    }),
    "$services.changed": {
      handler() {
        this.nodes.look();
      },
    },
    "$node.disconnected": {
      handler(ctx) {
        const { node, unexpected } = ctx.params as { node: { id: string }; unexpected: boolean };
        this.nodes.disconnected(node.id, unexpected);
      },
    },
  },

  created() {
    const { broker } = this;
    const config = configOf(broker);
    this.ownHost = new OwnHost(config);
    const callers = new Callers(config, broker);
    this.callers = callers;
    const nodes = new Nodes(broker);
    this.nodes = nodes;
    this.settings.port = config.port;
    this.settings.ip = config.host;
    // Before the gateway's own listener, which answers with a stack.
    this.server.prependListener("error", (error: NodeJS.ErrnoException) => {
      if (error.syscall === "listen") misconfigured(listenProblem(error, config));
    });
    this.server.keepAliveTimeout = KEEP_ALIVE;
    this.server.on("clientError", (error: Error, socket: Duplex) => sendBareProblem(socket, error));
    this.server.once("listening", () => {
      const { address, port } = this.server.address() as AddressInfo;
      this.unannounce = announce(broker, { address, port });
    });
    this.server.once("close", () => this.unannounce?.());
    this.methods = new Methods([...legacyDeclarations, ...everyRoute(nodes)]);
    const legacyError = (_req: IncomingMessage, res: ServerResponse, error: unknown) =>
      sendRefusal(res, loggedRefusal(this.logger, res, error));
    const legacy = legacyRoutes(broker, callers, config);
    const aliases = aliasesOf(everyRoute(nodes), broker, callers);
    this.direct = new Map([...directOf("/api", legacy), ...directOf("", aliases)]);
    this.addRoute({ ...ROUTE, path: "/api", aliases: legacy, onError: legacyError });
    // The console comes last: it answers whatever is left.
    this.addRoute({ ...ROUTE, path: "/", aliases: { ...aliases, ...consoleRoutes(CONSOLE) } });
  },

  async started() {
    const { publicUrl, adminUsername } = configOf(this.broker);
    this.logger.info(`console at ${publicUrl}, user ${adminUsername}`);
  },
};

export default api;

/** Whether refusals are to be in plain text. */
const isLegacy = ({ url = "" }: IncomingMessage): boolean => /^\/api(?:[/?]|$)/.test(url);

function listenProblem({ code, message }: NodeJS.ErrnoException, { host, port }: Config): string {
  if (code === "EADDRINUSE") return portTaken("BIDA_PORT", `${host}:${port}`, port);
  if (code === "EADDRNOTAVAIL") return `BIDA_HOST: ${host} is not an address of this machine`;
  return `BIDA_PORT: cannot listen on ${host}:${port}: ${message}`;
}
