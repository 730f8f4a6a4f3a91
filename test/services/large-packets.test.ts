import { randomBytes } from "node:crypto";
import { ServiceBroker } from "moleculer";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { largePackets } from "../../services/bus/large-packets.ts";
import { natsUrl } from "../servers/env.ts";

const test = suite("large packets");

interface Ends {
  transporterSend(
    next: (topic: string, data: Buffer, meta: object) => Promise<void>,
  ): (topic: string, data: Buffer, meta: object) => Promise<void>;
  transporterReceive(
    next: (cmd: string, data: Buffer, meta: object) => Promise<void>,
  ): (cmd: string, data: Buffer, meta: object) => Promise<void>;
}
const ends = () => largePackets() as unknown as Ends;

/** The parts a packet is sent in. */
async function parts(data: Buffer, from = ends()): Promise<Buffer[]> {
  const sent: Buffer[] = [];
  await from.transporterSend(async (topic, part, meta) => {
    assert.equal([topic, meta], ["MOL.REQ.n", { a: 1 }]);
    sent.push(part);
  })("MOL.REQ.n", data, { a: 1 });
  return sent;
}

function receiver(to = ends()) {
  const whole: Buffer[] = [];
  const receive = to.transporterReceive(async (cmd, data) => {
    assert.is(cmd, "REQ");
    whole.push(data);
  });
  return { whole, take: (part: Buffer) => receive("REQ", part, {}) };
}

for (const size of [0, 1, 16, 17, 1_000_000, 1_048_576 - 1024]) {
  test(`a packet of ${size} bytes travels as it is`, async () => {
    const data = Buffer.alloc(size, "{");
    const sent = await parts(data);
    assert.is(sent.length, 1);
    assert.is(sent[0], data);
    const { whole, take } = receiver();
    await take(data);
    assert.is(whole[0], data);
  });
}

for (const size of [1_048_576 - 1023, 2_000_000, 3_000_000, 8_500_000]) {
  test(`a packet of ${size} bytes is split below NATS's limit and comes out whole, in any order`, async () => {
    const data = randomBytes(size);
    const sent = await parts(data);
    assert.is(sent.length, Math.ceil(size / (1_048_576 - 1024 - 17)));
    for (const part of sent) assert.ok(part.length <= 1_048_576 - 1024);
    for (const order of [sent, sent.toReversed(), [...sent.slice(1), sent[0]!]]) {
      const { whole, take } = receiver();
      for (const [i, part] of order.entries()) {
        assert.is(whole.length, 0, `whole before part ${i}`);
        await take(part);
      }
      assert.is(whole.length, 1);
      assert.ok(whole[0]!.equals(data));
    }
  });
}

test("packets of several senders, interleaved, with small ones between", async () => {
  const [a, b, c] = [randomBytes(2_500_000), randomBytes(2_500_000), randomBytes(2_500_000)];
  const sender = ends();
  const [pa, pb, pc] = [await parts(a, sender), await parts(b, sender), await parts(c)];
  const { whole, take } = receiver();
  for (const i of [0, 1, 2]) {
    for (const some of [pa, pb, pc]) await take(some[i]!);
    await take(Buffer.from("small"));
  }
  assert.equal(
    whole.map(({ length }) => length),
    [5, 5, 2_500_000, 2_500_000, 2_500_000, 5],
  );
  for (const [i, data] of [a, b, c].entries()) assert.ok(whole[i + 2]!.equals(data));
});

test("two packets that one broker sends at the same time", async () => {
  const [a, b] = [randomBytes(2_500_000), randomBytes(2_500_000)];
  const { whole, take } = receiver();
  const send = ends().transporterSend(async (_, part) => {
    await new Promise(setImmediate);
    await take(part);
  });
  await Promise.all([send("t", a, {}), send("t", b, {})]);
  assert.is(whole.length, 2);
  assert.ok(whole[0]!.equals(a) && whole[1]!.equals(b));
});

test("a part that comes twice does no harm", async () => {
  const data = randomBytes(2_500_000);
  const [one, two, three] = await parts(data);
  const { whole, take } = receiver();
  for (const part of [one, one, two, one, three]) await take(part!);
  assert.is(whole.length, 1);
  assert.ok(whole[0]!.equals(data));
});

test("parts that never became whole are dropped after a while", async () => {
  const real = performance.now;
  try {
    let now = 1000;
    performance.now = () => now;
    const { whole, take } = receiver();
    const [one, two] = await parts(randomBytes(1_500_000));
    await take(one!);
    now += 30_001;
    // Anything large that arrives clears what is too old.
    const [other] = await parts(randomBytes(1_500_000));
    await take(other!);
    await take(two!);
    assert.is(whole.length, 0);
  } finally {
    performance.now = real;
  }
});

/** As the middleware finds it on a broker that is connected. */
const connected = (limit: () => number) => {
  const side = largePackets() as unknown as Ends & { created(broker: object): void };
  const client = {
    get info() {
      return { max_payload: limit() };
    },
  };
  side.created({ transit: { tx: { client } }, getLogger: () => ({ warn: () => undefined }) });
  return side;
};

test("packets are cut by the limit of the server of this moment", async () => {
  let limit = 65_536;
  const sender = connected(() => limit);
  const data = randomBytes(300_000);
  for (const now of [65_536, 8_388_608, 4_096, 1_024]) {
    limit = now;
    const sent = await parts(data, sender);
    for (const part of sent) assert.ok(part.length <= now, `${part.length} at ${now}`);
    assert.is(sent.length === 1, now === 8_388_608);
    const { whole, take } = receiver();
    for (const part of sent.toReversed()) await take(part);
    assert.is(whole.length, 1);
    assert.ok(whole[0]!.equals(data));
  }
});

test("parts of a broker of an earlier release, with its number of eight bytes, become whole", async () => {
  const data = randomBytes(2_500_000);
  const { whole, take } = receiver();
  for (const index of [0, 1, 2]) {
    const header = Buffer.from("\u0000BIDA............");
    header.writeBigUInt64BE(6_123_456_789_012_345n, 5);
    header.writeUInt16BE(index, 13);
    header.writeUInt16BE(3, 15);
    await take(Buffer.concat([header, data.subarray(index * 1_000_000, (index + 1) * 1_000_000)]));
  }
  assert.is(whole.length, 1);
  assert.ok(whole[0]!.equals(data));
});

test("two brokers over NATS: 3 MB of parameters, 3 MB of result, events, and back and forth at once", async () => {
  const namespace = `large-${process.pid}`;
  const node = (nodeID: string) =>
    new ServiceBroker({
      ...{ namespace, nodeID, logger: false, requestTimeout: 20_000, validator: false },
      transporter: { type: "NATS", options: { servers: [natsUrl()] } } as never,
      middlewares: [largePackets()],
    });
  const [client, server] = [node("client"), node("server")];
  const heard = Promise.withResolvers<number>();
  server.createService({
    name: "echo",
    actions: { say: (ctx: { params: { text: string } }) => ({ back: ctx.params.text }) },
    events: { "big.event": (ctx: { params: { text: string } }) => heard.resolve(ctx.params.text.length) },
  } as never);
  await Promise.all([client.start(), server.start()]);
  await client.waitForServices("echo", 10_000);
  const text = "必达".repeat(500_000);
  const texts = [text, `a${text}`, "small", `b${text}`];
  const answers = await Promise.all(texts.map((it) => client.call("echo.say", { text: it })));
  for (const [i, answer] of answers.entries()) assert.ok((answer as { back: string }).back === texts[i]);
  await client.emit("big.event", { text });
  assert.is(await heard.promise, text.length);
  await Promise.all([client.stop(), server.stop()]);
});

test.run();
