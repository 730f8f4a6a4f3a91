// The Dubbo provider on a socket, with a scheduler that does as the test says. @takes 15 s
import { ServiceBroker } from "moleculer";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { AddressRanges } from "../../core/addresses.ts";
import type { Submission, SubmissionResult } from "../../core/contract.ts";
import { heartbeat, MAX_BODY, STATUS } from "../../core/dubbo/frame.ts";
import { BidaError, type RefusalCode } from "../../core/errors.ts";
import { hessianString } from "../../core/hessian/writer.ts";
import { parseLegacyTask } from "../../core/legacy.ts";
import { refusalTo } from "../../services/bus/wire-errors.ts";
import { responder } from "../../services/dubbo/desk.ts";
import { DubboServer, type ServerOptions } from "../../services/dubbo/server.ts";
import { Standstill } from "../../services/dubbo/standstill.ts";
import { RECORDING, recorded } from "../core/dubbo/recording.ts";
import { DubboClient, outcomeOf, problemOf, requestLike } from "../e2e/kit/dubbo-client.ts";
import { until } from "../e2e/kit/until.ts";

const test = suite("dubbo provider");

type Scheduler = (item: Submission) => SubmissionResult | Promise<SubmissionResult>;

const LOOPBACK = new AddressRanges(["127.0.0.1"]);
const SILENT = { warn() {}, error() {}, info() {}, debug() {} } as never;

/** As the real one, without a database. */
const accepting: Scheduler = ({ task, taskId }) => {
  try {
    parseLegacyTask(task);
    return { taskId };
  } catch (error) {
    return { refusal: refusalTo(error, () => undefined) };
  }
};

const refusing =
  (code: RefusalCode): Scheduler =>
  () => ({
    refusal: refusalTo(new BidaError(code), () => undefined),
  });

class Provider {
  readonly items: Submission[] = [];
  /** What the clock of the desk shows, in ms. */
  now = 0;
  scheduler: Scheduler = accepting;
  readonly server: DubboServer;
  readonly #broker = new ServiceBroker({ logger: false, nodeID: "dubbo-test" });
  port = 0;

  private constructor(options: Partial<ServerOptions>) {
    this.#broker.createService({
      name: "scheduler",
      actions: {
        submitMany: async ({ params }: { params: { items: Submission[] } }) => {
          this.items.push(...params.items);
          return { results: await Promise.all(params.items.map((item) => this.scheduler(item))) };
        },
      },
    });
    this.server = new DubboServer({
      host: "127.0.0.1",
      port: 0,
      ipAllow: LOOPBACK,
      log: SILENT,
      now: () => performance.now(),
      responder: (sourceIp) =>
        responder(
          {
            broker: this.#broker,
            log: SILENT,
            owner: () => ({ appId: 7 }),
            now: () => this.now,
            delay: () => 0,
          },
          sourceIp,
        ),
      ...options,
    });
  }

  static async start(options: Partial<ServerOptions> = {}): Promise<Provider> {
    const provider = new Provider(options);
    await provider.#broker.start();
    provider.port = await provider.server.listen();
    return provider;
  }

  async stop(): Promise<void> {
    await this.server.drain();
    await this.#broker.stop();
  }
}

/** Runs `use` with a provider and a connection to it. */
async function withProvider(
  use: (provider: Provider, client: DubboClient) => Promise<void>,
  options: Partial<ServerOptions> = {},
): Promise<void> {
  const provider = await Provider.start(options);
  const client = await DubboClient.open(provider.port);
  try {
    await use(provider, client);
  } finally {
    client.close();
    await provider.stop();
  }
}

test("recorded requests get answers of the recorded kind", () =>
  withProvider(async ({ items }, client) => {
    for (const name of ["seed", "post", "null-params", "rich"]) {
      const answer = await client.ask(recorded(name).request);
      assert.is(answer.status, STATUS.OK, name);
      assert.equal(outcomeOf(answer), { value: items.at(-1)?.taskId }, name);
      assert.is(items.at(-1)?.appId, 7);
      assert.is(items.at(-1)?.sourceIp, "127.0.0.1");
    }
    for (const [name, reasons] of [
      ["bad-url", "url为空或url格式不正确"],
      ["no-expect", "期待结果不能为空"],
      ["doCall", "url为空或url格式不正确"],
      [
        "all",
        "url为空或url格式不正确，最大重试次数不能为空且不能大于100，请求方式不能为空，期待结果不能为空",
      ],
    ] as const) {
      const answer = await client.ask(recorded(name).request);
      assert.is(answer.status, STATUS.OK);
      assert.equal(outcomeOf(answer), {
        exception: "cn.keking.callcenter.sdk.exception.CallBackException",
        message: `任务添加失败，${reasons}`,
      });
    }
  }));

test("an echo is what was sent, byte for byte", () =>
  withProvider(async (_, client) => {
    const answer = await client.ask(recorded("echo").request);
    assert.is(answer.body?.toString("hex"), recorded("echo").response.subarray(16).toString("hex"));
  }));

test("statuses say what is wrong, and the connection goes on", () =>
  withProvider(async (provider, client) => {
    const asked = async (frame: Buffer): Promise<[number, string]> => {
      const answer = await client.ask(frame);
      return [answer.status, problemOf(answer)];
    };
    const { request } = recorded("seed");
    const cut = Buffer.from(request.subarray(0, 40));
    cut.writeUInt32BE(24, 12);
    const fastjson = Buffer.from(request);
    fastjson[2] = 0xc6;
    const long = Buffer.concat([request.subarray(0, 16), Buffer.alloc(MAX_BODY + 1)]);
    long.writeUInt32BE(MAX_BODY + 1, 12);
    const table: [Buffer, number, RegExp][] = [
      [cut, 40, /^Fail to decode request due to: /],
      [fastjson, 40, /^Serialization 6 is not supported/],
      [long, 40, /^Data length too large: 8388609, max payload: 8388608/],
      [requestLike("seed", ["1.0", "9.9"]), 70, /^Not found exported service: .*:9\.9/],
      [requestLike("seed", ["call", "drop"]), 70, /^No such method drop\(/],
    ];
    for (const [frame, status, words] of table) {
      const [seen, text] = await asked(frame);
      assert.is(seen, status);
      assert.match(text, words);
    }
    provider.scheduler = refusing("unavailable");
    assert.is((await asked(request))[0], STATUS.SERVER_ERROR);
    for (const code of ["too_many_requests", "share_used_up"] as const) {
      provider.scheduler = refusing(code);
      assert.is((await asked(request))[0], STATUS.EXHAUSTED, code);
    }
    provider.scheduler = () => {
      throw new Error("a bug at /home/x.ts:1");
    };
    assert.equal(await asked(request), [STATUS.SERVER_ERROR, "Something went wrong here"]);
    provider.scheduler = accepting;
    assert.is((await client.ask(request)).status, STATUS.OK);
  }));

test("what is no Dubbo ends the connection, and that one only", () =>
  withProvider(async ({ port }, client) => {
    const other = await DubboClient.open(port);
    other.socket.write("GET / HTTP/1.1\r\n\r\n");
    await other.closed;
    assert.is((await client.ask(recorded("echo").request)).status, STATUS.OK);
  }));

test("several requests are under way at once; each gets its own answer when it is ready", () =>
  withProvider(async (provider, client) => {
    const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
    provider.scheduler = async (item) => {
      if (item.task.includes("/slow")) await held;
      return accepting(item);
    };
    const slow = client.ask(
      requestLike("post", ["http://127.0.0.1:18240/ok/weatherApi", "http://127.0.0.1:18240/slow"]),
    );
    await until("the slow one is there", () => provider.items.length === 1);
    const quick = await Promise.all(Array.from({ length: 20 }, () => client.ask(recorded("post").request)));
    assert.is(new Set(quick.map((one) => (outcomeOf(one) as { value: string }).value)).size, 20);
    letGo();
    assert.is((await slow).status, STATUS.OK);
  }));

test("a request without an answer is carried out all the same", () =>
  withProvider(async (provider, client) => {
    const oneWay = Buffer.from(recorded("post").request);
    oneWay[2] = 0x82;
    client.send(oneWay);
    await until("it was handed over", () => provider.items.length === 1);
    await client.ask(recorded("echo").request);
    assert.is(client.frames.length, 1);
  }));

test("a repetition of what was not answered in time gets the first one's id, and is no second task", () =>
  withProvider(async (provider, client) => {
    const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
    provider.scheduler = async (item) => {
      await held;
      return accepting(item);
    };
    // The recording's consumer waits for 5 s.
    const asked = [client.ask(recorded("post").request)];
    await until("the first is under way", () => provider.items.length === 1);
    for (const now of [5_000, 9_900]) {
      provider.now = now;
      asked.push(client.ask(recorded("post").request));
      await client.ask(recorded("echo").request);
    }
    letGo();
    const ids = (await Promise.all(asked)).map((one) => (outcomeOf(one) as { value: string }).value);
    assert.is(new Set(ids).size, 1);
    assert.is(provider.items.length, 1);
    // Later, and over another connection, it is a task of its own.
    provider.now = 15_000;
    await client.ask(recorded("post").request);
    const other = await DubboClient.open(provider.port);
    await other.ask(recorded("post").request);
    other.close();
    assert.is(new Set(provider.items.map(({ taskId }) => taskId)).size, 3);
  }));

test("a repetition of what failed is handed over again, under the same id", () =>
  withProvider(async (provider, client) => {
    provider.scheduler = (item) => {
      provider.now += 6_000;
      return refusing("unavailable")(item);
    };
    assert.is((await client.ask(recorded("post").request)).status, STATUS.SERVER_ERROR);
    provider.scheduler = accepting;
    assert.is((await client.ask(recorded("post").request)).status, STATUS.OK);
    assert.is(provider.items.length, 2);
    assert.is(provider.items[0]?.taskId, provider.items[1]?.taskId);
  }));

test("signs of life in both directions; who gives none is cut", async () => {
  await withProvider(
    async (_, client) => {
      const sign = await client.frame("a sign of life", ({ isEvent, isRequest }) => isEvent && isRequest);
      assert.ok(sign.isTwoWay);
      assert.is(sign.body?.toString(), "N");
      const id = client.send(heartbeat(0n));
      const answer = await client.frame("an answer to ours", (one) => !one.isRequest && one.id === id);
      assert.is(answer.status, STATUS.OK);
      assert.ok(answer.isEvent);
    },
    { heartbeatMs: 20, idleMs: 60_000 },
  );
  await withProvider((_, client) => client.closed, { heartbeatMs: 20, idleMs: 100 });
});

test("before a stop consumers are sent elsewhere; what they have sent is answered", async () => {
  const provider = await Provider.start();
  const client = await DubboClient.open(provider.port);
  const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
  provider.scheduler = async (item) => {
    await held;
    return accepting(item);
  };
  const asked = client.ask(recorded("post").request);
  await until("it is under way", () => provider.items.length === 1);
  const stopped = provider.stop();
  const goodbye = await client.frame("the goodbye", ({ isEvent, isRequest }) => isEvent && isRequest);
  assert.not(goodbye.isTwoWay);
  assert.is(goodbye.body?.toString("hex"), "0152");
  // On its way when the goodbye came.
  const late = client.ask(recorded("echo").request);
  assert.is((await late).status, STATUS.OK);
  letGo();
  assert.is((await asked).status, STATUS.OK);
  await Promise.all([client.closed, stopped]);
});

test("addresses that are not allowed are closed at once", async () => {
  const provider = await Provider.start({ ipAllow: new AddressRanges(["192.0.2.0/24"]) });
  const client = await DubboClient.open(provider.port);
  await client.closed;
  await provider.stop();
});

test("a consumer that does not fetch its answers is not read from any more", () =>
  withProvider(async ({ port }) => {
    const client = await DubboClient.open(port);
    client.socket.pause();
    // Echoes of 1 MiB each: without a bound all of them would wait in the provider's memory.
    const { request } = recorded("echo");
    const text = hessianString("x".repeat(1024 * 1024));
    const body = Buffer.concat([request.subarray(16, request.indexOf("\x02OK")), text, Buffer.from("HZ")]);
    const head = Buffer.from(request.subarray(0, 16));
    head.writeUInt32BE(body.length, 12);
    const echo = Buffer.concat([head, body]);
    for (let i = 0; i < 60; i++) client.socket.write(echo);
    const settled = async () => {
      const before = client.socket.writableLength;
      await client.frame("nothing", () => false, 300).catch(() => undefined);
      return client.socket.writableLength === before && before;
    };
    assert.ok(Number(await until("no more is read", settled)) > 20 * 1024 * 1024);
    client.socket.resume();
    await client.frame("all of them", () => client.frames.length === 60);
    client.close();
  }));

/** The same at each run (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

test("10,000 broken frames end no more than their own connection", () =>
  withProvider(async (provider, client) => {
    const dice = random(17);
    const pick = (below: number) => Math.trunc(dice() * below);
    // `rich` in short: its 90,000 bytes of one text teach nothing.
    const frames = [...RECORDING].map(([name, { request }]) =>
      name === "rich" ? shortened(request) : request,
    );
    for (const frame of frames) assert.is((await client.ask(frame)).status, STATUS.OK);
    const closing: Promise<void>[] = [];
    let fuzzer = await DubboClient.open(provider.port);
    let isOpen = true;
    const follow = (one: DubboClient) => {
      isOpen = true;
      const ended = one.closed.then(() => {
        if (one === fuzzer) isOpen = false;
      });
      closing.push(ended);
    };
    follow(fuzzer);
    for (let i = 0; i < 10_000; i++) {
      const frame = Buffer.from(frames[pick(frames.length)] as Buffer);
      // Bodies mostly: a broken header ends the connection.
      const from = dice() < 0.05 ? 0 : 16;
      for (let n = 1 + pick(4); n > 0; n--) frame[from + pick(frame.length - from)] = pick(256);
      const length = dice() < 0.2 ? 16 + pick(frame.length - 16) : frame.length;
      if (from > 0) frame.writeUInt32BE(length - 16, 12);
      if (!isOpen) {
        fuzzer = await DubboClient.open(provider.port);
        follow(fuzzer);
      }
      fuzzer.socket.write(frame.subarray(0, length));
      if (i % 100 === 99) {
        assert.is((await client.ask(recorded("echo").request)).status, STATUS.OK, `frame ${i}`);
        fuzzer.close();
        isOpen = false;
      }
    }
    fuzzer.close();
    await Promise.all(closing);
    assert.is((await client.ask(recorded("post").request)).status, STATUS.OK);
  }));

/** Without the text of 70,000 characters, which is the last parameter. */
function shortened(request: Buffer): Buffer {
  const at = request.indexOf("long70000chars") + "long70000chars".length;
  const lastWords = "上海01";
  const end = request.lastIndexOf(lastWords) + Buffer.byteLength(lastWords);
  const frame = Buffer.concat([request.subarray(0, at), Buffer.from("\x01x"), request.subarray(end)]);
  frame.writeUInt32BE(frame.length - 16, 12);
  return frame;
}

test("a standstill counts from the last sign of life: what is read after it may have waited all that time", () => {
  let now = 0;
  const standstill = new Standstill(() => now);
  now = 24;
  assert.is(standstill.delay, 0, "nothing stood still");
  now = 1_010;
  assert.is(standstill.delay, 1_010, "it may have begun at once");
  standstill.stop();
});

test.run();
