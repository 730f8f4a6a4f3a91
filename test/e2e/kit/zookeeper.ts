/** A throwaway ZooKeeper, from its library. */
import { mkdirSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { freePort } from "../../servers/ports.ts";
import { launch, type Running } from "../../servers/process.ts";
import { temporaryFolder } from "../../servers/server.ts";
import { until } from "./until.ts";

export class ZooKeeperServer {
  readonly port: number;
  readonly #classPath: string;
  readonly #folder: string;
  #running: Running | null = null;

  private constructor(port: number, classPath: string) {
    this.port = port;
    this.#classPath = classPath;
    this.#folder = temporaryFolder("zookeeper");
  }

  /** @param classPath with ZooKeeper 3.4 in it */
  static async start(classPath: string): Promise<ZooKeeperServer> {
    const server = new ZooKeeperServer(await freePort(), classPath);
    await server.start();
    return server;
  }

  /** Starts it again, on its data. */
  async start(): Promise<void> {
    const data = join(this.#folder, "data");
    mkdirSync(data, { recursive: true });
    const settings = { tickTime: 500, dataDir: data, clientPort: this.port, clientPortAddress: "127.0.0.1" };
    const file = join(this.#folder, "zoo.cfg");
    writeFileSync(
      file,
      Object.entries({ ...settings, maxSessionTimeout: 4_000 })
        .map((pair) => pair.join("="))
        .join("\n"),
    );
    const options = [
      "-Xmx96m",
      "-XX:+UseSerialGC",
      "-XX:TieredStopAtLevel=1",
      "-Dzookeeper.jmx.log4j.disable=true",
    ];
    const main = "org.apache.zookeeper.server.ZooKeeperServerMain";
    this.#running = launch("java", [...options, "-cp", this.#classPath, main, file]);
    const ended = this.#running.ended.then((how) => {
      throw new Error(`ZooKeeper ended (${how}): ${this.#running?.output()}`);
    });
    await Promise.race([until("ZooKeeper answers", () => this.#answers(), 60_000), ended]);
  }

  async stop(): Promise<void> {
    await this.#running?.stop("SIGKILL");
  }

  /** The four letter word `ruok`. */
  #answers(): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const socket = connect(this.port, "127.0.0.1", () => socket.write("ruok"));
    socket.on("data", (answer) => resolve(answer.toString() === "imok"));
    socket.on("error", () => resolve(false)).on("close", () => resolve(false));
    return promise.finally(() => socket.destroy());
  }
}
