/**
 * Payloads, and what is meant by each: the bytes that the receiver has to get. Written out by hand; nothing here is made by
 * the code that it judges.
 */

export interface Payload {
  name: string;
  /** Default POST. */
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** `requestParam`, as its caller writes it. */
  param?: string;
  /** More fields of the task, likewise: `"contentType":"…"`. kkbida's endpoint and its tables have none of them. */
  more?: string;
  /** What follows the path in the task's URL. */
  suffix?: string;
  /** What the receiver gets as body; default: `param`, nothing for GET and DELETE. */
  body?: string | Buffer;
  /** What it sees in place of `suffix`; default: the same. */
  target?: string;
  /** The content type it sees; default: that of JSON where there is a body. */
  type?: string | null;
  /** More headers that it sees. */
  headers?: Record<string, string>;
  /** What it sees of kkbida's tasks, which have no member that is null, and no query that their URL has not. */
  kkbida?: Pick<Payload, "body" | "target">;
}

const NUMBERS = [
  "9007199254740991",
  "9007199254740992",
  "9007199254740993",
  "7088992364139642881",
  "-7088992364139642881",
  "1234567890123456789012345678901234567890",
  "1.50",
  "1.0",
  "0.10",
  "-0",
  "-0.0",
  "1e400",
  "-1e-400",
  "1E5",
  "1e+5",
  "1e-7",
  "123456789012345678901234567890.123456789",
];

/** In bodies, and digit by digit in paths and queries. */
const numbers = NUMBERS.flatMap((n): Payload[] => {
  const encoded = n.replace("+", "%2B");
  return [
    { name: `number ${n}`, param: `{"n":${n},"l":[${n},{"d":${n}}]}` },
    {
      name: `number ${n} in a path and a query`,
      method: "GET",
      param: `{"p":${n},"q":${n},"l":[1,${n}]}`,
      suffix: "/{p}?x={p}",
      target: `/${encoded}?x=${encoded}&q=${encoded}&l=1&l=${encoded}`,
      kkbida: { target: `/${encoded}?x=${encoded}` },
    },
  ];
});

const string = (name: string, written: string, sent = written): Payload => ({
  name,
  param: `{"s":"${written}","${written}k":[1]}`,
  body: `{"s":"${sent}","${sent}k":[1]}`,
});

const strings: Payload[] = [
  string("the two that must be escaped", '\\"\\\\'),
  string("a slash", "a\\/b", "a/b"),
  string("control characters that have a letter", "\\b\\f\\n\\r\\t"),
  string("the same by number", "\\u0008\\u000c\\u000A\\u000d\\u0009", "\\b\\f\\n\\r\\t"),
  string("a quote and a backslash by number", "\\u0022\\u005c\\u002F", '\\"\\\\/'),
  string("letters by number", "\\u0041\\u4e0a\\u6D77", "A上海"),
  string("NUL and another control character", "a\\u0000b\\u001f\\u001F", "a\\u0000b\\u001f\\u001f"),
  string("line separators and DEL", "\\u2028\\u2029\\u007f", "\u2028\u2029\u007f"),
  string("line separators as they are", "\u2028\u2029\u007f\u0080"),
  string("a surrogate pair by number", "\\ud83d\\ude00", "\u{1F600}"),
  string("4-byte characters", "\u{1F600}\u{20BB7}\u{10FFFF}"),
  string("lone surrogates", "\\uD800x\\udfff", "\\ud800x\\udfff"),
  string("surrogates in the wrong order", "\\ude00\\ud83d", "\\ude00\\ud83d"),
  string("texts that look like something else", "1.50 null {a} %20 \\\\u0041 <b>&amp;", undefined),
  string("a byte order mark inside", "\ufeffa"),
  string("composed and decomposed", "\u00e9e\u0301"),
];

const nested = (levels: number, inner = "1") => `${'{"a":'.repeat(levels)}${inner}${"}".repeat(levels)}`;

const structures: Payload[] = [
  {
    name: "keys that look like whole numbers",
    param: '{"b":1,"10":2,"9":3,"a":{"2":[],"1":{}},"-1":4,"01":5}',
  },
  {
    name: "keys that every object inherits",
    param:
      '{"__proto__":1,"constructor":{"prototype":2},"toString":3,"hasOwnProperty":4,"a":{"__proto__":{"b":1},"valueOf":null}}',
    kkbida: {
      body: '{"__proto__":1,"constructor":{"prototype":2},"toString":3,"hasOwnProperty":4,"a":{"__proto__":{"b":1}}}',
    },
  },
  { name: "__proto__ alone", param: '{"__proto__":{"polluted":true}}' },
  { name: "an empty key", param: '{"":1,"a":{"":{"":[]}}}' },
  {
    name: "keys that fastjson and Jackson give a meaning",
    param: '{"@type":"x","@class":"y","a":{"$ref":"$"}}',
  },
  { name: "a key with dots, brackets and a dollar", param: '{"a.b":1,"$[0]":2,"{c}":3}' },
  {
    name: "white space between tokens",
    param: ' { "a" : [ 1 , 2.50\n, { } , [ ] ] ,\r\n\t"b c" : " x  y " , "t":true , "n" : null } ',
    body: '{"a":[1,2.50,{},[]],"b c":" x  y ","t":true,"n":null}',
    kkbida: { body: '{"a":[1,2.50,{},[]],"b c":" x  y ","t":true}' },
  },
  { name: "an empty object", param: "{}" },
  {
    name: "literals",
    param: '{"t":true,"f":false,"n":null,"l":[null,true,[]]}',
    kkbida: { body: '{"t":true,"f":false,"l":[null,true,[]]}' },
  },
  { name: "64 levels, with the task", param: nested(63) },
  { name: "64 levels of lists, with the task", param: `{"a":${"[".repeat(62)}${"]".repeat(62)}}` },
  { name: "a long text", param: `{"s":"${"长".repeat(100_000)}","n":7088992364139642881}` },
  { name: "a field that is called json", param: '{"json":"{\\"url\\":1}"}' },
  { name: "PUT", method: "PUT", param: '{"id":7088992364139642881}' },
];

const targets: Payload[] = [
  {
    name: "a placeholder {__proto__}",
    method: "GET",
    param: '{"__proto__":"p/q","constructor":"c"}',
    suffix: "/{__proto__}/{constructor}",
    target: "/p%2Fq/c",
  },
  {
    name: "placeholders of every kind",
    method: "GET",
    param: '{"城市":"上海 &","t":true,"n":null,"l":[1.50,"x"],"o":{"a":1.0}}',
    suffix: "/{城市}/{t}?n={n}&l={l}&o={o}",
    target: `/%E4%B8%8A%E6%B5%B7%20%26/true?n=&l=${encodeURIComponent('[1.50,"x"]')}&o=${encodeURIComponent('{"a":1.0}')}`,
  },
  {
    name: "a query in the order it was written",
    method: "GET",
    param: '{"z":1,"10":"a","9":[2,1,null],"":"e","__proto__":"p","k":"\u{1F600} +&=","o":{"d":1.50}}',
    target: "?z=1&10=a&9=2&9=1&9=&=e&__proto__=p&k=%F0%9F%98%80+%2B%26%3D&o=%7B%22d%22%3A1.50%7D",
    kkbida: { target: "" },
  },
  {
    name: "DELETE, digits in the query",
    method: "DELETE",
    param: '{"id":7088992364139642881,"v":1.50,"x":-0}',
    suffix: "/{id}",
    target: "/7088992364139642881?v=1.50&x=-0",
  },
  {
    name: "POST with a placeholder keeps the whole body",
    param: '{"id":7088992364139642881,"v":1.50}',
    suffix: "/{id}",
    target: "/7088992364139642881",
  },
];

const FORM = "application/x-www-form-urlencoded";

const forms: Payload[] = [
  {
    name: "a form",
    param:
      '{"城市":"上海 &=+*-._~","n":7088992364139642881,"d":1.50,"l":[1,"b",null,1e400],"t":true,"x":null,"e":"","10":"\u{1F600}"}',
    more: `"contentType":"${FORM}"`,
    body: "%E5%9F%8E%E5%B8%82=%E4%B8%8A%E6%B5%B7+%26%3D%2B*-._%7E&n=7088992364139642881&d=1.50&l=1&l=b&l=&l=1e400&t=true&x=&e=&10=%F0%9F%98%80",
    type: FORM,
  },
  {
    name: "a form in GBK",
    param: '{"城市":["上海","a"]}',
    more: `"contentType":"${FORM};charset=GBK"`,
    body: "%B3%C7%CA%D0=%C9%CF%BA%A3&%B3%C7%CA%D0=a",
    type: `${FORM};charset=GBK`,
  },
  { name: "a form without fields", param: "{}", more: `"contentType":"${FORM}"`, body: "", type: FORM },
  {
    name: "JSON in GBK",
    param: '{"城市":"上海","n":1.50}',
    more: '"contentType":"application/json; charset=\\"gbk\\""',
    body: Buffer.concat([
      Buffer.from('{"'),
      Buffer.from("b3c7cad0", "hex"),
      Buffer.from('":"'),
      Buffer.from("c9cfbaa3", "hex"),
      Buffer.from('","n":1.50}'),
    ]),
    type: 'application/json; charset="gbk"',
  },
  {
    name: "PATCH with a type of JSON's kin",
    method: "PATCH",
    param: '{"v":1.50}',
    more: '"contentType":"application/merge-patch+json"',
    type: "application/merge-patch+json",
  },
];

const EVERY_BYTE = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));

const raw: Payload[] = [
  {
    name: "JSON as a raw body is not touched",
    more: '"body":"{ \\"a\\" : 1.50 ,\\n\\"a\\" : 9007199254740993 } ","contentType":"application/json"',
    body: '{ "a" : 1.50 ,\n"a" : 9007199254740993 } ',
    type: "application/json",
  },
  {
    name: "a raw body in GBK",
    more: '"body":"上海€ abc","contentType":"text/plain;charset=GBK"',
    body: Buffer.from("c9cfbaa38020616263", "hex"),
    type: "text/plain;charset=GBK",
  },
  {
    name: "a raw body in GB18030, with 4-byte characters",
    more: '"body":"上\\ud83d\\ude00","contentType":"text/plain; charset=gb18030"',
    body: Buffer.from("c9cf9439fc36", "hex"),
    type: "text/plain; charset=gb18030",
  },
  {
    name: "a raw body whose type is in a header",
    more: '"body":"<é/>","headers":{"Content-Type":"text/xml;charset=iso-8859-1"}',
    body: Buffer.from("3ce92f3e", "hex"),
    type: "text/xml;charset=iso-8859-1",
  },
  { name: "a raw body of NULs", more: '"body":"\\u0000\\u0000\\u0000"', body: Buffer.alloc(3), type: null },
  {
    name: "a raw body with a byte order mark",
    more: '"body":"\ufeffa\\r\\n"',
    body: "\ufeffa\r\n",
    type: null,
  },
  { name: "an empty raw body", more: '"body":""', body: "", type: null },
  { name: "neither body nor requestParam", body: "{}" },
  {
    name: "headers with names that every object inherits",
    param: "{}",
    more: '"headers":{"constructor":"c","toString":"t","hasOwnProperty":"h","x-a":"1.50"}',
    headers: { constructor: "c", tostring: "t", hasownproperty: "h", "x-a": "1.50" },
  },
  ...(["POST", "PUT", "PATCH", "DELETE"] as const).map(
    (method): Payload => ({
      name: `every byte, ${method}`,
      method,
      more: `"bodyBase64":"${EVERY_BYTE.toString("base64")}","contentType":"image/png"`,
      body: EVERY_BYTE,
      type: "image/png",
    }),
  ),
  { name: "no bytes", more: '"bodyBase64":""', body: "", type: null },
];

export const PAYLOADS: Payload[] = [...numbers, ...strings, ...structures, ...targets, ...forms, ...raw];
