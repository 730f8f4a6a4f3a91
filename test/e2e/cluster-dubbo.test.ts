/** A node that runs `dubbo` alone: no database, its tasks and its app are asked for over NATS. @takes 15 s */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { STATUS } from "../../core/dubbo/frame.ts";
import { freePort } from "../servers/ports.ts";
import { startCluster } from "./kit/cluster.ts";
import { DubboClient, outcomeOf, requestLike } from "./kit/dubbo-client.ts";
import { until } from "./kit/until.ts";

const test = suite("dubbo in a cluster");

test("tasks belong to the app; without a scheduler consumers are sent to other providers, and the connection lives on", async () => {
  const port = await freePort();
  const env = { BIDA_DUBBO_PORT: String(port), BIDA_DUBBO_APP: "legacy" };
  const world = await startCluster({
    plan: [
      { services: "api,admin,notifier" },
      { services: "scheduler,dispatcher" },
      { services: "dubbo", env },
    ],
  });
  try {
    const app = await world.app("legacy");
    const client = await DubboClient.open(port);
    const frame = requestLike("post", [
      "http://127.0.0.1:18240/ok/weatherApi",
      world.receiver.url({ body: "成功" }),
    ]);
    const accepted = async () => {
      const answer = await client.ask(frame);
      return answer.status === STATUS.OK ? (outcomeOf(answer) as { value: string }).value : null;
    };
    const taskId = await until("the app is found", accepted);
    await world.receiver.waitForCalls(taskId, 1);
    assert.is((await world.task(taskId, app.headers)).taskId, taskId);
    await world.nodes[1]?.kill();
    const refused = await client.ask(frame);
    assert.is(refused.status, STATUS.SERVER_ERROR);
    await world.join({ services: "scheduler,dispatcher" });
    const later = await until("a scheduler is back", accepted);
    await world.receiver.waitForCalls(later, 1);
    client.close();
  } finally {
    await world.stop();
  }
});

test.run();
