// The servers that a whole test run shares, one of each kind.
import { findProgram, installPrograms, label, type Program } from "./binaries.ts";
import { start as startMariadb } from "./mariadb.ts";
import { start as startNats } from "./nats.ts";
import { start as startRedis } from "./redis.ts";
import type { TestServer } from "./server.ts";

/** What came of asking for programs. */
export interface Provided {
  /** Addresses for the test files' environment: TEST_MYSQL_URL, TEST_REDIS_URL, TEST_NATS_URL. */
  env: Record<string, string>;
  /** Programs that cannot be had, each with one line that says why. */
  missing: Map<Program, string>;
  stop(): Promise<void>;
}

const SERVERS = {
  mariadb: { variable: "TEST_MYSQL_URL", start: startMariadb },
  redis: { variable: "TEST_REDIS_URL", start: startRedis },
  nats: { variable: "TEST_NATS_URL", start: startNats },
};

/** Installs what is missing where that is allowed, and starts the servers among these programs; never rejects. */
export async function provide(programs: Iterable<Program>, say: (line: string) => void): Promise<Provided> {
  const wanted = [...programs];
  installPrograms(wanted, say);
  const env: Record<string, string> = {};
  const missing = new Map<Program, string>();
  const started: TestServer[] = [];
  await Promise.all(
    wanted.map(async (program) => {
      if (!findProgram(program)) {
        missing.set(program, `${label(program)} is not installed`);
        return;
      }
      if (program === "chromium") return;
      try {
        const server = await SERVERS[program].start();
        started.push(server);
        env[SERVERS[program].variable] = server.url;
      } catch (error) {
        say(String(error));
        missing.set(program, `${label(program)} does not start`);
      }
    }),
  );
  return { env, missing, stop: async () => void (await Promise.all(started.map((server) => server.stop()))) };
}
