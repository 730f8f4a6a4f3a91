// What a task sends as its body, and the rules between the fields that say so.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readJson } from "../../core/json/text.ts";
import { bodyBytes, type PayloadFields, payloadErrors, renderBody } from "../../core/payload.ts";

const test = suite("payloads");

const FORM = "application/x-www-form-urlencoded";
const NOTHING: PayloadFields = {
  ...{
    requestMethod: "POST",
    requestParam: null,
    body: null,
    bodyBase64: null,
    contentType: null,
    headers: null,
  },
};
/** @param param as its caller writes it */
const payload = (more: Partial<PayloadFields>, param?: string): PayloadFields => ({
  ...NOTHING,
  requestParam: param === undefined ? null : readJson(param),
  ...more,
});

const JSON_TYPE = "application/json;charset=UTF-8";
const CITY = '{"城市":"上海"}';

const SENT: [name: string, task: PayloadFields, body: string | null, contentType: string | null][] = [
  ["nothing", NOTHING, "{}", JSON_TYPE],
  [
    "JSON",
    payload({}, ' { "v" : 1.50 , "10":7088992364139642881 } '),
    '{"v":1.50,"10":7088992364139642881}',
    JSON_TYPE,
  ],
  ["JSON of another type", payload({ contentType: "text/json" }, "{}"), "{}", "text/json"],
  ["a type in a header", payload({ headers: { "Content-Type": "application/json" } }, "{}"), "{}", null],
  ["GET", payload({ requestMethod: "GET" }, "{}"), null, null],
  ["DELETE", payload({ requestMethod: "DELETE" }, "{}"), null, null],
  ["DELETE with a body", payload({ requestMethod: "DELETE", body: "x" }), "x", null],
  ["a raw body", payload({ body: "a\u0000\r\n" }), "a\u0000\r\n", null],
  ["an empty one", payload({ body: "", contentType: "text/plain" }), "", "text/plain"],
  [
    "a form",
    payload({ contentType: FORM }, '{"a b":"ü&","n":1.50,"l":[1,null,true],"e":""}'),
    "a+b=%C3%BC%26&n=1.50&l=1&l=&l=true&e=",
    FORM,
  ],
  ["a form by a header", payload({ headers: { "content-type": FORM } }, '{"a":-0}'), "a=-0", null],
  ["a form without fields", payload({ contentType: FORM }), "", FORM],
];

test("what is sent, as text", () => {
  for (const [name, task, body, contentType] of SENT) {
    assert.equal(payloadErrors(task), [], name);
    const sent = renderBody(task);
    assert.equal([sent.body, sent.contentType], [body, contentType], name);
  }
});

const BYTES: [name: string, task: PayloadFields, hex: string][] = [
  [
    "JSON in GBK",
    payload({ contentType: "application/json;charset=GBK" }, CITY),
    "7b22b3c7cad0223a22c9cfbaa3227d",
  ],
  ["raw text in GBK", payload({ body: "上海", contentType: 'text/plain; charset="gbk"' }), "c9cfbaa3"],
  ["by a header", payload({ body: "é", headers: { "CONTENT-TYPE": "text/plain;charset=latin1" } }), "e9"],
  [
    "bytes, whatever their type says",
    payload({ bodyBase64: "AP/+", contentType: "text/plain;charset=utf-8" }),
    "00fffe",
  ],
  ["bytes with DELETE", payload({ requestMethod: "DELETE", bodyBase64: "AA==" }), "00"],
];

test("what is sent, as bytes", () => {
  for (const [name, task, hex] of BYTES) {
    assert.equal(payloadErrors(task), [], name);
    assert.is(Buffer.from(renderBody(task).body as Uint8Array).toString("hex"), hex, name);
  }
});

test("a form in GBK", () => {
  const task = payload({ contentType: `${FORM};charset=gbk` }, CITY);
  assert.is(String(renderBody(task).body), "%B3%C7%CA%D0=%C9%CF%BA%A3");
});

const REFUSED: [task: PayloadFields, field: string, message: RegExp][] = [
  [payload({ body: "" }, "{}"), "body", /together with requestParam/],
  [payload({ bodyBase64: "" }, "{}"), "bodyBase64", /together with requestParam/],
  [payload({ body: "a", bodyBase64: "" }), "bodyBase64", /together with body/],
  [payload({ requestMethod: "GET", body: "" }), "body", /with GET/],
  [payload({ requestMethod: "GET", bodyBase64: "" }), "bodyBase64", /with GET/],
  [payload({ requestMethod: "GET", contentType: "text/plain" }, "{}"), "contentType", /requests with a body/],
  [payload({ body: "", contentType: "a/b", headers: { "content-type": "a/b" } }), "contentType", /header/],
  [
    payload({ contentType: "text/plain" }, "{}"),
    "contentType",
    /not as text\/plain; send body or bodyBase64/,
  ],
  [payload({ headers: { "Content-Type": "image/png" } }, "{}"), "headers.content-type", /not as image\/png/],
  [payload({ contentType: "text/plain" }), "contentType", /not as text\/plain/],
  [payload({ contentType: FORM }, '{"a":{}}'), "requestParam.a", /nested/],
  [payload({ contentType: FORM }, '{"a":[[]]}'), "requestParam.a", /nested/],
  [payload({ contentType: FORM }, '{"\\ud800":1}'), "requestParam.\ufffd", /lone surrogate/],
  [
    payload({ contentType: `${FORM};charset=gbk` }, '{"a":"\u{1F600}"}'),
    "requestParam.a",
    /gbk lacks, U\+1F600/,
  ],
  [
    payload({ contentType: "application/json;charset=gbk" }, '{"a":"\u{1F600}"}'),
    "requestParam",
    /gbk lacks/,
  ],
  [payload({ body: "\u{1F600}", contentType: "a/b;charset=gbk" }), "body", /gbk lacks, U\+1F600 at 0/],
  [payload({ body: "", contentType: "a/b;charset=klingon" }), "contentType", /unknown charset, klingon/],
];

test("what cannot be sent is refused, naming the field", () => {
  for (const [task, field, message] of REFUSED) {
    const errors = payloadErrors(task);
    assert.is(errors.length, 1, JSON.stringify(errors));
    assert.is(errors[0]?.field, field);
    assert.match(errors[0]?.message ?? "", message);
  }
});

test("bytes of a body", () => {
  assert.is(bodyBytes(payload({ bodyBase64: "AP/+" })), 3);
  const form = { contentType: "application/x-www-form-urlencoded", requestParam: readJson(`{"a":"上 b"}`) };
  assert.is(bodyBytes(payload(form)), "a=%E4%B8%8A+b".length);
  assert.is(bodyBytes(NOTHING), 0);
  assert.is(bodyBytes(payload({ body: "上".repeat(400_000) })), 1_200_000);
});

test.run();
