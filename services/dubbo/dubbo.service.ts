/** The provider of kkbida's `CallBackService` for Dubbo consumers. Off unless `BIDA_DUBBO_PORT` is set. */
import type { Context, ServiceBroker, ServiceSchema } from "moleculer";
import { providerUrl } from "../../core/dubbo/provider-url.ts";
import { dubboConnections } from "../../core/metrics.ts";
import { eventsOf } from "../bus/bus.ts";
import { misconfigured } from "../node/fatal.ts";
import { announce } from "../node/listeners.ts";
import { contribute } from "../node/node-status.ts";
import { portTaken } from "../node/port-taken.ts";
import { configOf, onStopping } from "../node/resources.ts";
import { responder } from "./desk.ts";
import { Owner } from "./owner.ts";
import { registryAt } from "./registries.ts";
import { Registration } from "./registry.ts";
import { DubboServer } from "./server.ts";
import { Standstill } from "./standstill.ts";

/** Null where nothing is provided. */
const ownerOf = (ctx: Context): Owner | null => (ctx.service as unknown as { owner?: Owner }).owner ?? null;

const dubbo: ServiceSchema = {
  name: "dubbo",

  events: eventsOf({
    "access.changed": ({ kind }, ctx) => {
      if (kind === "app") void ownerOf(ctx)?.look();
    },
  }),

  async started() {
    const { broker, logger } = this;
    const { dubboPort, dubboHost, dubboIpAllow, dubboApp, dubboRegistries } = configOf(broker);
    if (dubboPort === null) return;
    const now = () => performance.now();
    const standstill = new Standstill(now);
    const known = new Owner(broker, logger, dubboApp);
    this.owner = known;
    const server = new DubboServer({
      // What others reach is not always an address of this machine (containers, NAT): the allow-list decides who may.
      host: dubboHost === null ? "127.0.0.1" : null,
      port: dubboPort,
      ipAllow: dubboIpAllow,
      log: logger,
      now,
      responder: (sourceIp) =>
        responder(
          {
            broker,
            log: logger,
            owner: (address) => known.scopeFor(address),
            now,
            delay: () => standstill.delay,
          },
          sourceIp,
        ),
    });
    contribute(broker, { sample: () => dubboConnections.set(server.size) });
    const port = await server
      .listen()
      .catch((error: NodeJS.ErrnoException) => misconfigured(listenProblem(error, dubboPort)));
    const unannounce = announce(broker, { address: dubboHost === null ? "127.0.0.1" : "::", port });
    logger.info({ port }, "Dubbo consumers can connect");
    void known.look();
    const registering = registered(broker, known, () => {
      const provider = providerUrl({ host: dubboHost ?? "127.0.0.1", port });
      return dubboRegistries.map((url) => new Registration(registryAt(url, provider), logger));
    });
    // Before anything else stops: consumers go elsewhere first, and what they have sent is committed.
    onStopping(broker, "dispatch", async () => {
      known.stop();
      await Promise.all(registering.stop().map((registration) => registration.stop()));
      await server.drain();
      unannounce();
      standstill.stop();
    });
  },
};

export default dubbo;

/** Registers once tasks can be taken. @returns `stop`, after which no registration begins; it tells those that have */
function registered(
  broker: ServiceBroker,
  { found }: Owner,
  register: () => Registration[],
): { stop(): Registration[] } {
  let registrations: Registration[] = [];
  let isStopped = false;
  void Promise.all([found, broker.waitForServices("scheduler")]).then(() => {
    if (!isStopped) registrations = register();
  });
  return {
    stop() {
      isStopped = true;
      return registrations;
    },
  };
}

function listenProblem({ code, message }: NodeJS.ErrnoException, port: number): string {
  if (code === "EADDRINUSE") return portTaken("BIDA_DUBBO_PORT", String(port), port);
  return `BIDA_DUBBO_PORT: cannot listen on ${port}: ${message}`;
}
