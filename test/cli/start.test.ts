/** `bida start` where a setting is wrong: one line that names it, exit code 2, as with `npm start`. @takes 20 s */
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { temporaryFolder } from "../servers/server.ts";
import { bida, environment } from "./command.ts";

const folder = temporaryFolder("start");
writeFileSync(join(folder, "file"), "");

/** Node's own way of making folders never ends at the second one. */
const NO_FOLDERS: [dataDir: string, reason: string][] = [
  [join(folder, "file/data"), "ENOTDIR: not a directory"],
  ["/proc/nope", "ENOENT: no such file or directory"],
];
for (const [dataDir, reason] of NO_FOLDERS)
  for (const args of [["start"], ["start", "--cluster"], ["migrate"]])
    test(`${args.join(" ")}, BIDA_DATA_DIR=${dataDir.replace(folder, "…")}`, async () => {
      const { code, out, err } = await bida(args, environment({ BIDA_DATA_DIR: dataDir, BIDA_PORT: "0" }));
      assert.equal([code, out.includes("Stopping")], [2, false], err);
      assert.match(err, /^bida: BIDA_DATA_DIR: [^\n]*; set another one\n$/);
      assert.ok(err.includes(reason), err);
    });

test("a port that is taken: the line says what to set", async () => {
  const other = createServer();
  await new Promise<void>((listening) => other.listen(0, "127.0.0.1", listening));
  const { port } = other.address() as { port: number };
  const env = environment({ BIDA_DATA_DIR: folder, BIDA_PORT: String(port) });
  const { code, err } = await bida(["start"], env).finally(() => other.close());
  assert.is(code, 2, err);
  assert.match(err, /^bida: BIDA_PORT: [^\n]* in use by another program; .*, such as BIDA_PORT=\d+\n$/);
});

test.run();
