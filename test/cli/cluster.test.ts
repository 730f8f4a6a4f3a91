/** `bida start --cluster`: servers and nodes of a whole cluster, up and down again, nothing left behind. @takes 30 s */
import { execFileSync } from "node:child_process";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { until } from "../e2e/kit/until.ts";
import { freePort } from "../servers/ports.ts";
import { temporaryFolder } from "../servers/server.ts";
import { bida, environment, started } from "./command.ts";

test("it delivers, and SIGTERM stops all of it", async () => {
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
  child.kill("SIGTERM");
  const { code } = await ended;
  assert.is(code, 0);
  const left = execFileSync("ps", ["-eo", "args"], { encoding: "utf8" }).split("\n");
  assert.equal(
    left.filter((line) => line.includes(folder)),
    [],
  );
});

test.run();
