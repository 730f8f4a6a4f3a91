// Redirects of tasks with a profile: real servers, and the guard before every hop.
import type { IncomingHttpHeaders } from "node:http";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { AnswerRoom } from "../../actors/answer-room.ts";
import { guardedConnector } from "../../actors/egress.ts";
import type { LeasedJob } from "../../actors/lease-trust.ts";
import { systemClock } from "../../core/clock.ts";
import { EgressPolicy } from "../../core/egress.ts";
import type { ExpectationSpec } from "../../core/expect.ts";
import type { JsonText } from "../../core/json/text.ts";
import type { AttemptRecord } from "../../core/outcome.ts";
import { connectionsTo, delivered, httpTarget, job, type Target } from "./targets.ts";

const test = suite("redirects");
/** No other address of this machine. */
const connector = guardedConnector(new EgressPolicy(["127.0.0.1/32"]));
let home: Target;
let other: Target;
let seen: string[] = [];
let ids: (string | undefined)[] = [];
let headers: IncomingHttpHeaders[] = [];
/** Of every redirect. */
let location: string | undefined;
let status = 302;
/** Of its body, in bytes. */
let padding = 0;

test.before(async () => {
  other = await httpTarget((req, res) => {
    seen.push(`other ${req.method} ${req.url}`);
    headers.push(req.headers);
    ids.push(req.headers["webhook-id"] as string);
    if (req.url === "/hangs") return;
    res.end("there");
  });
  home = await httpTarget((req, res) => {
    seen.push(`${req.method} ${req.url}`);
    headers.push(req.headers);
    if (req.url === "/here") return void res.end("here");
    res.writeHead(status, location === undefined ? {} : { location }).end("moved".padEnd(padding));
  });
});
test.before.each(() => {
  seen = [];
  ids = [];
  headers = [];
  status = 302;
});
test.after(async () => {
  await home.stop();
  await other.stop();
});

async function attempt(
  to: string | undefined,
  more: Partial<LeasedJob> = {},
  answers = new AnswerRoom(),
): Promise<AttemptRecord> {
  location = to;
  const connections = connectionsTo(home.url, connector);
  const made = job(`${home.url}/moved?a=b`, { requestMethod: "GET", profile: "kkbida", ...more });
  const context = { connections, connector, clock: systemClock, node: "n", answers };
  return (await delivered(made, context)).attempt!;
}

test("to another origin: with the same headers but for credentials, judged and recorded by what is there", async () => {
  const { outcome, responseBody, statusCode } = await attempt(`${other.url}/x?sig=d'e%20f#g`);
  assert.equal([outcome, statusCode, responseBody], ["succeeded", 200, "there"]);
  assert.equal(seen, ["GET /moved?a=b", "other GET /x?sig=d'e%20f"]);
  assert.ok(ids[0]);
});

test("credentials go to the origin that the task names, and to no other one", async () => {
  const secret = {
    authorization: "Basic eA==",
    cookie: "a=b",
    "X-Api-Key": "k",
    "x-jwt": `eyJ${"a".repeat(9)}.b.c`,
  };
  const more = {
    headers: { ...secret, "x-kind": "open" },
    secrets: ["whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"],
  };
  const NAMES = ["authorization", "cookie", "x-api-key", "x-jwt", "webhook-signature", "x-kind"];
  await attempt(`${other.url}/x`, more);
  const [first = {}, second = {}] = headers;
  assert.equal(
    NAMES.filter((name) => first[name] === undefined),
    [],
  );
  assert.equal(
    NAMES.filter((name) => second[name] !== undefined),
    ["x-kind"],
  );
  headers = [];
  await attempt("here", more);
  assert.is(headers[1]?.authorization, secret.authorization);
});

test("what was read of an answer that redirects holds no memory", async () => {
  const answers = new AnswerRoom(1, 1);
  const expect: ExpectationSpec = { status: [200, 302], json: { "$.ok": "1" as JsonText } };
  padding = 300_000;
  const { error } = await attempt(`${other.url}/x`, { expect }, answers);
  padding = 0;
  assert.is(error?.code, "unexpected_result");
  assert.ok(answers.take("http://elsewhere").held);
});

test("a relative one stays at home", async () => {
  assert.is((await attempt("here")).responseBody, "here");
  assert.equal(seen, ["GET /moved?a=b", "GET /here"]);
});

test("every hop is vetted: an address that callbacks may not reach is not called", async () => {
  for (const host of ["127.0.0.2", "10.0.0.1", "169.254.169.254", "[::1]"]) {
    const { error } = await attempt(`http://${host}:${new URL(other.url).port}/x`);
    assert.is(error?.code, "blocked", host);
  }
  assert.ok(seen.every((line) => line === "GET /moved?a=b"));
});

/** What is not followed is the answer. */
const FINAL: [what: string, to: string | undefined, status: number, more: Partial<LeasedJob>][] = [
  ["no location", undefined, 302, {}],
  ["a location that is no URL", "http://[", 302, {}],
  ["another scheme", "https://127.0.0.1/x", 302, {}],
  ["a scheme that is none", "file:///etc/passwd", 302, {}],
  ["304", "/here", 304, {}],
  ["305", "/here", 305, {}],
  ["308, which Java does not know", "/here", 308, {}],
  ["a POST", "/here", 302, { requestMethod: "POST" }],
  ["a task of v1", "/here", 302, { profile: null }],
  ["a circle, after five", "/moved", 302, {}],
];
for (const [what, to, code, more] of FINAL)
  test(`not followed: ${what}`, async () => {
    status = code;
    const { statusCode, error } = await attempt(to, more);
    assert.equal([statusCode, error?.code], [code, "bad_status"]);
    assert.is(seen.length, what.startsWith("a circle") ? 6 : 1);
  });

test("all hops are under one deadline", async () => {
  const { error, durationMs } = await attempt(`${other.url}/hangs`, { timeoutMs: 400 as never });
  assert.is(error?.code, "timeout");
  assert.ok(durationMs >= 399, `${durationMs} ms`);
  assert.is(seen.length, 2);
});

test.run();
