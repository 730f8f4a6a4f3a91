/** The front of a stack as people build it: moleculer-web, as fast as its settings allow, that puts jobs in a queue. */
import type { AddressInfo } from "node:net";
import { type Context, ServiceBroker } from "moleculer";
import ApiGateway from "moleculer-web";

export interface TaskBody {
  url: string;
  requestParam: object;
  retry: { delayMs: number };
}

/** Starts it. @returns its port */
export async function startApi(add: (tasks: TaskBody[]) => Promise<void>): Promise<number> {
  const broker = new ServiceBroker({ logger: false, requestTimeout: 0, validator: false });
  broker.createService({
    name: "tasks",
    actions: {
      async create(ctx: Context<TaskBody>) {
        await add([ctx.params]);
        (ctx.meta as { $statusCode: number }).$statusCode = 202;
        return { accepted: 1 };
      },
      async batch(ctx: Context<{ tasks: TaskBody[] }>) {
        await add(ctx.params.tasks);
        (ctx.meta as { $statusCode: number }).$statusCode = 202;
        return { accepted: ctx.params.tasks.length };
      },
    },
  });
  const gateway = broker.createService({
    name: "api",
    mixins: [ApiGateway],
    settings: {
      port: 0,
      ip: "127.0.0.1",
      // Its default request log halves its throughput.
      logRequest: null,
      logResponse: null,
      logRequestParams: null,
      logResponseData: null,
      routes: [
        {
          path: "/v1",
          mappingPolicy: "restrict",
          mergeParams: true,
          bodyParsers: { json: { limit: "32MB" } },
          aliases: { "POST tasks": "tasks.create", "POST tasks/batch": "tasks.batch" },
        },
      ],
    },
  } as never) as unknown as { server: { address(): AddressInfo } };
  await broker.start();
  return gateway.server.address().port;
}
