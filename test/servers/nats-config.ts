// A NATS server whose users and their rights change while it runs.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { start } from "./nats.ts";
import { type TestServer, temporaryFolder } from "./server.ts";

export interface User {
  name: string;
  password: string;
  /** Subjects that it may not subscribe to. */
  mustNotHear?: string[];
}

export interface ConfiguredNats extends TestServer {
  /** The address for a user. */
  urlOf(user: User): string;
  /** The server takes other users, a moment later; it ends the connections of those that have changed. */
  reload(users: User[]): void;
}

export async function startConfigured(users: User[]): Promise<ConfiguredNats> {
  const file = join(temporaryFolder("nats-config"), "nats.conf");
  writeFileSync(file, textOf(users));
  const server = await start(["-c", file]);
  return Object.assign(server, {
    urlOf: ({ name, password }: User) => `nats://${name}:${password}@127.0.0.1:${server.port}`,
    reload(next: User[]) {
      writeFileSync(file, textOf(next));
      process.kill(server.pid, "SIGHUP");
    },
  });
}

/** JSON is a configuration that NATS reads. */
const textOf = (users: User[]): string =>
  JSON.stringify({
    authorization: {
      users: users.map(({ name, password, mustNotHear = [] }) => ({
        user: name,
        password,
        permissions: { publish: ">", subscribe: { allow: [">"], deny: mustNotHear } },
      })),
    },
  });
