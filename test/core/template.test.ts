import { suite } from "uvu";
import * as assert from "uvu/assert";
import { renderRequest } from "../../core/template.ts";
import { placeholdersOf } from "../../core/url-template.ts";
import { json } from "./helpers.ts";

type Task = Parameters<typeof renderRequest>[0];

const test = suite("template");

type Fields = Partial<Omit<Task, "requestParam">> & { requestParam?: unknown };

const render = ({ requestParam = null, ...more }: Fields) => {
  const task: Task = {
    url: "http://a.example/x",
    requestMethod: "POST",
    requestParam: requestParam === null ? null : json(requestParam),
    body: null,
    bodyBase64: null,
    contentType: null,
    headers: null,
    ...more,
  };
  const { origin, path, body, contentType } = renderRequest(task);
  return { url: origin + path, body, contentType };
};

const NAMES: [string, string[]][] = [
  ["http://a/x", []],
  ["http://a/{id}/{id}?q={name}", ["id", "id", "name"]],
  ["http://a/{a.b}{c-d}{_e}", ["a.b", "c-d", "_e"]],
  ["http://a/{}/{1}/{ a}/{a b}/{{x}}", ["x"]],
];
for (const [url, names] of NAMES)
  test(`placeholders of ${url}`, () => assert.equal(placeholdersOf(url), names));

/** `{v}` in a path, filled. */
const FILLED: [unknown, string][] = [
  ["plain", "plain"],
  ["a b/c?d&e=f#g", "a%20b%2Fc%3Fd%26e%3Df%23g"],
  ["上海", "%E4%B8%8A%E6%B5%B7"],
  ["😀", "%F0%9F%98%80"],
  ["%2F", "%252F"],
  ["{w}", "%7Bw%7D"],
  ["$&$1", "%24%26%241"],
  [4711, "4711"],
  [true, "true"],
  [null, ""],
  [undefined, ""],
  [[1, "a"], "%5B1%2C%22a%22%5D"],
  [{ a: 1 }, "%7B%22a%22%3A1%7D"],
];
for (const [value, text] of FILLED) {
  test(`{v} filled with ${JSON.stringify(value)}`, () =>
    assert.is(render({ url: "http://a/p/{v}", requestParam: { v: value } }).url, `http://a/p/${text}`));
}

test("GET and DELETE: what no placeholder used becomes the query, behind what is there", () => {
  for (const requestMethod of ["GET", "DELETE"] as const) {
    const requestParam = {
      id: 7,
      city: "上海",
      tags: ["a", "b c"],
      none: null,
      flag: false,
      deep: { x: [1] },
    };
    const result = render({ url: "http://a/{id}?k=v", requestMethod, requestParam });
    assert.is(
      result.url,
      "http://a/7?k=v&city=%E4%B8%8A%E6%B5%B7&tags=a&tags=b+c&none=&flag=false&deep=%7B%22x%22%3A%5B1%5D%7D",
    );
    assert.equal([result.body, result.contentType], [null, null]);
  }
});

test("a query that is there stays as it was written", () => {
  const url = "http://a/x?sig=a%2Fb~c%20d&flag&e=%e4%b8%8a&p=1+2";
  const query = (requestParam: unknown) => render({ url, requestMethod: "GET", requestParam }).url;
  assert.is(query({ id: 1 }), `${url}&id=1`);
  assert.is(query({ l: [] }), url);
});

test("GET without parameters leaves the URL as it is", () => {
  assert.is(render({ url: "http://a/x?b=1&a=%20", requestMethod: "GET" }).url, "http://a/x?b=1&a=%20");
  assert.is(render({ url: "http://a/x?", requestMethod: "GET", requestParam: { l: [] } }).url, "http://a/x?");
});

test("the other methods send all parameters as JSON, placeholders included", () => {
  for (const requestMethod of ["POST", "PUT", "PATCH"] as const) {
    const result = render({ url: "http://a/{id}", requestMethod, requestParam: { id: 7, c: "上海😀\0" } });
    assert.is(result.url, "http://a/7");
    assert.is(result.body, '{"id":7,"c":"上海😀\\u0000"}');
    assert.is(result.contentType, "application/json;charset=UTF-8");
  }
  assert.is(render({}).body, "{}");
  assert.is(
    render({ requestParam: { a: 1 }, contentType: "application/vnd.x+json" }).contentType,
    "application/vnd.x+json",
  );
});

test("a raw body is sent untouched, with its own type or none", () => {
  const body = '  <a>{id}</a>\r\n\0上海😀 {"x": 1.0}';
  assert.equal(render({ body }), { url: "http://a.example/x", body, contentType: null });
  assert.equal(render({ body: "", requestMethod: "DELETE", contentType: "text/xml" }), {
    url: "http://a.example/x",
    body: "",
    contentType: "text/xml",
  });
});

test("a filled text that is no URL throws", () => {
  assert.throws(() => render({ url: "http://{h}/", requestParam: { h: "a/b" } }));
  assert.throws(() => render({ url: "http://a:{p}/", requestParam: { p: 99_999 } }));
  assert.throws(() => render({ url: "http://a/{v}", requestParam: { v: "\ud800" } }));
});

test.run();
