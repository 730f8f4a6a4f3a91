/** The log's reader may go, and its disk be full: deliveries go on. @takes 8 s */
import { closeSync, existsSync, openSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { embeddedEnv } from "./kit/embedded.ts";
import { BidaNode } from "./kit/node.ts";
import { Receiver } from "./kit/receiver.ts";
import { ADMIN } from "./kit/world.ts";

let receiver: Receiver;

test.before(async () => {
  receiver = await Receiver.start();
});
test.after(() => receiver.stop());

/** So many tasks that their lines are written more than once. */
async function delivers(node: BidaNode): Promise<void> {
  for (let i = 0; i < 20; i++) {
    const tasks = Array.from({ length: 50 }, () => ({
      url: `${receiver.origin}/any`,
      requestMethod: "POST",
      limitCallCount: 1,
    }));
    const answer = await fetch(`${node.baseUrl}/v1/tasks/batch`, {
      method: "POST",
      headers: { ...ADMIN, "content-type": "application/json" },
      body: JSON.stringify({ tasks }),
    });
    assert.is(answer.status, 202);
    const { results } = (await answer.json()) as { results: { taskId: string }[] };
    for (const { taskId } of results) await receiver.waitForCalls(taskId, 1);
  }
}

test("nobody reads stdout and stderr any more (EPIPE)", async () => {
  const node = await new BidaNode(await embeddedEnv()).ready(60_000);
  node.closeOutput();
  await delivers(node);
  assert.is(await node.stop(), "exit 0");
});

test("stdout is a file on a disk that is full (ENOSPC)", async () => {
  if (!existsSync("/dev/full")) return;
  const full = openSync("/dev/full", "w");
  const node = new BidaNode(await embeddedEnv(), { stdout: full });
  closeSync(full);
  await node.ready(60_000);
  await delivers(node);
  assert.is(await node.stop(), "exit 0", node.stderr);
});

test.run();
