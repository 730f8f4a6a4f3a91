/** Bodies that are expensive to read, through every way in for tasks. */
import { gzipSync } from "node:zlib";
import { LEGACY } from "../../e2e/kit/payload-entries.ts";
import { asked, LARGE, MIB, members, type Place, type Row, repeated } from "../kit/row.ts";

interface Body {
  name: string;
  text(url: string): string;
  status: number;
}

const task =
  (more: () => string, method = "POST") =>
  (url: string) =>
    `{"url":"${url}","requestMethod":"${method}","limitCallCount":1,"expectResult":"o",${more()}}`;
const FORM = '"contentType":"application/x-www-form-urlencoded"';

const BODIES: Body[] = [
  {
    name: "nested lists",
    text: task(() => `"requestParam":{"a":[${repeated("[[[[[[]]]]]],", LARGE)}0]}`),
    status: 400,
  },
  {
    name: "many levels",
    text: task(() => `"requestParam":{"a":${"[".repeat(LARGE / 2)}${"]".repeat(LARGE / 2)}}`),
    status: 400,
  },
  { name: "levels without end", text: () => "[".repeat(LARGE), status: 400 },
  { name: "names", text: task(() => `"requestParam":{${members(300_000, "1")}}`), status: 400 },
  {
    name: "names, each twice",
    text: task(() => `"requestParam":{${members(90_000, "1")},${members(90_000, "2")}}`),
    status: 400,
  },
  {
    name: "blanks between values",
    text: task(() => `"requestParam":{"a":[${repeated("1 ,", LARGE)}1]}`),
    status: 400,
  },
  { name: "lines before no JSON", text: () => `${"\n".repeat(LARGE)}x`, status: 400 },
  { name: "escapes", text: task(() => `"requestParam":{"a":"${repeated("\\u0041", LARGE)}"}`), status: 413 },
  {
    name: "texts with escapes",
    text: task(() => `"requestParam":{"a":[${repeated('"\\u0041",', LARGE)}1]}`),
    status: 400,
  },
  { name: "a number", text: task(() => `"requestParam":{"a":${"1".repeat(LARGE)}}`), status: 413 },
  {
    name: "a payload of half a million values",
    text: task(() => `"requestParam":{"a":[${repeated("0,", MIB + 4_096)}0]}`),
    status: 413,
  },
  {
    name: "a query of many names",
    text: task(() => `"requestParam":{${members(120_000, "1")}}`, "GET"),
    status: 413,
  },
  {
    name: "a query of as many names as a payload takes",
    text: task(() => `"requestParam":{${members(95_000, "1")}}`, "GET"),
    status: 400,
  },
  {
    name: "a query of one name and many values",
    text: task(() => `"requestParam":{"a":[${repeated("1,", MIB / 2)}1]}`, "DELETE"),
    status: 400,
  },
  {
    name: "the longest query",
    text: task(() => `"requestParam":{${members(6_000, "1")}}`, "GET"),
    status: 202,
  },
  {
    name: "a form of as many names as a payload takes",
    text: task(() => `${FORM},"requestParam":{${members(95_000, "1")}}`),
    status: 400,
  },
  {
    name: "the longest form",
    text: task(() => `${FORM},"requestParam":{${members(10_000, '"上上上上上上上上上上"')}}`),
    status: 202,
  },
  {
    name: "a query that is no text",
    text: task(() => `"requestParam":{${members(50_000, '"\\ud800"')}}`, "GET"),
    status: 400,
  },
  {
    name: "a form that is nested",
    text: task(() => `${FORM},"requestParam":{${members(70_000, "{}")}}`),
    status: 400,
  },
  {
    name: "a text in another charset",
    text: task(() => `"body":"${"上".repeat(2 * MIB)}","contentType":"text/plain;charset=gbk"`),
    status: 413,
  },
  { name: "base64 that is none", text: task(() => `"bodyBase64":"${"!".repeat(LARGE - MIB)}"`), status: 400 },
  { name: "a field that nobody knows", text: task(() => `"what":[${repeated("[],", MIB)}1]`), status: 400 },
  {
    name: "ninety fields that nobody knows",
    text: task(() => Array.from({ length: 90 }, (_, i) => `"f${i}":[${repeated("[],", 15_000)}1]`).join()),
    status: 400,
  },
  { name: "a thousand fields that nobody knows", text: task(() => members(1_000, "1")), status: 400 },
  { name: "a URL", text: () => `{"url":"${repeated("a{b}", LARGE)}"}`, status: 400 },
  {
    name: "a URL of placeholders",
    text: (url) =>
      `{"url":"${url}${repeated("{a}", 2_000)}","requestMethod":"GET","limitCallCount":1,"expectResult":"o","requestParam":{"a":"${"x".repeat(100_000)}"}}`,
    status: 400,
  },
  {
    name: "headers that are no text",
    text: task(() => `"headers":{${members(100_000, "[]")}}`),
    status: 400,
  },
  {
    name: "headers, as many as are looked at",
    text: task(() => `"headers":{${members(4_500, "[]")}}`),
    status: 400,
  },
  {
    name: "retry.on",
    text: task(() => `"retry":{"strategy":"fixed","delayMs":1,"on":[${repeated('"x",', MIB)}1]}`),
    status: 400,
  },
  {
    name: "retry.delaysMs",
    text: task(() => `"retry":{"strategy":"schedule","delaysMs":[${repeated("-1,", MIB)}1]}`),
    status: 400,
  },
  {
    name: "expect.status",
    text: task(() => `"expect":{"status":[${repeated("1,", 100_000)}1]}`),
    status: 400,
  },
  {
    name: "expect.json, half a million wrong paths",
    text: task(() => `"expect":{"json":{${members(400_000, "1")}}}`),
    status: 400,
  },
  {
    name: "expect.json, wrong paths below the count",
    text: task(() => `"expect":{"json":{${members(30_000, "1")}}}`),
    status: 400,
  },
  {
    name: "expect.json, no object",
    text: task(() => `"expect":{"json":[${repeated("[],", MIB)}0]}`),
    status: 400,
  },
  {
    name: "expect.json, long values",
    text: task(() => `"expect":{"json":{"$.a":[${repeated("[],", 300_000)}0]}}`),
    status: 400,
  },
  {
    name: "members of expect that nobody knows",
    text: task(() => `"expect":{${members(40_000, "1")}}`),
    status: 400,
  },
];

const WAYS: [
  name: string,
  run: (place: Place, text: string) => ReturnType<typeof asked>,
  status: (body: Body) => number[] | undefined,
][] = [
  ["POST /v1/tasks", (place, body) => asked(place, "POST", "/v1/tasks", { body }), ({ status }) => [status]],
  [
    "POST /v1/tasks, gzip",
    (place, text) =>
      asked(place, "POST", "/v1/tasks", {
        body: gzipSync(text, { level: 1 }),
        headers: { ...place.key, "content-encoding": "gzip" },
      }),
    ({ status }) => [status],
  ],
  [
    "a batch",
    (place, text) => asked(place, "POST", "/v1/tasks/batch", { body: `{"tasks":[${text}]}` }),
    () => [202, 400],
  ],
  [
    "a resend",
    (place, body) => asked(place, "POST", `/v1/tasks/${place.original}/resend`, { body }),
    ({ status }) => (status === 202 ? undefined : [status]),
  ],
  // It ignores what kkbida did not know.
  [
    "kkbida's endpoint",
    (place, body) => asked(place, "POST", "/api/addTask", { body, headers: LEGACY }),
    () => [200, 400, 413],
  ],
];

export const bodyRows: Row[] = WAYS.flatMap(([way, run, status]) =>
  BODIES.map((body): Row => {
    const wanted = status(body);
    return {
      name: `${way}: ${body.name}`,
      run: (place) => run(place, body.text(place.world.receiver.url())),
      ...(wanted && { status: wanted }),
    };
  }),
);

const BATCH = 16 * MIB - 4_096;
const small = (more: string) => `{"requestMethod":"POST","limitCallCount":1,${more}}`;
const BATCHES: [name: string, text: () => string, status: number][] = [
  [
    "of a thousand tasks that are wrong",
    () =>
      `{"tasks":[${Array(1_000)
        .fill(small(`"requestParam":{"a":[${repeated("0,", 16_000)}0]}`))
        .join()}]}`,
    202,
  ],
  [
    "of a thousand tasks, each with fifty wrong fields",
    () =>
      `{"tasks":[${Array(1_000)
        .fill(`{${members(50, '"\u4e0a"')}}`)
        .join()}]}`,
    202,
  ],
  ["of names", () => `{${members(900_000, "0")}}`, 400],
  ["of values that are no tasks", () => `{"tasks":[${repeated("0,", BATCH)}0]}`, 400],
  ["of brackets", () => `{"tasks":[${"[".repeat(BATCH)}`, 400],
  ["of blanks", () => `{"tasks":[${" ".repeat(BATCH)}`, 400],
  ["of one text", () => `{"tasks":["${"\\\\".repeat(BATCH / 2)}"]}`, 202],
  ["that is too large", () => `{"tasks":[${" ".repeat(BATCH + 2 * MIB)}]}`, 413],
  [
    "of a thousand tasks with large patterns",
    () =>
      `{"tasks":[${Array.from({ length: 1_000 }, (_, i) => small(`"url":"x","expect":{"matches":"(?:x{1,31}){31}y${i}"}`)).join()}]}`,
    202,
  ],
];
export const batchRows: Row[] = BATCHES.map(([name, text, status]) => ({
  name: `a batch ${name}`,
  run: (place) => asked(place, "POST", "/v1/tasks/batch", { body: text() }),
  status: [status],
  bytes: 2 * MIB,
  // Up to a thousand tasks, in slices.
  cpuSeconds: 6,
}));
