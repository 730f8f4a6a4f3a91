/**
 * The Java client that docs/java.md shows, compiled and run before a whole Bida. Where Java, Maven or Spring cannot be had, it says so
 * and does not run. @takes 15 s
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { startEmbedded } from "./kit/embedded.ts";
import { JAVA_OPTIONS, prepareSpring } from "./kit/java.ts";

const DOCS = resolve(import.meta.dirname, "../../docs");
const SOURCE = resolve(DOCS, "java/BidaClient.java");

const test = suite("spring client");

test("the page shows the client as it is, in both languages", () => {
  const source = readFileSync(SOURCE, "utf8").trim();
  for (const page of ["java.md", "zh-CN/java.md"])
    assert.ok(readFileSync(resolve(DOCS, page), "utf8").includes(`\`\`\`java\n${source}\n\`\`\``), page);
});

const prepared = prepareSpring([SOURCE, resolve(import.meta.dirname, "java-client/Try.java")]);
if ("missing" in prepared) {
  console.log(`Spring's client did not run: ${prepared.missing}`);
  test.skip("Java, Maven and Spring", () => undefined);
} else
  test("one task per key, digits exact, refusals with their fields", async () => {
    const world = await startEmbedded();
    try {
      const app = await world.app("shop");
      const url = world.receiver.url();
      const args = [...JAVA_OPTIONS, "-cp", prepared.classPath, "Try", world.baseUrl, app.key, url];
      // The receiver lives in this process, and answers once it has its turn again.
      const { status, stdout, stderr } = spawnSync("java", args, { encoding: "utf8", timeout: 60_000 });
      assert.is(status, 0, stderr);
      const [first, second, refused = ""] = stdout.trim().split("\n");
      assert.is(first, second);
      assert.match(refused, /^400 .*"field":"url"/);
      const [call] = await world.receiver.waitForCalls(first ?? "", 1);
      const body = call?.body.toString() ?? "";
      assert.match(body, /"orderId":7088992364139642881\b/);
      assert.match(body, /"amount":1\.50\b/);
      await world.ended(first ?? "");
      assert.is((await world.task(first ?? "", app.headers)).state, "succeeded", "the app may see it");
    } finally {
      await world.stop();
    }
  });

test.run();
