/** Programs of this machine that a cluster needs. */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { Refused } from "../../services/repl/mistake.ts";

const PROGRAMS = {
  database: { names: ["mariadbd", "mysqld"], install: "mariadb-server" },
  redis: { names: ["redis-server", "valkey-server"], install: "redis-server" },
  nats: { names: ["nats-server"], install: "nats-server" },
} as const;

/** Servers are installed where an ordinary user's PATH does not look. */
const ALSO_IN = ["/usr/sbin", "/usr/local/sbin", "/usr/local/bin", "/opt/homebrew/bin"];

/** Paths of all. @throws Refused: one line that names all that are missing */
export function programs(): Record<keyof typeof PROGRAMS, string> {
  const found = Object.entries(PROGRAMS).map(([what, { names }]) => [what, findBinary(...names)] as const);
  const missing = found
    .filter(([, path]) => path === null)
    .map(([what]) => PROGRAMS[what as keyof typeof PROGRAMS]);
  if (missing.length > 0) {
    const names = missing.map(({ names }) => names[0]).join(", ");
    const packages = missing.map(({ install }) => install).join(" ");
    throw new Refused(`${names} not found; install them (apt install ${packages}), or use docker compose up`);
  }
  return Object.fromEntries(found) as Record<keyof typeof PROGRAMS, string>;
}

/** The full path of the first of these names that exists as an executable; null where none does. */
export function findBinary(...names: string[]): string | null {
  const folders = [...(process.env.PATH ?? "").split(delimiter).filter(Boolean), ...ALSO_IN];
  const paths = names.flatMap((name) => folders.map((folder) => join(folder, name)));
  return paths.find(isExecutable) ?? null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
