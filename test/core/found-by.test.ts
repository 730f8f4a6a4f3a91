/** What a task is found by: the URL that is called, its business key, parts of its id; and never a secret. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { businessKeyOf, calledUrlOf } from "../../core/found-by.ts";
import { idPartsOf } from "../../core/id-parts.ts";
import type { JsonText } from "../../core/json/text.ts";
import type { TaskSpec } from "../../core/task.ts";

type Request = Pick<TaskSpec, "url" | "requestMethod" | "requestParam" | "body" | "profile">;
const request = (more: Partial<Request>): Request => ({
  url: "https://a.example/",
  requestMethod: "POST",
  requestParam: null,
  body: null,
  profile: null,
  ...more,
});
const called = (url: string, param: string | null = null, more: Partial<Request> = {}) =>
  calledUrlOf(request({ url, requestParam: param as JsonText | null, ...more }));
const keyOf = (param: string, path = "$.orderNo", more: Partial<Request> = {}) =>
  businessKeyOf(request({ requestParam: param as JsonText, ...more }), path);

test("the called URL: placeholders filled, the query added; null where it is the URL itself", () => {
  assert.is(called("https://a.example/orders/{id}", '{"id":4711}'), "https://a.example/orders/4711");
  assert.is(called("https://a.example/orders", '{"id":4711}'), null);
  const get = { requestMethod: "GET" as const };
  assert.is(called("https://a.example/o", '{"id":4711,"a":"b c"}', get), "https://a.example/o?id=4711&a=b+c");
  assert.is(called("https://a.example/o", "{}", get), null);
  assert.is(called("https://a.example/o", null, get), null);
  // kkbida sent nothing that no placeholder used.
  assert.is(called("https://a.example/o", '{"id":1}', { ...get, profile: "kkbida" }), null);
  const long = `{"id":"${"x".repeat(5_000)}"}`;
  assert.is(called("https://a.example/{id}", long)?.length, 2_048);
});

test("the called URL has no secret: by its name, by its form, or because it fills a secret part", () => {
  const jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl";
  const get = { requestMethod: "GET" as const };
  for (const found of [
    called("https://a.example/{id}?token=s3cr3t", '{"id":1}'),
    called("https://u:s3cr3t@a.example/{id}", '{"id":1}'),
    called("https://a.example/{id}?token={t}", '{"id":1,"t":"s3cr3t"}'),
    called("https://a.example/o", '{"api_key":"s3cr3t","id":1}', get),
    called("https://a.example/{token}", '{"token":"s3cr3t"}', get),
    called("https://a.example/o", `{"x":"${jwt}","id":1}`, get),
  ])
    assert.not.match(String(found), new RegExp(`s3cr3t|${jwt}`));
  assert.is(
    called("https://a.example/{id}?token={t}", '{"id":7,"t":"s3cr3t"}'),
    "https://a.example/7?token=******",
  );
});

test("the business key: the first text, number or truth value, as it is written", () => {
  assert.is(keyOf('{"orderNo":"A-1"}'), "A-1");
  assert.is(keyOf('{"orderNo":" 商店 1 "}'), "商店 1");
  assert.is(keyOf('{"orderNo":7088992364139642881}'), "7088992364139642881");
  assert.is(keyOf('{"orderNo":1.50}'), "1.50");
  assert.is(keyOf('{"orderNo":true}'), "true");
  assert.is(keyOf('{"order":{"items":[{"no":1},{"no":2}]}}', "$.order.items[*].no"), "1");
  assert.is(keyOf('{"a":[null,{},"x"]}', "$.a[*]"), "x");
  assert.is(businessKeyOf(request({ body: ' {"orderNo": "B-2"}' }), "$.orderNo"), "B-2");
});

test("there is none: nothing selected, no JSON, too long, too large, NUL, half a character", () => {
  assert.is(keyOf("{}"), null);
  assert.is(keyOf('{"orderNo":null}'), null);
  assert.is(keyOf('{"orderNo":{"a":1}}'), null);
  assert.is(keyOf('{"orderNo":""}'), null);
  assert.is(keyOf(`{"orderNo":"${"x".repeat(128)}"}`)?.length, 128);
  assert.is(keyOf(`{"orderNo":"${"x".repeat(129)}"}`), null);
  assert.is(keyOf(`{"orderNo":"A-1","x":"${"x".repeat(200_000)}"}`), null);
  assert.is(keyOf('{"orderNo":"a\\u0000b"}'), null);
  assert.is(keyOf('{"orderNo":"\\ud800"}'), null);
  for (const body of ["orderNo=1", "{not json", "", "[1]"])
    assert.is(businessKeyOf(request({ body }), "$.orderNo"), null, body);
  assert.is(businessKeyOf(request({}), "$.orderNo"), null);
  // It stops where too many values would have to be looked at.
  const many = `{"a":[${Array.from({ length: 20_000 }, () => "{}").join()}],"orderNo":"A-1"}`;
  assert.is(keyOf(many, "$..orderNo"), null);
});

test("a secret is no business key, whatever the path", () => {
  assert.is(keyOf('{"password":"s3cr3t"}', "$.password"), null);
  assert.is(keyOf('{"auth":{"value":"s3cr3t"}}', "$.auth.value"), null);
  assert.is(keyOf('{"list":[{"api_key":"s3cr3t"}]}', "$..api_key"), null);
  assert.is(keyOf('{"x":"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln"}', "$.x"), null);
  const url = "https://a.example/?token={orderNo}";
  assert.is(keyOf('{"orderNo":"s3cr3t"}', "$.orderNo", { url }), null);
});

test("parts of an id: all, the beginning, the end, or both as lists show them; nothing else is one", () => {
  const id = "0199b3c2-7d1e-7a40-9c55-2f8f0f6f8b11";
  const hex = id.replaceAll("-", "");
  assert.equal(idPartsOf(id.toUpperCase()), [{ begins: hex, ends: "" }]);
  for (const sign of ["…", "...", "..", "*"])
    assert.equal(idPartsOf(` 0199b3c2${sign}6f8b11 `), [{ begins: "0199b3c2", ends: "6f8b11" }]);
  assert.equal(idPartsOf("…6f8b11"), [{ begins: "", ends: "6f8b11" }]);
  assert.equal(idPartsOf("0199b3c2-7d1e"), [
    { begins: "0199b3c27d1e", ends: "" },
    { begins: "", ends: "0199b3c27d1e" },
  ]);
  for (const other of ["4711", "order-4711", "", "…", "xyz", "0199b…", `${hex}0`])
    assert.equal(idPartsOf(other), [], other);
});

test.run();
