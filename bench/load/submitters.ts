/** Ways into a system. Each hands in some tasks, given by their numbers, and resolves once they were accepted. */
import { Queue } from "bullmq";
import { ServiceBroker } from "moleculer";
import { Agent, type Dispatcher, Pool } from "undici";
import { optionsOf } from "../peers/bullmq-stack/jobs.ts";
import { originOf, paramOf, pathOf, taskWriter, urlOf, type Work } from "./work.ts";

/** Where and how tasks are handed in. */
export type SubmitterPlan =
  | { kind: "http"; baseUrl: string; headers: Record<string, string> }
  | { kind: "rpc"; natsUrl: string }
  | { kind: "bullmq"; redisUrl: string; queue: string }
  /** Straight to the receiver: nothing in between. */
  | { kind: "direct" };

export interface Submitter {
  /** @returns false where it was asked to slow down, and nothing was accepted */
  submit(seqs: number[]): Promise<boolean>;
  close(): Promise<void>;
}

export async function openSubmitter(
  plan: SubmitterPlan,
  work: Work,
  connections: number,
): Promise<Submitter> {
  switch (plan.kind) {
    case "http":
      return httpSubmitter(plan.baseUrl, plan.headers, work, connections);
    case "rpc":
      return rpcSubmitter(plan.natsUrl, work);
    case "bullmq":
      return bullmqSubmitter(plan.redisUrl, plan.queue, work);
    case "direct":
      return directSubmitter(work, connections);
  }
}

function httpSubmitter(
  baseUrl: string,
  own: Record<string, string>,
  work: Work,
  connections: number,
): Submitter {
  const pool = new Pool(baseUrl, { connections, bodyTimeout: 60_000, headersTimeout: 60_000 });
  const write = taskWriter(work);
  const headers = { "content-type": "application/json", ...own };
  return {
    async submit(seqs) {
      const single = seqs.length === 1;
      const path = single ? "/v1/tasks" : "/v1/tasks/batch";
      const body = single ? write(seqs[0] as number) : `{"tasks":[${seqs.map(write)}]}`;
      const { status, text } = await exchange(pool, { path, method: "POST", headers, body });
      if (status === 429) return false;
      if (status !== 202 || text.includes('"errors"')) throw new Error(`${path} answered ${status}: ${text}`);
      return true;
    },
    close: () => pool.close(),
  };
}

/** As another Node service of the cluster does it. */
async function rpcSubmitter(natsUrl: string, work: Work): Promise<Submitter> {
  const broker = new ServiceBroker({
    nodeID: `bench-${process.pid}-${Date.now()}`,
    logger: false,
    transporter: { type: "NATS", options: { servers: [natsUrl] } },
    requestTimeout: 60_000,
  });
  await broker.start();
  await broker.waitForServices(["bida.scheduler"]);
  const write = taskWriter(work);
  const taskOf = (seq: number): Record<string, unknown> => JSON.parse(write(seq));
  return {
    async submit(seqs) {
      try {
        if (seqs.length === 1) await broker.call("bida.scheduler.submit", taskOf(seqs[0] as number));
        else await broker.call("bida.scheduler.submitBatch", { tasks: seqs.map(taskOf) });
        return true;
      } catch (error) {
        if ((error as { code?: number }).code === 429) return false;
        throw error;
      }
    },
    close: () => broker.stop(),
  };
}

function bullmqSubmitter(redisUrl: string, name: string, work: Work): Submitter {
  const { hostname, port } = new URL(redisUrl);
  const queue = new Queue(name, { connection: { host: hostname, port: Number(port) } });
  const param = paramOf(work);
  const options = optionsOf(work.retryDelayMs);
  return {
    async submit(seqs) {
      const jobs = seqs.map((seq) => ({
        name: "call",
        data: { url: urlOf(work, seq), requestParam: param },
        opts: options,
      }));
      await queue.addBulk(jobs);
      return true;
    },
    close: () => queue.close(),
  };
}

function directSubmitter(work: Work, connections: number): Submitter {
  const each = Math.max(1, Math.ceil(connections / work.destinations));
  const agent = new Agent({ connections: each });
  const body = JSON.stringify(paramOf(work));
  const headers = { "content-type": "application/json" };
  return {
    async submit([seq = 0]) {
      const origin = originOf(work, seq);
      const { status } = await exchange(agent, {
        origin,
        path: pathOf(work, seq),
        method: "POST",
        headers,
        body,
      });
      if (status !== 200) throw new Error(`the receiver answered ${status}`);
      return true;
    },
    close: () => agent.close(),
  };
}

/** undici's own interface: about half the cost of `request`, so the generator weighs less on what it measures. */
function exchange(
  dispatcher: Dispatcher,
  options: Dispatcher.DispatchOptions,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    let status = 0;
    let text = "";
    dispatcher.dispatch(options, {
      onRequestStart() {},
      onResponseStart(_, code) {
        status = code;
      },
      onResponseData(_, chunk) {
        text += chunk.toString("latin1");
      },
      onResponseEnd: () => resolve({ status, text }),
      onResponseError: (_, error) => reject(error),
    });
  });
}
