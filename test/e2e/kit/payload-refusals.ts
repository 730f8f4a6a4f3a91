/** Payloads that no way in may take, and what is said of them. */
import type { Payload } from "./payload-table.ts";

export interface Refused extends Omit<Payload, "body" | "target" | "type" | "headers"> {
  field: string;
  message: RegExp;
  /** Default `invalid_task`. */
  code?: string;
  /** kkbida's endpoint takes it: what it sends then, in place of `param`. */
  legacy?: string;
}

const deep = (levels: number) => `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`;
const lone = /lone surrogate/;
const FORM = '"contentType":"application/x-www-form-urlencoded"';

const duplicates: Refused[] = [
  {
    name: "a key twice",
    param: '{"a":1,"b":2,"a":3}',
    field: "requestParam.a",
    message: /^has the key "a" twice$/,
    legacy: '{"a":3,"b":2}',
  },
  {
    name: "a key twice, once by escapes",
    param: '{"键":1,"\\u952e":7088992364139642881}',
    field: "requestParam.键",
    message: /^has the key "键" twice$/,
    legacy: '{"键":7088992364139642881}',
  },
  {
    name: "a key twice, deep inside",
    param: '{"x":[{"y":{"b":1.50,"a":[1],"b":null}}],"z":{"__proto__":1,"__proto__":2}}',
    field: "requestParam.x.0.y.b",
    message: /^has the key "b" twice$/,
    legacy: '{"x":[{"y":{"a":[1]}}],"z":{"__proto__":2}}',
  },
  {
    name: "an empty key twice",
    param: '{"":1,"":2}',
    field: "requestParam",
    message: /^has the key "" twice$/,
    legacy: '{"":2}',
  },
  {
    name: "a field of the task twice",
    param: "{}",
    more: '"requestParam":null',
    field: "requestParam",
    message: /twice/,
  },
];

const structures: Refused[] = [
  { name: "65 levels, with the task", param: deep(64), field: "body", message: /deeper than 64 levels/ },
  { name: "2000 levels", param: deep(2000), field: "body", message: /deeper than 64 levels/ },
  { name: "no object: a list", param: "[1]", field: "requestParam", message: /must be an object/ },
  {
    name: "no object: a number",
    param: "7088992364139642881",
    field: "requestParam",
    message: /must be an object/,
  },
  { name: "__proto__ as a field", more: '"__proto__":{}', field: "__proto__", message: /not a known field/ },
  {
    name: "constructor as a field",
    more: '"constructor":1',
    field: "constructor",
    message: /not a known field/,
  },
  {
    name: "__proto__ as a header",
    more: '"headers":{"__proto__":"x"}',
    field: "headers.__proto__",
    message: /cannot be used/,
  },
  {
    name: "__proto__ as a path of expect.json",
    more: '"expect":{"json":{"__proto__":1}}',
    field: "expect.json.__proto__",
    message: /cannot be used/,
  },
  {
    name: "constructor as a path of expect.json",
    more: '"expect":{"json":{"constructor":1}}',
    field: "expect.json.constructor",
    message: /./,
  },
  {
    name: "__proto__ in retry",
    more: '"retry":{"strategy":"fixed","delayMs":1,"__proto__":1}',
    field: "retry.__proto__",
    message: /not a known field/,
  },
  {
    name: "a placeholder {__proto__} that nothing fills",
    suffix: "/{__proto__}",
    param: "{}",
    field: "url",
    message: /\{__proto__\} that requestParam does not fill/,
  },
  {
    name: "a lone surrogate in a query",
    method: "GET",
    param: '{"a":["\\ud800"]}',
    field: "requestParam.a",
    message: lone,
  },
  { name: "a lone surrogate in a raw body", more: '"body":"\\ud800"', field: "body", message: lone },
];

const types: Refused[] = [
  {
    name: "a form that is nested",
    param: '{"a":1,"b":{"c":1}}',
    more: FORM,
    field: "requestParam.b",
    message: /cannot be nested in a form/,
  },
  {
    name: "a form with lists in a list",
    param: '{"a":[1,[2]]}',
    more: FORM,
    field: "requestParam.a",
    message: /cannot be nested in a form/,
  },
  {
    name: "a form with a lone surrogate",
    param: '{"a":"\\ud800"}',
    more: FORM,
    field: "requestParam.a",
    message: lone,
  },
  {
    name: "a form with a character that GBK lacks",
    param: '{"a":"\u{1F600}"}',
    more: FORM.replace('d"', 'd;charset=GBK"'),
    field: "requestParam.a",
    message: /character that gbk lacks, U\+1F600 at 1/,
  },
  {
    name: "requestParam as text/plain",
    param: '{"a":1}',
    more: '"contentType":"text/plain"',
    field: "contentType",
    message: /sent as JSON or as application\/x-www-form-urlencoded, not as text\/plain/,
  },
  {
    name: "requestParam as text/plain, named by a header",
    param: '{"a":1}',
    more: '"headers":{"content-type":"text/plain"}',
    field: "headers.content-type",
    message: /not as text\/plain/,
  },
  {
    name: "a raw body with a character that GBK lacks",
    more: '"body":"上海\u{20BB7}","contentType":"text/plain;charset=GBK"',
    field: "body",
    message: /character that gbk lacks, U\+20BB7 at 2/,
  },
  {
    name: "a raw body in a charset that nobody knows",
    more: '"body":"a","contentType":"text/plain;charset=klingon"',
    field: "contentType",
    message: /unknown charset, klingon/,
  },
  {
    name: "base64 as a charset",
    more: '"body":"TWFu","contentType":"text/plain;charset=base64"',
    field: "contentType",
    message: /unknown charset, base64/,
  },
  {
    name: "base64 without padding",
    more: '"bodyBase64":"TQ"',
    field: "bodyBase64",
    message: /base64 with padding/,
  },
  {
    name: "base64 of URLs",
    more: '"bodyBase64":"_-8="',
    field: "bodyBase64",
    message: /base64 with padding/,
  },
  { name: "base64 with white space", more: '"bodyBase64":"TWFu\\n"', field: "bodyBase64", message: /base64/ },
  {
    name: "bytes with GET",
    method: "GET",
    more: '"bodyBase64":"TWFu"',
    field: "bodyBase64",
    message: /cannot be sent with GET/,
  },
  {
    name: "two payloads",
    param: "{}",
    more: '"bodyBase64":"TWFu"',
    field: "bodyBase64",
    message: /cannot be given together with requestParam/,
  },
];

/** No JSON at all; in a batch none of it can be told apart. */
const broken: Refused[] = [
  ["NaN", "NaN"],
  ["a leading zero", "01"],
  ["a plus sign", "+1"],
  ["a bare point", ".5"],
  ["no digit behind the point", "1."],
  ["hexadecimal", "0x10"],
  ["a control character in a text", '"a\u0001"'],
  ["an unknown escape", '"\\x41"'],
  ["half an escape", '"\\u12"'],
  ["single quotes", "'a'"],
  ["a comma too many", "[1,]"],
].map(([name, value]) => ({
  name: `no JSON: ${name}`,
  param: `{"a":${value}}`,
  field: "requestParam",
  code: "invalid_json",
  message: /line 1, column \d+, offset \d+/,
}));

export const REFUSED: Refused[] = [...duplicates, ...structures, ...types, ...broken];
