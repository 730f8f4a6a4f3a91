import { suite } from "uvu";
import * as assert from "uvu/assert";
import { registry } from "../../core/metrics.ts";
import { checkPacket, type Packet } from "../../services/bus/packet.ts";
import { packetGuard } from "../../services/bus/packet-guard.ts";

const test = suite("packets");

const SENDER = { ver: "5", sender: "far-1" };
const REQUEST = {
  ...SENDER,
  id: "1",
  action: "scheduler.get",
  params: {},
  meta: {},
  level: 1,
  tracing: null,
};
const RESPONSE = { ...SENDER, id: "1", success: true, data: {}, error: null, meta: {} };
const EVENT = { ...SENDER, event: "task.succeeded", data: {}, groups: ["a"], broadcast: false, meta: {} };
const INFO = {
  ...SENDER,
  services: [],
  ipList: ["10.0.0.1"],
  hostname: "h",
  instanceID: "i",
  client: {},
  config: {},
  metadata: {},
  seq: 1,
};

const problemOf = (command: string, packet: unknown) => {
  const checked = checkPacket(command, packet, "here");
  return "problem" in checked ? checked.problem : null;
};
const packetOf = (command: string, packet: unknown) => {
  const checked = checkPacket(command, packet, "here");
  assert.ok("packet" in checked, JSON.stringify(checked));
  return checked.packet;
};

const GOOD: [command: string, packet: Packet][] = [
  ["REQ", REQUEST],
  ["REQ", { ...REQUEST, timeout: 5_000, requestID: null, headers: {}, stream: false, seq: null }],
  ["RES", RESPONSE],
  ["RES", { ...RESPONSE, success: false, error: { name: "X" } }],
  ["EVENT", EVENT],
  ["EVENT", { ...EVENT, groups: null }],
  ["INFO", INFO],
  ["HEARTBEAT", { ...SENDER, cpu: 3 }],
  ["HEARTBEAT", { ...SENDER, cpu: null }],
  ["DISCOVER", SENDER],
  ["DISCONNECT", SENDER],
  ["PING", { ...SENDER, time: 1, id: "x" }],
];
for (const [command, packet] of GOOD)
  test(`${command} ${JSON.stringify(packet).slice(20, 120)} is taken`, () =>
    assert.is(problemOf(command, packet), null));

const SENDERS = ["", "a b", "a\r\nPUB x 1", "a>", "a*", "a\u0000", "x".repeat(256), 7, null, {}, undefined];
const BAD: [command: string, packets: unknown[], problem: string][] = [
  ["REQ", [null, undefined, 5, "x", [REQUEST]], "it is no object"],
  ...["REQ", "DISCOVER", "PING", "HEARTBEAT", "DISCONNECT"].map((command): [string, unknown[], string] => [
    command,
    SENDERS.map((sender) => ({ ...REQUEST, sender })),
    "the sender's name is not valid",
  ]),
  ["REQ", [undefined, "", 5, {}, "x".repeat(256)].map((id) => ({ ...REQUEST, id })), "it has no id"],
  [
    "REQ",
    ["", "a b", "a..b", ".", "a(", 5, null, "x".repeat(256)].map((action) => ({ ...REQUEST, action })),
    "the action's name is not valid",
  ],
  ["REQ", [true, 1].map((stream) => ({ ...REQUEST, stream, seq: 0 })), "it is a stream"],
  [
    "REQ",
    [
      { ...REQUEST, timeout: "5" },
      { ...REQUEST, timeout: -1 },
    ],
    "timeout is no number",
  ],
  [
    "REQ",
    [
      { ...REQUEST, meta: [] },
      { ...REQUEST, meta: "x" },
      { ...REQUEST, headers: 5 },
    ],
    "meta or headers are no object",
  ],
  ["REQ", [{ ...REQUEST, level: "1" }], "level is no number"],
  [
    "REQ",
    [
      { ...REQUEST, requestID: {} },
      { ...REQUEST, caller: 5 },
    ],
    "an id is no text",
  ],
  ["RES", [{ ...RESPONSE, id: null }], "it has no id"],
  ["RES", [{ ...RESPONSE, stream: true }], "it is a stream"],
  [
    "RES",
    [
      { ...RESPONSE, success: false },
      { ...RESPONSE, success: 1 },
    ],
    "it has neither success nor error",
  ],
  ["RES", [{ ...RESPONSE, meta: 5 }], "meta or headers are no object"],
  [
    "EVENT",
    ["*(*", "$node.disconnected", "", 5, null, "a b"].map((event) => ({ ...EVENT, event })),
    "the event's name is not valid",
  ],
  [
    "EVENT",
    [
      { ...EVENT, groups: "a" },
      { ...EVENT, groups: [5] },
    ],
    "groups are no list of names",
  ],
  ["EVENT", [{ ...EVENT, meta: [] }], "meta or headers are no object"],
  ["INFO", [{ ...INFO, sender: "here" }], "it is under this node's own name"],
  ["INFO", [undefined, null, {}, "x"].map((services) => ({ ...INFO, services })), "services are no list"],
  [
    "INFO",
    [
      { ...INFO, metadata: [] },
      { ...INFO, client: "x" },
      { ...INFO, config: 5 },
    ],
    "metadata, client or config are no object",
  ],
  [
    "INFO",
    [
      { ...INFO, hostname: {} },
      { ...INFO, instanceID: 5 },
    ],
    "hostname or instanceID is no text",
  ],
  ["INFO", [{ ...INFO, seq: "1" }], "seq or port is no number"],
  [
    "INFO",
    [
      { ...INFO, ipList: "x" },
      { ...INFO, ipList: [5] },
    ],
    "ipList is no list of addresses",
  ],
  [
    "INFO",
    [
      {
        ...INFO,
        services: [
          { name: "a", events: Object.fromEntries(Array.from({ length: 10_001 }, (_, i) => [`e${i}`, {}])) },
        ],
      },
    ],
    "it has too many services, actions and events",
  ],
  ["HEARTBEAT", [{ ...SENDER, cpu: "x" }], "cpu is no number"],
];
for (const [command, packets, problem] of BAD)
  for (const packet of packets)
    test(`${command} ${JSON.stringify(packet)?.slice(0, 150)}: ${problem}`, () =>
      assert.is(problemOf(command, packet), problem));

test("of what a node says of itself, names that are not valid are left out, and what is no name", () => {
  const events = ["task.*", "**", "a.?.b", "*(*", "a[", "a+", "a.**.**.*.?", "a|b", "\\", "$node.*"];
  const packet = packetOf("INFO", {
    ...INFO,
    services: [
      null,
      5,
      { name: "a b" },
      { name: "ok", fullName: "(" },
      { name: "ok", version: {} },
      {
        name: "shop",
        version: 2,
        fullName: "v2.shop",
        settings: { rest: "/admin" },
        actions: {
          "v2.shop.buy": {
            name: "other",
            rawName: "buy",
            retryPolicy: { enabled: true, retries: 1e9 },
            timeout: 1,
          },
          "shop.(": { name: "shop.(" },
          "shop.null": null,
        },
        events: Object.fromEntries(events.map((name) => [name, { name, group: "g", handler: "x" }])),
      },
    ],
  });
  assert.equal(packet.services, [
    {
      name: "shop",
      fullName: "v2.shop",
      version: 2,
      settings: {},
      metadata: {},
      actions: { "v2.shop.buy": { name: "v2.shop.buy", rawName: "buy" } },
      events: Object.fromEntries(
        ["task.*", "**", "a.?.b", "$node.*"].map((name) => [name, { name, group: "g" }]),
      ),
    },
  ]);
});

test("a packet that is not valid is counted, told once a minute, and goes no further; a good one goes on as it was cleaned", async () => {
  const lines: object[] = [];
  let now = 0;
  const guard = packetGuard(() => now) as unknown as {
    created(broker: unknown): void;
    transitMessageHandler(next: unknown): (command: string, packet: { payload: unknown }) => Promise<unknown>;
  };
  guard.created({
    nodeID: "here",
    instanceID: "me",
    getLogger: () => ({ warn: (fields: object) => lines.push(fields) }),
  });
  const passed: [string, unknown][] = [];
  const handle = guard.transitMessageHandler(async (command: string, { payload }: { payload: unknown }) => {
    passed.push([command, payload]);
    return true;
  });
  registry.resetMetrics();
  for (const at of [0, 1_000, 60_000]) {
    now = at;
    assert.is(await handle("EVENT", { payload: { ...EVENT, event: "*(*" } }), false);
  }
  assert.is(await handle("INFO", { payload: { ...INFO, sender: "here", instanceID: "me" } }), false);
  const line = { command: "EVENT", sender: "far-1", why: "the event's name is not valid" };
  assert.equal(lines, [line, line]);
  assert.equal(passed, []);
  const { values } = (await registry.getSingleMetric("bida_packets_refused_total")?.get()) ?? { values: [] };
  assert.equal(
    values.map(({ labels, value }) => [labels.command, value]),
    [["EVENT", 3]],
  );
  assert.is(await handle("EVENT", { payload: EVENT }), true);
  assert.equal(passed, [["EVENT", EVENT]]);
});

test.run();
