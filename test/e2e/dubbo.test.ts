/**
 * Dubbo's consumers and a whole Bida: tasks, whose they are, real consumers of four versions in Java, registries. Where Java, Maven or
 * its libraries cannot be had, the consumers' part says so and does not run.
 * @takes 35 s
 */
import { Redis } from "ioredis";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { STATUS } from "../../core/dubbo/frame.ts";
import { membersOf } from "../../core/json/look.ts";
import { readJson } from "../../core/json/text.ts";
import { ZooKeeperRegistry } from "../../services/dubbo/zookeeper-registry.ts";
import { RICH_AS_SENT, recorded } from "../core/dubbo/recording.ts";
import { redisUrl } from "../servers/env.ts";
import { freePort } from "../servers/ports.ts";
import { DubboClient, outcomeOf, requestLike } from "./kit/dubbo-client.ts";
import { DubboConsumer } from "./kit/dubbo-consumer.ts";
import { startEmbedded } from "./kit/embedded.ts";
import { DUBBO_VERSIONS, type DubboVersion, prepareJava } from "./kit/java.ts";
import { Relay } from "./kit/relay.ts";
import { until } from "./kit/until.ts";
import type { World } from "./kit/world.ts";
import { ZooKeeperServer } from "./kit/zookeeper.ts";

const CALLBACK_EXCEPTION = "cn.keking.callcenter.sdk.exception.CallBackException";
const EVERY_REASON =
  "任务添加失败，url为空或url格式不正确，最大重试次数不能为空且不能大于100，请求方式不能为空，期待结果不能为空";
/** 127.0.0.1 as a number: Dubbo's consumers replace every usual name of it by their own machine's address. */
const HOST = "2130706433";
const PROVIDERS = "/dubbo/cn.keking.callcenter.sdk.service.CallBackService/providers";
const RECORDED_URL = "http://127.0.0.1:18240/ok/weatherApi";

const plain = suite("dubbo");

plain(
  "a consumer's task is committed, belongs to the app, and is called; the goodbye comes before the end",
  async () => {
    const port = await freePort();
    const world = await startEmbedded({ BIDA_DUBBO_PORT: String(port), BIDA_DUBBO_APP: "legacy" });
    try {
      const client = await DubboClient.open(port);
      const frame = requestLike("post", [RECORDED_URL, world.receiver.url({ body: "成功" })]);
      const refused = await client.ask(frame);
      assert.is(refused.status, STATUS.SERVER_ERROR, "there is no such app yet");
      const app = await world.app("legacy");
      const answer = await until("the app is found", async () => {
        const one = await client.ask(frame);
        return one.status === STATUS.OK ? one : null;
      });
      const { value: taskId } = outcomeOf(answer) as { value: string };
      const [call] = await world.receiver.waitForCalls(taskId, 1);
      assert.is(call?.body.toString(), '{"city":"上海"}');
      const task = await world.ended(taskId);
      assert.is(task.state, "succeeded");
      assert.equal([task.sourceIp, task.profile, task.timeoutMs], ["127.0.0.1", "kkbida", 60_000]);
      assert.is((await world.task(taskId, app.headers)).taskId, taskId);
      const stopped = world.nodes[0]?.stop();
      await client.frame("the goodbye", ({ isEvent, isRequest }) => isEvent && isRequest);
      assert.is((await client.ask(recorded("echo").request)).status, STATUS.OK);
      await client.closed;
      assert.is(await stopped, "exit 0");
    } finally {
      await world.stop();
    }
  },
);

plain.run();

const prepared = prepareJava();
const java = suite("dubbo consumers");

if ("missing" in prepared) {
  console.log(`Dubbo consumers in Java did not run: ${prepared.missing}`);
  java.skip("Java, Maven and their libraries", () => undefined);
} else withJava(prepared.classPaths);

java.run();

function withJava(classPaths: Record<DubboVersion, string>): void {
  let world: World;
  let port: number;
  let redis: Redis;
  let zookeeper: ZooKeeperServer;
  let redisAddress: string;

  java.before(async () => {
    port = await freePort();
    redisAddress = (await redisUrl()).replace(/\/0$/, "");
    redis = new Redis(redisAddress);
    zookeeper = await ZooKeeperServer.start(classPaths["2.6.5"]);
    world = await startEmbedded({
      BIDA_DUBBO_PORT: String(port),
      BIDA_DUBBO_HOST: HOST,
      BIDA_DUBBO_REGISTRY: `${redisAddress} | zookeeper://127.0.0.1:${zookeeper.port}`,
    });
  });
  java.after(async () => {
    redis.disconnect();
    await world.stop();
    await zookeeper.stop();
  });

  async function consuming(
    version: DubboVersion,
    where: "direct" | "redis" | "zookeeper",
    use: (consumer: DubboConsumer) => Promise<void>,
  ): Promise<void> {
    const addresses = {
      direct: `${HOST}:${port}`,
      redis: redisAddress,
      zookeeper: `zookeeper://127.0.0.1:${zookeeper.port}`,
    };
    const kind = where === "direct" ? "direct" : "registry";
    const consumer = await DubboConsumer.start(classPaths[version], kind, addresses[where]);
    await use(consumer).finally(() => consumer.stop());
  }

  for (const version of DUBBO_VERSIONS) {
    java(`a consumer of ${version} gets ids, kkbida's exceptions, echoes and generic calls`, () =>
      consuming(version, "direct", async (consumer) => {
        const url = world.receiver.url();
        const taskId = await consumer.value("call", "POST", url);
        const [call] = await world.receiver.waitForCalls(taskId, 1);
        assert.is(call?.body.toString(), '{"city":"上海"}');
        const rich = await consumer.value("rich", url);
        const [sent] = await world.receiver.waitForCalls(rich, 1);
        const sorted = (json: string) => [...membersOf(readJson(json))].sort();
        assert.equal(sorted(sent?.body.toString() ?? ""), sorted(RICH_AS_SENT));
        const refusals: [words: string[], message: string][] = [
          [["nothing"], EVERY_REASON],
          [["call", "GET", "ftp://x"], "任务添加失败，url为空或url格式不正确"],
          [["call", "", url], "任务添加失败，请求方式不能为空"],
          [["doCall", "GET", "ftp://x"], "任务添加失败，url为空或url格式不正确"],
        ];
        for (const [words, message] of refusals)
          assert.equal(await consumer.run(...words), { exception: CALLBACK_EXCEPTION, message });
        assert.is(await consumer.value("echo", "上海\u{1F600}"), "上海\u{1F600}");
        assert.is(await consumer.value("echoRich"), await consumer.value("richText"));
        const generic = await consumer.value("generic", "POST", url);
        const [third] = await world.receiver.waitForCalls(generic, 1);
        assert.is(third?.body.toString(), '{"amount":0.10}');
        const refused = await consumer.run("generic", "POST", "ftp://x");
        assert.match(
          "message" in refused ? refused.exception : "",
          /\.dubbo\.rpc\.service\.GenericException$/,
        );
        assert.match("message" in refused ? refused.message : "", /任务添加失败，url为空或url格式不正确$/);
      }),
    );
  }

  for (const [version, where] of [
    ["2.5.10", "redis"],
    ["2.6.5", "redis"],
    ["2.7.23", "redis"],
    ["2.6.5", "zookeeper"],
    ["2.7.23", "zookeeper"],
  ] as const) {
    java(`a consumer of ${version} finds the provider in ${where}`, () =>
      consuming(version, where, async (consumer) => {
        const taskId = await consumer.value("call", "POST", world.receiver.url());
        await world.receiver.waitForCalls(taskId, 1);
      }),
    );
  }

  java("a consumer that repeats its request to a node that stands still gets one task", async () => {
    const relay = await Relay.start(port);
    const settings = ["-Dtimeout=1000", "-Dretries=2"];
    // Twice the same: with a single URL Dubbo repeats nothing. Both share one connection.
    const address = `${HOST}:${relay.port};dubbo://${HOST}:${relay.port}`;
    const consumer = await DubboConsumer.start(classPaths["2.6.5"], "direct", address, settings);
    try {
      await until(
        "a first call",
        async () => "value" in (await consumer.run("call", "POST", world.receiver.url())),
      );
      const url = world.receiver.url();
      const before = relay.requests;
      world.nodes[0]?.pause();
      const called = consumer.run("call", "POST", url);
      await until("the request and its repetition", () => relay.requests >= before + 2).finally(() =>
        world.nodes[0]?.resume(),
      );
      const outcome = await called;
      assert.ok("value" in outcome, JSON.stringify(outcome));
      // Whatever else the two had caused would be committed before this one.
      await until(
        "a later call",
        async () => "value" in (await consumer.run("call", "POST", world.receiver.url())),
      );
      const { json } = await world.api("GET", `/v1/tasks?url=${encodeURIComponent(url)}`);
      const tasks: { url: string; taskId: string }[] = json.items.filter(
        (task: { url: string }) => task.url === url,
      );
      assert.equal(
        tasks.map(({ taskId }) => taskId),
        [outcome.value],
      );
    } finally {
      await consumer.stop();
      await relay.stop();
    }
  });

  java("2,000 calls from 32 threads, equal to the byte: each is a task, and is delivered", () =>
    consuming("2.6.5", "direct", async (consumer) => {
      const path = world.receiver.url();
      const figures = await consumer.value("load", path, "2000", "32");
      const [ids, failures, seconds = 0, p50, p99, longest] = figures.split(" ").map(Number);
      const rate = (2_000 / seconds).toFixed(0);
      console.log(`Dubbo: ${rate} calls per second; p50 ${p50} ms, p99 ${p99} ms, longest ${longest} ms`);
      assert.equal([ids, failures], [2_000, 0]);
      const arrived = () => {
        const calls = world.receiver.ledger.filter((call) => path.endsWith(call.path));
        return new Set(calls.map(({ taskId }) => taskId)).size === 2_000;
      };
      await world.receiver.waitFor("all of them", arrived, 60_000);
    }),
  );

  java(
    "ZooKeeper: a former process's node is taken over; a restart of the server loses nothing; the end takes it out",
    async () => {
      const url = new URL(`zookeeper://127.0.0.1:${zookeeper.port}?group=own`);
      const provider = "dubbo://192.0.2.2:20880/x?a=b";
      const former = new ZooKeeperRegistry(url, provider);
      await former.renew();
      const own = new ZooKeeperRegistry(url, provider);
      await own.renew();
      await own.renew();
      // The former one's session still lives: what it had is gone with the take-over, not with its end.
      await former.remove();
      let losses = 0;
      own.onLost(() => losses++);
      await zookeeper.stop();
      await until("the loss is noticed", () => losses > 0);
      let isAway = false;
      await own.renew().catch(() => {
        isAway = true;
      });
      assert.ok(isAway);
      await zookeeper.start();
      await until("it is registered again", () =>
        own.renew().then(
          () => true,
          () => false,
        ),
      );
      await own.remove();
    },
  );

  java("after a stop no registry has it, and consumers know", async () => {
    assert.is(await redis.hlen(PROVIDERS), 1);
    await consuming("2.6.5", "zookeeper", async (consumer) => {
      await consumer.value("call", "POST", world.receiver.url());
      assert.is(await world.nodes[0]?.stop(), "exit 0");
      assert.is(await redis.hlen(PROVIDERS), 0);
      const outcome = await until("the consumer has no provider", async () => {
        const one = await consumer.run("call", "POST", world.receiver.url());
        return "message" in one && /no provider available/i.test(one.message) ? one : null;
      });
      assert.match(outcome.exception, /RpcException$/);
    });
  });
}
