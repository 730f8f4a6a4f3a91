import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readJson } from "../../core/json/text.ts";
import type { Method } from "../../core/task.ts";
import {
  givesAway,
  HIDING,
  isSecretName,
  maskHeaders,
  maskParam,
  maskTask,
  maskTaskUrl,
  unmasked,
} from "../../core/task-secrets.ts";

const test = suite("secrets of tasks");

const SECRET = [
  ...[
    "authorization",
    "Authorization",
    "proxy-authorization",
    "cookie",
    "set-cookie",
    "x-api-key",
    "apikey",
    "api_key",
  ],
  ...[
    "x-auth-token",
    "access_token",
    "accessToken",
    "token",
    "x-hub-secret",
    "client_secret",
    "clientSecret",
    "password",
  ],
  ...[
    "X-Amz-Signature",
    "X-Amz-Credential",
    "X-Amz-Security-Token",
    "sig",
    "sign",
    "key",
    "AccessKey",
    "session_id",
  ],
  ...["x-csrf-tokens", "passwd", "pwd", "jwt", "webhook-signature", "Ocp-Apim-Subscription-Key"],
];
for (const name of ["token[]", "token[0]", "user[password]", "user[password][]"]) SECRET.push(name);
const OPEN = [
  ...[
    "content-type",
    "accept",
    "x-tenant",
    "author",
    "x-request-id",
    "monkey",
    "keyword",
    "keys-of-room",
    "design",
    "signal",
  ],
  ...["tokenize", "secretary", "passport", "id", "q", "page", "cursor", "x-cookies-allowed"],
];
test("names", () => {
  for (const name of SECRET) assert.ok(isSecretName(name), name);
  for (const name of OPEN) assert.not.ok(isSecretName(name), name);
});

const JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln";
const URLS: [url: string, masked: string][] = [
  ["https://a/b", "https://a/b"],
  ["https://a/b?q=1&page=2#c", "https://a/b?q=1&page=2#c"],
  ["https://a/b?access_token=abc", "https://a/b?access_token=******"],
  ["https://a/b?q=a%20b+c&key=abc&x=#f?key=1", "https://a/b?q=a%20b+c&key=******&x=#f?key=1"],
  ["https://a/b?KEY=1&KEY=2&flag&=3", "https://a/b?KEY=******&KEY=******&flag&=3"],
  ["https://a/b?%74oken=abc", "https://a/b?%74oken=******"],
  ["https://a/b?x%y=1&token=%zz", "https://a/b?x%y=1&token=******"],
  ["https://a/b?token=a=b", "https://a/b?token=******"],
  [`https://a/b?state=${JWT}`, "https://a/b?state=******"],
  ["https://u:p@a/b?x=y@z", "https://******@a/b?x=y@z"],
  ["https://a/@b?x=1", "https://a/@b?x=1"],
  ["https://a/{id}?token={t}&sig=x{t}", "https://a/{id}?token={t}&sig=******"],
];
for (const [url, masked] of URLS) test(url, () => assert.is(maskTaskUrl(url), masked));

test("headers: those of requests, and lists in answers; nothing secret is the same object", () => {
  const open = { "x-tenant": "7", accept: "*/*" };
  assert.is(maskHeaders(open), open);
  assert.equal(maskHeaders({ ...open, Authorization: "Bearer a", "x-any": JWT }), {
    ...open,
    Authorization: "******",
    "x-any": "******",
  });
  assert.equal(maskHeaders<string | string[]>({ "set-cookie": ["a=1", "b=2"], via: ["1", "2"] }), {
    "set-cookie": ["******", "******"],
    via: ["1", "2"],
  });
});

const PARAMS: [param: string, method: Method, url: string, masked: string][] = [
  ['{"id":1.50,"token":"abc"}', "GET", "https://a/", '{"id":1.50,"token":"******"}'],
  ['{"token":{"a":1}}', "DELETE", "https://a/", '{"token":"******"}'],
  [`{"s":"${JWT}"}`, "GET", "https://a/", '{"s":"******"}'],
  // A body: what is in it is the two sides' own matter.
  ['{"token":"abc"}', "POST", "https://a/", '{"token":"abc"}'],
  ['{"t":"abc","id":1}', "POST", "https://a/?access_token={t}&id={id}", '{"t":"******","id":1}'],
  // A name is filled, or a value that is a credential by its form.
  ['{"k":"token","v":"abc"}', "POST", "https://a/?{k}={v}", '{"k":"token","v":"******"}'],
  ['{"k":"page","v":"abc"}', "POST", "https://a/?{k}={v}", '{"k":"page","v":"abc"}'],
  ['{"v":"eyJhbGciOiJIUzI1NiJ9.abc.def"}', "POST", "https://a/?x={v}", '{"v":"******"}'],
  [
    '{"token[]":"abc","user[password]":"x","ids[0]":7}',
    "GET",
    "https://a/",
    '{"token[]":"******","user[password]":"******","ids[0]":7}',
  ],
];
for (const [param, method, url, masked] of PARAMS)
  test(`${method} ${url} ${param}`, () => assert.is(maskParam(readJson(param), method, url), masked));

const hides = (pattern: string, text: string): boolean => new RegExp(pattern).test(text.toLowerCase());

test("databases leave out of a search what is masked, and little else", () => {
  for (const [url, masked] of URLS) {
    const isHidden = hides(HIDING.userInfo, url) || hides(HIDING.query, url);
    // A placeholder is no secret; what fills it is.
    assert.is(isHidden, masked !== url, url);
  }
  for (const name of [...SECRET, "%61ny", "KEY", "token[]", "a[token][0]"]) {
    assert.ok(hides(HIDING.query, `https://a/?q=1&${name}=x`), name);
    assert.ok(hides(HIDING.query, `https://a/?${name}=x&q=1`), name);
    assert.ok(hides(HIDING.placeholder, `https://a/?q={q}&${name}=a{b}`), name);
  }
  for (const name of SECRET) assert.ok(hides(HIDING.members, JSON.stringify({ n: 1, [name]: "x" })), name);
  for (const name of OPEN) {
    assert.not.ok(hides(HIDING.query, `https://a/token=1/?${name}=token&n=key`), name);
    assert.not.ok(hides(HIDING.placeholder, `https://a/?${name}={token}&token=1`), name);
    assert.not.ok(hides(HIDING.members, JSON.stringify({ [name]: "token", n: ["key"] })), name);
  }
  for (const [param, method, url, masked] of PARAMS) {
    const isQuery = method === "GET" || method === "DELETE";
    const isHidden =
      (hides(HIDING.members, param) && (isQuery || hides(HIDING.filled, url))) ||
      hides(HIDING.placeholder, url);
    // Of a name that is filled it is not known whether it makes a secret.
    if (!url.includes("?{k}")) assert.is(isHidden, masked !== param, param);
    else assert.ok(isHidden);
  }
});

const original = {
  url: "https://a/?token=abcd&q=1",
  requestMethod: "GET" as const,
  requestParam: readJson('{"key":"kkkk","n":10000000000000000001}'),
  headers: { Authorization: "Bearer a", "x-tenant": "7" },
};

test("a masked task, edited, has the original's secrets again", () => {
  const seen = maskTask(original);
  assert.not.match(JSON.stringify(seen), /abcd|"kkkk"|Bearer/);
  const { url, headers, requestParam } = seen;
  assert.equal(unmasked({ url, headers, requestParam }, original), {
    url: original.url,
    headers: original.headers,
    requestParam: original.requestParam,
  });
  const edited = unmasked(
    { url: url.replace("q=1", "q=2"), headers: { authorization: "******", "x-tenant": "8", "x-key": "new" } },
    original,
  );
  assert.equal(edited, {
    url: "https://a/?token=abcd&q=2",
    headers: { authorization: "Bearer a", "x-tenant": "8", "x-key": "new" },
  });
});

test("a copy gives secrets away where it goes elsewhere with them, or shows them", () => {
  const gives = (copy: Partial<Parameters<typeof givesAway>[0]>, isElsewhere = false) =>
    givesAway({ ...original, ...copy }, original, isElsewhere);
  assert.is(gives({}), false);
  assert.is(gives({}, true), true);
  assert.is(
    gives({ url: "https://b/", headers: { "x-tenant": "7" }, requestParam: readJson("{}") }, true),
    false,
  );
  assert.is(
    gives({ url: "https://b/", headers: { a: "Bearer a" }, requestParam: readJson("{}") }, true),
    true,
  );
  // A parameter of the query becomes one of the body, which is not masked; or what was in a header is in the path.
  assert.is(gives({ requestMethod: "POST" }), true);
  assert.is(gives({ headers: { "x-tenant": "Bearer a" } }), true);
  assert.is(gives({ url: "https://a/abcd" }), true);
  const filled = { ...original, requestMethod: "POST" as const, url: "https://a/?token={t}", headers: null };
  const param = readJson('{"t":"secret"}');
  const from = { ...filled, requestParam: param };
  assert.is(givesAway(from, from, false), false);
  assert.is(givesAway({ ...from, url: "https://a/" }, from, false), true);
  const open = { ...original, url: "https://a/", headers: null, requestParam: null };
  assert.is(givesAway(open, open, true), false);
});

test("a mask that stands for nothing stays what it is", () =>
  assert.equal(unmasked({ url: "https://b/?sig=******", headers: { "x-key": "******" } }, original), {
    url: "https://b/?sig=******",
    headers: { "x-key": "******" },
  }));

test("a name that stands there several times keeps its values in their order", () => {
  const url = "https://a/?token=one&q=1&token=two";
  const masked = maskTaskUrl(url);
  assert.is(unmasked({ url: masked }, { ...original, url }).url, url);
  const edited = masked.replace("token=******", "token=new");
  assert.is(unmasked({ url: edited }, { ...original, url }).url, "https://a/?token=new&q=1&token=two");
});

test("a task without secrets is the same object", () => {
  const open = {
    ...original,
    url: "https://a/?q=1",
    requestParam: readJson('{"n":1}'),
    headers: { "x-tenant": "7" },
  };
  assert.is(maskTask(open), open);
});

test.run();
