import type { IncomingHttpHeaders } from "node:http";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Connections } from "../../actors/connections.ts";
import { crashed } from "../../actors/delivery.ts";
import { guardedConnector } from "../../actors/egress.ts";
import type { LeasedJob } from "../../actors/lease-trust.ts";
import { epochMs, ManualClock, millis } from "../../core/clock.ts";
import { verifySignature } from "../../core/signature.ts";
import { json } from "../core/helpers.ts";
import { allowLoopback, connectionsTo, delivered, httpTarget, job, type Target } from "./targets.ts";

const test = suite("delivery");
const clock = new ManualClock();
const SECRETS = [1, 2].map((n) => `whsec_${Buffer.alloc(32, n).toString("base64")}`);

interface Got {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: string;
}
let target: Target;
let connections: Connections;
let got: Got[] = [];
let answer: { status: number; headers?: Record<string, string>; body?: string | Buffer } = { status: 200 };

test.before(async () => {
  target = await httpTarget((req, res) => {
    let body = "";
    req.on("data", (chunk) => {
      body += chunk;
    });
    req.on("end", () => {
      got.push({ method: req.method ?? "", url: req.url ?? "", headers: req.headers, body });
      res.writeHead(answer.status, answer.headers).end(answer.body);
    });
  });
  connections = connectionsTo(target.url);
});
test.before.each(() => {
  got = [];
  answer = { status: 200 };
});
test.after(async () => {
  connections.destroy();
  await target.stop();
});

const make = (more: Partial<LeasedJob> = {}) => job(`${target.url}/cb`, more);
const connector = guardedConnector(allowLoopback);
const context = () => ({ connections, connector, clock, node: "node-1" });
async function attempt(more: Partial<LeasedJob> = {}) {
  const made = make(more);
  const outcome = await delivered(made, context());
  assert.equal(
    { ...outcome, attempt: null },
    {
      taskId: made.taskId,
      lane: made.lane,
      app: made.app,
      first: made.first,
      dueAt: made.dueAt,
      n: made.n,
      attempt: null,
      endedBy: clock.now(),
      ...(outcome.attempt?.outcome === "succeeded" && { target: target.url }),
    },
  );
  assert.ok(outcome.attempt);
  return outcome.attempt!;
}

test("what the target gets, and the record of it", async () => {
  answer = { status: 202, headers: { "content-type": "text/plain", "x-a": "b" }, body: "ok 必达" };
  const made = make({ requestParam: json({ id: 1, 城: "上海" }), n: 3, headers: { "X-Token": "t" } });
  const { attempt: record } = await delivered(made, context());
  const { method, url, headers, body } = got[0]!;
  assert.equal([method, url, body], ["POST", "/cb", '{"id":1,"城":"上海"}']);
  const seconds = String(Math.floor(clock.now() / 1000));
  const wanted = {
    "content-type": "application/json;charset=UTF-8",
    "content-length": String(Buffer.byteLength(body)),
    "x-token": "t",
    "webhook-id": made.taskId,
    "webhook-timestamp": seconds,
    "bida-attempt": "3",
    host: new URL(target.url).host,
  };
  for (const [name, value] of Object.entries(wanted)) assert.is(headers[name], value, name);
  assert.match(headers["user-agent"] ?? "", /^Bida\//);
  assert.not.ok("webhook-signature" in headers);
  const { durationMs, responseHeaders, phases, ...rest } = record!;
  assert.ok(Number.isInteger(durationMs) && durationMs >= 0);
  assert.ok(phases && phases.firstByte !== null, "how long each part of the call took");
  assert.is(responseHeaders?.["x-a"], "b");
  assert.equal(rest, {
    n: 3,
    startedAt: clock.now(),
    outcome: "succeeded",
    statusCode: 202,
    error: null,
    responseBody: "ok 必达",
    responseEncoding: "text",
    responseTruncated: false,
    node: "node-1",
    retryAfterMs: null,
  });
});

test("the signature verifies, with the new and the old secret, whatever the body", async () => {
  const bodies: Partial<LeasedJob>[] = [
    { requestParam: json({ a: "上海" }) },
    { body: "raw \0 必达" },
    { body: "" },
    { requestMethod: "GET" },
  ];
  for (const more of bodies) {
    await attempt({ ...more, secrets: SECRETS });
    const { headers, body } = got.at(-1)!;
    for (const secret of SECRETS) assert.ok(verifySignature(headers, body, secret, clock.now() / 1000), body);
    assert.not.ok(verifySignature(headers, `${body}x`, SECRETS[0]!, clock.now() / 1000));
    assert.is(String(headers["webhook-signature"]).split(" ").length, 2);
  }
});

test("the caller's headers are sent, but never instead of ours", async () => {
  const headers = {
    "Webhook-ID": "x",
    "webhook-signature": "v1,x",
    "BIDA-Attempt": "9",
    "User-Agent": "me",
    Accept: "a/b",
  };
  const made = make({ headers, secrets: SECRETS.slice(0, 1), requestParam: json({}) });
  await delivered(made, context());
  const sent = got[0]!.headers;
  assert.equal([sent["webhook-id"], sent["bida-attempt"]], [made.taskId, "1"]);
  assert.ok(verifySignature(sent, got[0]!.body, SECRETS[0]!, clock.now() / 1000));
  assert.equal([sent["user-agent"], sent.accept], ["me", "a/b"]);
});

const RETRY_AFTER: [status: number, value: string, wanted: number | null][] = [
  [429, "120", 120_000],
  [503, "120", 120_000],
  [503, "999999", 86_400_000],
  [503, "soon", null],
  [500, "120", null],
  [200, "120", null],
  [302, "120", null],
];
for (const [status, value, wanted] of RETRY_AFTER) {
  test(`Retry-After: ${value} with ${status} → ${wanted}`, async () => {
    answer = { status, headers: { "retry-after": value } };
    assert.is((await attempt()).retryAfterMs, wanted);
  });
}

test("Retry-After as a date counts from the cluster's clock", async () => {
  const date = new Date(clock.now() + 60_000).toUTCString();
  answer = { status: 503, headers: { "retry-after": date } };
  assert.is((await attempt()).retryAfterMs, Date.parse(date) - clock.now());
});

test("an expired job is not called; one that expires a moment later is", async () => {
  const outcome = await delivered(make({ expiresAt: clock.now() }), context());
  assert.is(outcome.attempt, null);
  assert.is(got.length, 0);
  assert.is((await attempt({ expiresAt: epochMs(clock.now() + 1) })).outcome, "succeeded");
});

const FAILED: [name: string, more: Partial<LeasedJob>, code: string, calls: number][] = [
  ["a URL that cannot be filled", { url: "http://{h}/", requestParam: json({ h: "a/b" }) }, "bad_request", 0],
  ["a header that cannot be sent", { headers: { "x-a": "上海" } }, "bad_request", 0],
  ["a wrong status", { expect: { status: [201] } }, "bad_status", 1],
  ["a wrong body", { expectResult: "success" }, "unexpected_result", 1],
  ["an expectation that is none", { expect: { matches: "(" } }, "unexpected_result", 1],
  ["a secret that is none", { secrets: ["whsec_eA=="] }, "crashed", 0],
];
for (const [name, more, code, calls] of FAILED) {
  test(`${name} → ${code}`, async () => {
    const made = make(more);
    const { attempt: record } = await delivered(made, context()).catch((error) =>
      crashed(made, error, context()),
    );
    assert.equal([record?.outcome, record?.error?.code, got.length], ["failed", code, calls]);
    assert.equal([record?.statusCode, record?.responseBody], calls ? [200, ""] : [null, null]);
  });
}

test("an answer in GBK is judged and kept as text", async () => {
  answer = {
    status: 200,
    headers: { "content-type": "text/html;charset=GBK" },
    body: Buffer.from("b3c9b9a6", "hex"),
  };
  const record = await attempt({ expectResult: "成功" });
  assert.equal([record.outcome, record.responseBody], ["succeeded", "成功"]);
});

test("a long answer is kept up to 65 535 bytes, cut between characters, also where decoding makes it grow", async () => {
  const gbk = Buffer.concat([Buffer.from("a"), Buffer.alloc(60_000, Buffer.from("b3c9", "hex"))]);
  for (const body of [Buffer.from(`a${"必".repeat(40_000)}`), gbk]) {
    answer = {
      status: 200,
      headers: { "content-type": body === gbk ? "text/plain;charset=gbk" : "text/plain" },
      body,
    };
    const record = await attempt();
    const text = record.responseBody ?? "";
    const bytes = Buffer.byteLength(text);
    assert.ok(bytes <= 65_535 && bytes > 65_500, `${bytes}`);
    assert.ok(record.responseTruncated);
    assert.is(record.outcome, "succeeded");
  }
});

test("a timed out call keeps what it got", async () => {
  const silent = await httpTarget((_, res) => void res.writeHead(200, { "x-a": "b" }).write("par"));
  const other = connectionsTo(silent.url);
  const outcome = await delivered(job(silent.url, { timeoutMs: millis(150) }), {
    ...context(),
    connections: other,
  });
  const { outcome: how, error, statusCode, responseBody } = outcome.attempt!;
  assert.equal([how, error?.code, statusCode, responseBody], ["failed", "timeout", 200, "par"]);
  other.destroy();
  await silent.stop();
});

test.run();
