/** Answers of targets that are expensive to judge, to read, or to unpack. */
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { seeded } from "../../core/helpers.ts";
import type { PlainAnswer } from "../../e2e/kit/receiver.ts";
import { MIB, type Place, type Row, repeated, type Seen } from "../kit/row.ts";

const FULL = 65_000;
const noise = (letters: string) => {
  const random = seeded(5);
  return Array.from({ length: FULL }, () => letters[Math.floor(random() * letters.length)]).join("");
};

const ANSWERS: [name: string, body: () => string][] = [
  ["noise", () => noise("ab")],
  ["one letter", () => "a".repeat(FULL)],
  ["lists in lists", () => `[${repeated(`${"[".repeat(19)}1${"]".repeat(19)},`, FULL - 10)}1]`],
  ["a deep list", () => `${"[".repeat(FULL / 2)}${"]".repeat(FULL / 2)}`],
  ["a long list", () => `[${repeated("0,", FULL)}0]`],
  ["an object of many names", () => `{${Array.from({ length: 5_000 }, (_, i) => `"k${i}":${i}`).join()}}`],
  ["a number of 64 KiB", () => "1".repeat(FULL)],
  ["quotes", () => '"'.repeat(FULL)],
];

const twenty = (path: (i: number) => string) => ({
  json: Object.fromEntries(Array.from({ length: 20 }, (_, i) => [path(i), i])),
});
const EXPECTATIONS: [name: string, expect: object][] = [
  ["a dear pattern", { matches: "a(?:[ab]{1,31}){31}[cd]" }],
  ["a dear pattern with branches", { matches: "(?i)a[ab]{900}[cd]|b[ab]{900}[ce]" }],
  ["classes of thousands", { matches: "[\\p{L}\\p{N}]{900}x" }],
  ["twenty filters over everything", twenty((i) => `$..[?@.a${i} == 1]`)],
  ["twenty times everything", twenty((i) => `$..*[${i}]`)],
  ["a text that is not there", { contains: "z".repeat(500), equals: "y".repeat(60_000) }],
];

/** Delivers one task whose target answers so, and waits for its end. */
async function delivered({ world, key }: Place, answer: PlainAnswer, more: object): Promise<Seen> {
  const taskId = await world.submit(
    { url: world.receiver.url(answer), limitCallCount: 1, timeoutMs: 20_000, ...more },
    key,
  );
  const { lastError, state } = await world.ended(taskId, 60_000);
  const reply = await world.api("GET", `/v1/tasks/${taskId}/attempts`);
  return {
    status: state === "succeeded" ? 200 : 500,
    code: lastError?.code ?? null,
    bytes: reply.text.length,
  };
}

const judged = ANSWERS.flatMap(([answer, body]) =>
  EXPECTATIONS.map(
    ([expectation, expect]): Row => ({
      name: `an answer, ${answer}, against ${expectation}`,
      run: (place) => delivered(place, { body: body() }, { expect }),
      status: [200, 500],
      bytes: 512 * 1024,
      // The thread that judges is ended after 2 s.
      cpuSeconds: 4,
    }),
  ),
);

const zeros = (mib: number) => Buffer.alloc(mib * MIB);
const PACKED: [coding: string, body: () => Buffer][] = [
  ["gzip", () => gzipSync(zeros(64))],
  ["deflate", () => deflateSync(zeros(64))],
  ["br", () => brotliCompressSync(zeros(64))],
  ["gzip, gzip", () => gzipSync(gzipSync(zeros(64)))],
  ["gzip, gzip, gzip, gzip", () => gzipSync(zeros(1))],
  ["gzip", () => Buffer.concat(Array.from({ length: 2_000 }, () => gzipSync("")))],
  ["zstd", () => gzipSync(zeros(1))],
];
const packed = PACKED.map(
  ([coding, body], i): Row => ({
    name: `an answer that unpacks to much, ${coding} (${i + 1})`,
    run: (place) => delivered(place, { body: body(), headers: { "content-encoding": coding } }, {}),
    status: [200, 500],
    bytes: 512 * 1024,
    cpuSeconds: 2,
  }),
);

const HEADS: [name: string, headers: PlainAnswer["headers"]][] = [
  ["a header of 64 KiB", { "x-a": "x".repeat(65_000) }],
  ["two thousand headers", { "x-a": Array.from({ length: 2_000 }, (_, i) => `value ${i}`) }],
  ["a content type of 10 KiB", { "content-type": `text/plain; charset=${"x".repeat(10_000)}` }],
  ["a Retry-After that is none", { "retry-after": "9".repeat(1_000) }],
];
const heads = HEADS.map(
  ([name, headers]): Row => ({
    name: `an answer with ${name}`,
    run: (place) => delivered(place, { body: "ok", headers: headers ?? {} }, {}),
    status: [200, 500],
    cpuSeconds: 2,
  }),
);

export const answerRows: Row[] = [...judged, ...packed, ...heads];
