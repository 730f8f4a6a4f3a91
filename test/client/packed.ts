/** The package `bida-client`, as `npm pack ./client` makes it. */
import { execFile } from "node:child_process";
import { cpSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { temporaryFolder } from "../servers/server.ts";

const CLIENT = resolve(import.meta.dirname, "../../client");
const run = promisify(execFile);

export interface Packed {
  tarball: string;
  /** What is in it. */
  folder: string;
}

/** Packs it in a temporary folder: another test may do the same. */
export async function packedClient(): Promise<Packed> {
  const folder = temporaryFolder("client");
  const source = join(folder, "source");
  for (const name of ["package.json", "README.md", "README.zh-CN.md", "LICENSE"])
    cpSync(join(CLIENT, name), join(source, name));
  await run(process.execPath, [join(CLIENT, "build.mjs"), join(source, "dist")]).catch((error) => {
    throw new Error(`${error.message}\n${error.stdout}`);
  });
  // Its own script would build in the checkout.
  const pack = ["pack", "--silent", "--ignore-scripts", "--pack-destination", folder];
  const { stdout } = await run("npm", pack, { cwd: source });
  const tarball = join(folder, stdout.trim());
  await run("tar", ["-xzf", tarball, "-C", folder]);
  return { tarball, folder: join(folder, "package") };
}
