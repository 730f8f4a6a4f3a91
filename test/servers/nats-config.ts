// A NATS server whose users and their rights change while it runs.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { connect } from "nats";
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
  /** Resolves when the server takes these users; it ends the connections of those that have changed. */
  reload(users: User[]): Promise<void>;
}

export async function startConfigured(users: User[]): Promise<ConfiguredNats> {
  const file = join(temporaryFolder("nats-config"), "nats.conf");
  writeFileSync(file, textOf(users));
  const server = await start(["-c", file]);
  let reloads = 0;
  return Object.assign(server, {
    urlOf: ({ name, password }: User) => `nats://${name}:${password}@127.0.0.1:${server.port}`,
    async reload(next: User[]) {
      // Meanwhile the server may refuse anybody: it is done when it knows somebody new.
      const probe = { name: `probe-${++reloads}`, password: "probe" };
      writeFileSync(file, textOf([...next, probe]));
      process.kill(server.pid, "SIGHUP");
      while (!(await isLetIn(server.port, probe))) await pause(50);
    },
  });
}

async function isLetIn(port: number, { name, password }: User): Promise<boolean> {
  try {
    await (await connect({ port, user: name, pass: password, reconnect: false })).close();
    return true;
  } catch {
    return false;
  }
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
