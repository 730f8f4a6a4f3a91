/** Shell blocks of the documentation, run by bash. `npm`, `npx` and `bida` are stood in for by `shim.ts`; curl is the real one. */
import { spawn } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { boundToUs, endWithUs } from "../../servers/process.ts";
import { temporaryFolder } from "../../servers/server.ts";
import { ROOT } from "./markdown.ts";

/** ms; a command that asks a Bida takes one or two seconds on a busy machine. */
const PATIENCE = 60_000;

/** What blocks reach instead of what they name. */
export interface Places {
  /** `host:port` of Bida, and of the target. */
  bida: string;
  target: string;
  env: Record<string, string>;
}

/** Addresses in examples become those of this run; `…` becomes something that could stand there. */
export function placed(text: string, { bida, target }: Pick<Places, "bida" | "target">): string {
  return text
    .replaceAll("127.0.0.1:8080", bida)
    .replaceAll("127.0.0.1:9100", target)
    .replaceAll("../your-program", ".")
    .replaceAll("<command>", "queue")
    .replaceAll("commands.txt", "/dev/null")
    .replaceAll("admin:…", "admin:admin")
    .replaceAll("access_token=…", "access_token=x")
    .replaceAll("SEC…", "SECx")
    .replace(/BIDA_SECRET_KEY=…/g, `BIDA_SECRET_KEY=${Buffer.alloc(32, 1).toString("base64")}`)
    .replace(/mysql:\/\/…/g, "mysql://bida:secret@db.example:3306/bida")
    .replace(/(redis|nats):\/\/…/g, "$1://server.example");
}

const made: { folder?: string } = {};

/** A folder with the stand-ins, first on the PATH. */
function shimFolder(): string {
  if (made.folder) return made.folder;
  const shims = temporaryFolder("shims");
  made.folder = shims;
  for (const name of ["npm", "npx", "bida"]) {
    const script = join(shims, name);
    writeFileSync(
      script,
      `#!/bin/sh\nexec "${process.execPath}" "${join(import.meta.dirname, "shim.ts")}" ${name} "$@"\n`,
    );
    chmodSync(script, 0o755);
  }
  // A refusal is a failure, and its body is shown.
  writeFileSync(join(shims, ".curlrc"), "fail-with-body\nsilent\nshow-error\nmax-time = 30\n");
  return shims;
}

/** @returns what it printed on stdout. @throws Error with all it printed, where a command fails */
export async function runShell(text: string, places: Places): Promise<string> {
  const folder = shimFolder();
  const [command, args] = boundToUs("bash", ["-euo", "pipefail", "-c", placed(text, places)]);
  const child = spawn(command, args, {
    cwd: ROOT,
    env: {
      ...process.env,
      ...places.env,
      CURL_HOME: folder,
      PATH: `${folder}${delimiter}${process.env.PATH}`,
    },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: PATIENCE,
  });
  const said = { out: "", err: "" };
  child.stdout?.setEncoding("utf8").on("data", (some: string) => {
    said.out += some;
  });
  child.stderr?.setEncoding("utf8").on("data", (some: string) => {
    said.err += some;
  });
  const closed = new Promise<void>((done) => child.once("close", () => done()));
  const how = await endWithUs(child);
  await closed;
  if (how !== "exit 0") throw new Error(`${how}\n${said.out}\n${said.err}`);
  return said.out;
}
