/** Copies of a database, by the server's own tools. */
import { spawn } from "node:child_process";
import { createReadStream, createWriteStream } from "node:fs";
import { findBinary } from "../../servers/binaries.ts";
import { endWithUs } from "../../servers/process.ts";

const TIME_LIMIT = 60_000;

const dumper = () => findBinary("mariadb-dump", "mysqldump");
const reader = () => findBinary("mariadb", "mysql");

/** Whether this machine has the tools. */
export const canDump = (): boolean => dumper() !== undefined && reader() !== undefined;

const addressed = (url: URL): string[] => [
  ...["--no-defaults", "--protocol=TCP", `--host=${url.hostname}`, `--port=${url.port}`, "--user=root"],
];

/** Writes the database at `url` to a file: as it is at one moment of this call. */
export function dump(url: string, file: string): Promise<void> {
  const from = new URL(url);
  const name = from.pathname.slice(1);
  return run(dumper() as string, [...addressed(from), "--single-transaction", "--quick", name], { to: file });
}

/** Puts what a dump has into the database at `url`, which exists; tables that are there are replaced. */
export function restore(url: string, file: string): Promise<void> {
  const to = new URL(url);
  return run(reader() as string, [...addressed(to), to.pathname.slice(1)], { from: file });
}

async function run(command: string, args: string[], files: { from?: string; to?: string }): Promise<void> {
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"], timeout: TIME_LIMIT });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  if (files.from) createReadStream(files.from).pipe(child.stdin);
  else child.stdin.end();
  child.stdin.on("error", () => {}); // it ended early; `how` says why
  const written = files.to
    ? new Promise<void>((done) => child.stdout.pipe(createWriteStream(files.to as string)).on("finish", done))
    : child.stdout.resume();
  const how = await endWithUs(child);
  await written;
  if (how !== "exit 0") throw new Error(`${command}: ${how}\n${said}`);
}
