// A way to a server on 127.0.0.1 that can go silent, or lead elsewhere.
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface Way {
  readonly port: number;
  /** Connections from now on lead to this port; those that are there stay. */
  leadTo(port: number): void;
  /** Nothing passes any more on the connections that are there, and nobody is told. New ones work. */
  silence(): void;
  stop(): Promise<void>;
}

/** @param to the first server's port */
export async function startWay(to: number): Promise<Way> {
  let target = to;
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(target, "127.0.0.1");
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", () => socket.destroy()).on("close", () => sockets.delete(socket));
    }
    near.pipe(far).pipe(near);
    near.on("close", () => far.destroy());
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    port: (server.address() as AddressInfo).port,
    leadTo(port) {
      target = port;
    },
    silence() {
      for (const socket of sockets) socket.unpipe().pause();
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((closed) => server.close(closed));
    },
  };
}
