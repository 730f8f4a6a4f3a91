// What actors are tested against: real servers on 127.0.0.1, jobs, and pools.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { Connections } from "../../actors/connections.ts";
import { type DeliveryContext, deliver } from "../../actors/delivery.ts";
import { guardedConnector } from "../../actors/egress.ts";
import type { LeasedJob } from "../../actors/lease-trust.ts";
import { LOOPBACK_RANGES } from "../../core/addresses.ts";
import { EgressPolicy } from "../../core/egress.ts";
import { epochMs, millis } from "../../core/clock.ts";
import { laneOf, newTaskId, originOf } from "../../core/ids.ts";
import type { Job, Outcome } from "../../core/job.ts";
import { temporaryFolder } from "../servers/server.ts";

export interface Target {
  url: string;
  stop(): Promise<void>;
}

export async function listening(server: Server, scheme = "http", host = "127.0.0.1"): Promise<Target> {
  const sockets = new Set<Socket>();
  for (const event of ["connection", "secureConnection"]) {
    server.on(event, (socket: Socket) => {
      sockets.add(socket.on("error", () => {}).on("close", () => sockets.delete(socket)));
    });
  }
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `${scheme}://${host.includes(":") ? `[${host}]` : host}:${port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

export const httpTarget = (answer: RequestListener): Promise<Target> => listening(createServer(answer));

/**
 * A server that speaks bare TCP: `speak` is called once the request's headers are there.
 * @param opened called with each connection
 */
export const tcpTarget = (
  speak: (socket: Socket) => void,
  opened: (socket: Socket) => void = () => undefined,
): Promise<Target> =>
  listening(
    createTcpServer((socket) => {
      opened(socket);
      let text = "";
      socket.on("data", (chunk) => {
        const before = text.includes("\r\n\r\n");
        text += chunk.toString("latin1");
        if (!before && text.includes("\r\n\r\n")) speak(socket);
      });
    }),
  );

export const allowLoopback = new EgressPolicy(LOOPBACK_RANGES);

/** For localhost, of an authority that nobody knows. */
export function certificate(): { key: Buffer; cert: Buffer } {
  const folder = temporaryFolder("tls");
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
  const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"];
  execFileSync("openssl", ["req", "-x509", ...kind, ...subject, "-keyout", key, "-out", cert], {
    stdio: "ignore",
  });
  return { key: readFileSync(key), cert: readFileSync(cert) };
}

export const connectionsTo = (url: string, connector = guardedConnector(allowLoopback)): Connections =>
  new Connections(originOf(url), { connector });

/** What came of a call that was made. */
export async function delivered(job: Job, context: DeliveryContext): Promise<Outcome> {
  const end = await deliver(job, context);
  if ("failure" in end) throw new Error(`not made: ${end.error.message}`);
  return end;
}

export function job(url: string, more: Partial<LeasedJob> = {}): LeasedJob {
  return {
    taskId: newTaskId(),
    lane: laneOf(originOf(url)),
    app: 0,
    first: true,
    dueAt: epochMs(0),
    n: 1,
    url,
    requestMethod: "POST",
    requestParam: null,
    body: null,
    bodyBase64: null,
    contentType: null,
    headers: null,
    expectResult: null,
    expect: null,
    timeoutMs: millis(10_000),
    expiresAt: null,
    secrets: [],
    trustedUntil: Number.POSITIVE_INFINITY,
    ...more,
  };
}
