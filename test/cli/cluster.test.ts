/** `bida start --cluster`: servers and nodes of a whole cluster, up and down again, nothing left behind. @takes 15 s */
import { execFile, execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { packedClient } from "../client/packed.ts";
import { Receiver } from "../e2e/kit/receiver.ts";
import { until } from "../e2e/kit/until.ts";
import { freePort } from "../servers/ports.ts";
import { temporaryFolder } from "../servers/server.ts";
import { bida, environment, ROOT, started } from "./command.ts";

test("it delivers, and all of it stops with the terminal", async () => {
  const [port, folder] = [await freePort(), temporaryFolder("cluster")];
  const env = environment({ BIDA_PORT: String(port), BIDA_DATA_DIR: folder });
  const { child, said, ended } = started(["start", "--cluster"], env);
  await until("the cluster", () => said.out.includes("The cluster is up") || said.err !== "", 120_000);
  assert.is(said.err, "");
  const remote = environment({ BIDA_URL: `http://127.0.0.1:${port}`, BIDA_USER: "admin:admin" });
  const listed = await bida(["nodes", "--json"], remote);
  assert.is(JSON.parse(listed.out).items.length, 5);
  const target = `http://127.0.0.1:${port}/healthz`;
  const sent = await bida(["send", target, "--method", "GET", "--limit", "1", "--wait", "--json"], remote);
  assert.ok(["succeeded", "exhausted"].includes(JSON.parse(sent.out).task.state), sent.out);
  await runsReadme(said.out);
  // As where a terminal is closed: nobody reads along any more.
  child.stdout?.destroy();
  child.kill("SIGHUP");
  const { code } = await ended;
  assert.is(code, 0);
  await until(
    "all to be gone",
    () => !execFileSync("ps", ["-eo", "args"], { encoding: "utf8" }).includes(folder),
  );
});

/** The README's example of RPC, in a folder of its own with the packages that it imports, on the NATS that the cluster names. */
async function runsReadme(printed: string): Promise<void> {
  const [, nats = ""] = /^Programs with Moleculer reach it at (\S+);/m.exec(printed) ?? [];
  assert.match(nats, /^nats:\/\/127\.0\.0\.1:\d+$/);
  const blocks = readFileSync(join(ROOT, "README.md"), "utf8").matchAll(/^```ts\n(.*?)^```/gms);
  const block = Array.from(blocks, ([, text = ""]) => text).find((text) =>
    text.includes("createBrokerClient"),
  );
  const [folder, receiver] = [temporaryFolder("readme"), await Receiver.start()];
  // This machine's ports 4222 and 9100 may be somebody else's.
  const program = block
    ?.replace("nats://127.0.0.1:4222", nats)
    .replace(/http:\/\/127\.0\.0\.1:9100\/\w+/, receiver.url());
  writeFileSync(join(folder, "rpc.mjs"), program ?? "");
  mkdirSync(join(folder, "node_modules"));
  const { folder: client } = await packedClient();
  for (const [name, at] of Object.entries({ "bida-client": client, moleculer: "", nats: "" }))
    symlinkSync(at || join(ROOT, "node_modules", name), join(folder, "node_modules", name));
  const { stdout } = await promisify(execFile)(process.execPath, [join(folder, "rpc.mjs")], {
    cwd: folder,
    timeout: 60_000,
    env: environment(),
  });
  assert.match(stdout, /state: 'succeeded'/);
  await receiver.stop();
}

test.run();
