/** Bytes of requests: read in the charset that is declared, and refused where they are not what they are said to be. */
import * as assert from "uvu/assert";
import { LEGACY } from "../kit/payload-entries.ts";
import { ADMIN } from "../kit/world.ts";
import type { Suite } from "./suite.ts";

const BOM = Buffer.from([0xef, 0xbb, 0xbf]);
const gbk = { 上: "c9cf", 海: "baa3", 城: "b3c7", 市: "cad0" } as Record<string, string>;
/** In GBK; the characters above, and ASCII. */
const inGbk = (text: string): Buffer =>
  Buffer.concat(Array.from(text, (char) => (gbk[char] ? Buffer.from(gbk[char], "hex") : Buffer.from(char))));
const inUtf16 = (text: string, mark = ""): Buffer => Buffer.from(mark + text, "utf16le");
const bigEndian = (bytes: Buffer): Buffer => Buffer.from(bytes).swap16();

const CITY = '{"城市":"上海","n":1.50}';
const JSON_TYPE = "application/json";

interface Declared {
  name: string;
  type: string;
  bytes: (text: string) => Buffer;
  /** Default {@link CITY}. */
  param?: string;
}

const DECLARED: Declared[] = [
  { name: "UTF-8, not declared", type: JSON_TYPE, bytes: (text) => Buffer.from(text) },
  {
    name: "UTF-8 with a byte order mark",
    type: JSON_TYPE,
    bytes: (text) => Buffer.concat([BOM, Buffer.from(text)]),
  },
  {
    name: "UTF-8, declared, with a mark",
    type: `${JSON_TYPE};charset=utf-8`,
    bytes: (text) => Buffer.concat([BOM, Buffer.from(text)]),
  },
  { name: "GBK", type: `${JSON_TYPE};charset=gbk`, bytes: inGbk },
  { name: "GBK, upper case, quoted", type: `${JSON_TYPE}; Charset="GBK"`, bytes: inGbk },
  { name: "GB2312", type: `${JSON_TYPE};charset=gb2312`, bytes: inGbk },
  { name: "GB18030", type: `${JSON_TYPE};charset=gb18030`, bytes: inGbk },
  {
    name: "GB18030 with a 4-byte character",
    type: `${JSON_TYPE};charset=GB18030`,
    param: '{"a":"\u{1F600}"}',
    bytes: (text) => {
      const [before = "", after = ""] = text.split("\u{1F600}");
      return Buffer.concat([Buffer.from(before), Buffer.from("9439fc36", "hex"), Buffer.from(after)]);
    },
  },
  { name: "UTF-16", type: `${JSON_TYPE};charset=utf-16`, bytes: (text) => inUtf16(text, "\ufeff") },
  { name: "UTF-16LE", type: `${JSON_TYPE};charset=UTF-16LE`, bytes: (text) => inUtf16(text) },
  { name: "UTF-16BE", type: `${JSON_TYPE};charset=utf-16be`, bytes: (text) => bigEndian(inUtf16(text)) },
];

interface Broken {
  name: string;
  /** Default `application/json`. */
  type?: string;
  charset?: string;
  /** In place of `@` in the text. */
  bytes: string;
  /** From where they stand to where the fault is. */
  further?: number;
}

const BROKEN: Broken[] = [
  { name: "GBK, not declared", bytes: "c9cfbaa3" },
  { name: "a byte that never occurs", bytes: "ff" },
  { name: "a continuation by itself", bytes: "80" },
  { name: "a character that is cut", bytes: "e4b8" },
  { name: "a 4-byte character that is cut", bytes: "f09f98" },
  { name: "overlong", bytes: "c0af" },
  { name: "a surrogate in UTF-8", bytes: "eda080" },
  { name: "beyond Unicode", bytes: "f4908080" },
  { name: "behind characters of several bytes", bytes: "e4b88af09f9880ff", further: 7 },
  { name: "far inside", bytes: `${"e4b88a".repeat(5_000)}ff`, further: 15_000 },
  { name: "no GBK", type: `${JSON_TYPE};charset=gbk`, charset: "GBK", bytes: "c9cfff", further: 2 },
];

export function payloadBytesSuite({ test, world }: Suite): void {
  const taskWith = (param: string) =>
    `{"url":"${world().receiver.url()}","requestMethod":"POST","expectResult":"ok","limitCallCount":1,"requestParam":${param}}`;
  /** The ways in that take bytes, each with what it makes of a task's text. */
  const ways = async (): Promise<
    [path: string, headers: Record<string, string>, body: (task: string) => string][]
  > => {
    const original = await world().submit({ url: world().receiver.url() });
    return [
      ["/api/addTask", LEGACY, (task) => task],
      ["/v1/tasks", ADMIN, (task) => task],
      ["/v1/tasks/batch", ADMIN, (task) => `{"tasks":[${task}]}`],
      [`/v1/tasks/${original}/resend`, ADMIN, (task) => task],
    ];
  };
  const post = (path: string, headers: Record<string, string>, type: string, bytes: Buffer) =>
    world().api("POST", path, bytes, { ...headers, "content-type": type });

  test("bytes: a body is read in its charset, and sent as UTF-8", async () => {
    for (const [path, headers, bodyOf] of await ways()) {
      for (const { name, type, bytes, param = CITY } of DECLARED) {
        const reply = await post(path, headers, type, bytes(bodyOf(taskWith(param))));
        const taskId = reply.json?.results?.[0].taskId ?? reply.json?.taskId ?? reply.text;
        assert.ok(reply.status < 300, `${path}, ${name}: ${reply.status} ${reply.text}`);
        const [call] = await world().receiver.waitForCalls(taskId, 1);
        assert.is(call?.body.toString(), param, `${path}, ${name}`);
      }
    }
  });

  test("bytes: what is not the charset is 400, and says at which byte", async () => {
    for (const [path, headers, bodyOf] of await ways()) {
      for (const { name, type = JSON_TYPE, charset = "UTF-8", bytes, further = 0 } of BROKEN) {
        for (const param of ['{"@":1}', '{"a":"x@"}', '{"a":["x@y",2]}']) {
          const text = bodyOf(taskWith(param));
          const at = text.indexOf("@", text.indexOf("requestParam"));
          const body = [
            Buffer.from(text.slice(0, at)),
            Buffer.from(bytes, "hex"),
            Buffer.from(text.slice(at + 1)),
          ];
          const reply = await post(path, headers, type, Buffer.concat(body));
          const what = `${path}, ${name}, ${param}: ${reply.status} ${reply.text}`;
          const message = `is not ${charset}: byte ${at + further} is 0x`;
          assert.is(reply.status, 400, what);
          if (path === "/api/addTask") assert.ok(reply.text.includes(message), what);
          else {
            assert.is(reply.json.code, "invalid_encoding", what);
            assert.is(reply.json.errors[0].field, "body", what);
            assert.ok(reply.json.errors[0].message.startsWith(message), what);
          }
        }
      }
    }
  });

  test("bytes: a charset that nobody knows is 415, and is named", async () => {
    for (const [path, headers, bodyOf] of await ways()) {
      for (const charset of ["klingon", "UTF-7", "utf-32", "constructor"]) {
        const type = `${JSON_TYPE};charset=${charset}`;
        const reply = await post(path, headers, type, Buffer.from(bodyOf(taskWith(CITY))));
        assert.is(reply.status, 415, `${path}: ${reply.text}`);
        assert.match(reply.text, new RegExp(charset, "i"));
      }
    }
  });
}
