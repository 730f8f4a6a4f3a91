import type { ServerResponse } from "node:http";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { BidaError, type RefusalCode } from "../../core/errors.ts";
import { refusalOf, sendProblem } from "../../services/api/problem.ts";
import { loggedRefusal } from "../../services/api/refusal-log.ts";
import { unexpectedIn } from "../../services/bus/bus.ts";

const test = suite("problem documents");

const ERRORS: [name: string, error: unknown, code: RefusalCode][] = [
  ["a refusal", new BidaError("forbidden"), "forbidden"],
  ["body-parser: too large", { type: "entity.too.large", status: 413 }, "body_too_large"],
  ["body-parser: not JSON", { type: "entity.parse.failed", status: 400 }, "invalid_json"],
  ["body-parser: encoding", { type: "encoding.unsupported", status: 415 }, "unsupported_media_type"],
  ["body-parser: charset", { type: "charset.unsupported", status: 415 }, "unsupported_media_type"],
  ["body-parser: aborted", { type: "request.aborted", status: 400 }, "invalid_json"],
  ["the gateway: not found", { type: "NOT_FOUND", code: 404 }, "not_found"],
  ["the gateway: no service", { name: "ServiceNotFoundError", code: 404 }, "not_found"],
  ["one of ours from elsewhere", { type: "state_conflict", code: 409 }, "state_conflict"],
  ["another 404", { code: 404 }, "not_found"],
  ["another 4xx", { status: 418 }, "invalid_json"],
  ["a 5xx", { code: 503, type: "X" }, "internal"],
  ["a bug", new TypeError("x is not a function"), "internal"],
  ["a type that is no code", { type: "no_code", code: 500 }, "internal"],
  ["text", "text", "internal"],
];
for (const [name, error, code] of ERRORS) {
  test(`${name} → ${code}`, () => assert.is(refusalOf(error).code, code));
}

function sent(refusal: BidaError, headersSent = false, requestHeaders: Record<string, string> = {}) {
  const headers: Record<string, string> = {};
  let text = "";
  let destroyed = false;
  const req = { headers: requestHeaders };
  const res = {
    req,
    headersSent,
    statusCode: 0,
    getHeader: () => "req-1",
    setHeader(name: string, value: string) {
      headers[name] = value;
    },
    end(body: string) {
      text = body;
    },
    destroy() {
      destroyed = true;
    },
  };
  sendProblem(res as unknown as ServerResponse, refusal);
  return { status: res.statusCode, headers, body: text && JSON.parse(text), destroyed };
}

test("the document", () => {
  const errors = [{ field: "url", message: "is required" }];
  const { status, headers, body } = sent(new BidaError("invalid_task", "Look", { errors }));
  assert.is(status, 400);
  assert.equal(headers, { "content-type": "application/problem+json; charset=utf-8" });
  assert.equal(body, {
    type: "/docs/errors#invalid_task",
    title: "The task has invalid fields",
    status: 400,
    code: "invalid_task",
    detail: "Look",
    errors,
    requestId: "req-1",
  });
});

test("headers that belong to a refusal", () => {
  assert.is(sent(new BidaError("unavailable")).headers["retry-after"], "2");
  assert.match(sent(new BidaError("unauthorized")).headers["www-authenticate"] ?? "", /^Basic realm=/);
  assert.is(sent(new BidaError("too_many_requests", "", { retryAfter: 9 })).headers["retry-after"], "9");
});

test("a page is not asked for Basic credentials: the browser would open its own window", () => {
  const challenge = (headers: Record<string, string>) =>
    sent(new BidaError("unauthorized"), false, headers).headers["www-authenticate"] ?? "";
  for (const headers of [
    { "sec-fetch-dest": "empty" },
    { "x-requested-with": "fetch" },
    { cookie: "a=1; bida_session=x" },
  ] as Record<string, string>[])
    assert.match(challenge(headers), /^Session /);
  assert.match(challenge({ "sec-fetch-dest": "document" }), /^Basic /);
});

test("nothing of an unexpected error is in it", () => {
  const { body } = sent(refusalOf(new Error("password=hunter2")));
  assert.not.match(JSON.stringify(body), "hunter2");
});

test("what is unexpected is logged under its request's id, on whichever node it is met", () => {
  const lines: [level: string, data: Record<string, unknown>, text: string][] = [];
  const say = (level: string) => (data: Record<string, unknown>, text: string) =>
    void lines.push([level, data, text]);
  const logger = { error: say("error"), debug: say("debug") };
  const bug = new TypeError("x is not a function");
  const res = { getHeader: () => "req-1" } as unknown as ServerResponse;
  assert.is(loggedRefusal(logger as never, res, bug).code, "internal");
  assert.is(loggedRefusal(logger as never, res, new BidaError("forbidden")).code, "forbidden");
  const ctx = { broker: { logger }, action: { name: "admin.list" }, meta: { requestId: "req-1" } };
  unexpectedIn(ctx as never)(bug);
  unexpectedIn({ ...ctx, meta: {} } as never, "req-2")(bug);
  unexpectedIn({ ...ctx, meta: {} } as never)(bug);
  assert.equal(lines, [
    ["error", { err: bug, requestId: "req-1" }, "request failed"],
    [
      "debug",
      { requestId: "req-1", status: 403, code: "forbidden", detail: "Not allowed" },
      "request refused",
    ],
    ["error", { err: bug, action: "admin.list", requestId: "req-1" }, "unexpected"],
    ["error", { err: bug, action: "admin.list", requestId: "req-2" }, "unexpected"],
    ["error", { err: bug, action: "admin.list" }, "unexpected"],
  ]);
});

test("an answer that has begun is broken off", () => {
  assert.equal(
    [sent(new BidaError("internal"), true).destroyed, sent(new BidaError("internal")).destroyed],
    [true, false],
  );
});

test.run();
