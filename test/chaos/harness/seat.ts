/** A place for a node in the cluster. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { BidaNode, type Environment } from "../../e2e/kit/node.ts";
import { temporaryFolder } from "../../servers/server.ts";
import type { Link } from "./link.ts";

export const SERVERS = ["mariadb", "redis", "nats"] as const;
export type ServerName = (typeof SERVERS)[number];
export const ROLES = ["api", "scheduler", "dispatcher"] as const;
export type Role = (typeof ROLES)[number];

const UNEXPECTED = /"msg":"(unexpected|request failed)"/;

/** A place for a node: its ports, links and environment stay while processes come and go. */
export class Seat {
  readonly name: string;
  readonly role: Role;
  readonly links: Record<ServerName, Link>;
  readonly env: Environment;
  readonly #commandFile: string;
  readonly #onDeath: (seat: Seat, how: string) => void;
  node: BidaNode;
  /** Logs of the processes that sat here before. */
  readonly former: BidaNode[] = [];
  #expected = false;

  constructor(
    parts: { name: string; role: Role; links: Record<ServerName, Link>; env: Environment },
    onDeath: (seat: Seat, how: string) => void,
  ) {
    ({ name: this.name, role: this.role, links: this.links } = parts);
    this.#commandFile = join(temporaryFolder("chaos"), "command");
    this.env = { ...parts.env, CHAOS_COMMAND: this.#commandFile };
    this.#onDeath = onDeath;
    this.node = this.#start();
  }

  /** Starts a new process here; the former one must be gone. */
  start(): void {
    this.former.push(this.node);
    this.node = this.#start();
  }

  /** Ends the process without that being a death by itself. SIGKILL, or SIGTERM: then how it ended. */
  async end(signal: "SIGKILL" | "SIGTERM"): Promise<string> {
    this.#expected = true;
    if (signal === "SIGTERM") return this.node.stop();
    await this.node.kill();
    return signal;
  }

  /** Where it listens. */
  get port(): number {
    return this.node.port;
  }

  /** The process may end by itself. */
  expectEnd(): void {
    this.#expected = true;
  }

  /** Has the threads of this dispatcher fail. */
  harmThread(how: "throw" | "memory"): void {
    writeFileSync(this.#commandFile, how);
    this.node.signal("SIGUSR2");
  }

  /** All log records of this seat that say `message`. */
  records(message: string): Record<string, unknown>[] {
    return [...this.former, this.node].flatMap((node) => node.records(message));
  }

  /** Log lines of this seat about what nobody has thought of. */
  get unexpected(): string[] {
    const lines = [...this.former, this.node].flatMap(({ log }) => log.split("\n"));
    return lines.filter((line) => UNEXPECTED.test(line)).map((line) => `${this.name} logged ${line}`);
  }

  /** The machine's clock as the next process here sees it is off by so much. */
  set skewMs(ms: number) {
    this.env.E2E_CLOCK_SHIFT = String(ms);
  }

  #start(): BidaNode {
    this.#expected = false;
    const node = new BidaNode(this.env);
    void node.ended.then((how) => {
      if (this.node !== node || this.#expected) return;
      this.#onDeath(this, how);
      // As a supervisor would.
      this.start();
    });
    return node;
  }
}
