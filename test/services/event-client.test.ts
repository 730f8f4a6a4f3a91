import { createServer, type ServerResponse } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { TaskChange } from "../../core/contract.ts";
import { EventClient, type Subscription } from "../../services/api/event-client.ts";
import { until } from "../e2e/kit/until.ts";

const everything: Subscription = {
  scope: { appId: null },
  taskId: null,
  types: new Set(["task.accepted", "task.succeeded"]),
};

const change = (more: Partial<TaskChange> = {}): TaskChange => ({
  type: "task.accepted",
  taskId: "t",
  appId: 0,
  state: "pending",
  callCount: 0,
  limitCallCount: 1,
  url: `http://a/${"x".repeat(500)}`,
  sourceAppName: null,
  targetAppName: null,
  nextCallAt: null,
  lastError: null,
  at: "2026-01-01T00:00:00.000Z",
  attempt: null,
  ...more,
});

/** An answer whose reader is paused until `resume`. */
async function connection(): Promise<{ res: ServerResponse; reader: Socket; text(): string; close(): void }> {
  const answers = Promise.withResolvers<ServerResponse>();
  const server = createServer((_, res) => answers.resolve(res.writeHead(200)));
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const reader = connect((server.address() as AddressInfo).port, "127.0.0.1");
  reader.write("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
  reader.pause();
  let text = "";
  reader.setEncoding("utf8").on("data", (part: string) => {
    text += part;
  });
  reader.pause();
  const res = await answers.promise;
  return {
    res,
    reader,
    text: () => text,
    close: () => {
      reader.destroy();
      server.close();
    },
  };
}

const sent = (text: string) =>
  [...text.matchAll(/data: (.*)\n/g)].map(
    ([, data]) => JSON.parse(data as string) as Record<string, unknown>,
  );

test("what a client follows: its app, its task, its types", async () => {
  const { res, reader, text, close } = await connection();
  reader.resume();
  const client = new EventClient(res, { ...everything, scope: { appId: 3 }, taskId: "a" });
  client.offer(change({ appId: 3, taskId: "a", callCount: 7 }));
  client.offer(change({ appId: 4, taskId: "a" }));
  client.offer(change({ appId: 3, taskId: "b" }));
  client.offer(change({ appId: 3, taskId: "a", type: "task.canceled" }));
  client.flush();
  client.flush();
  const [only, ...more] = await until("the event", () => (sent(text()).length > 0 ? sent(text()) : null));
  assert.equal(more, []);
  assert.equal(
    (only!.items as TaskChange[]).map(({ callCount }) => callCount),
    [7],
  );
  close();
});

test("a client that does not read: memory stays bounded, and it hears how much was dropped", async () => {
  const { res, reader, text, close } = await connection();
  const client = new EventClient(res, everything);
  let offered = 0;
  for (let i = 0; i < 60; i++) {
    for (let k = 0; k < 1_500; k++, offered++) client.offer(change());
    client.flush();
    client.heartbeat();
    client.send("stats", { i });
    await new Promise(setImmediate);
    // What fits into one flush beyond the bound, and no more.
    assert.ok(res.writableLength < 2 * 1024 * 1024, `${res.writableLength}`);
  }
  reader.resume();
  const total = () => {
    const data = sent(text());
    const items = data.reduce((n, { items }) => n + ((items as unknown[] | undefined)?.length ?? 0), 0);
    const dropped = data.reduce((n, { dropped }) => n + Number(dropped ?? 0), 0);
    return { items, dropped };
  };
  await until("everything to be told", () => {
    client.flush();
    return total().items + total().dropped === offered;
  });
  assert.ok(total().dropped > 1_000 && total().items >= 1_000, JSON.stringify(total()));
  close();
});

test.run();
