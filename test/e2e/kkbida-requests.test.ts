/**
 * What a target receives from kkbida and from Bida, case by case. kkbida's side was recorded from an unmodified kkbida 1.0.1 on
 * Java 17 (`kkbida/requests.jsonl`); Bida's is sent here. What differs has to be named below with what Bida sends instead, and
 * every case has its row in docs/migrating-from-kkbida.md.
 * @takes 10 s
 */
import { readFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { startEmbedded } from "./kit/embedded.ts";
import { type Call, Receiver } from "./kit/receiver.ts";
import { until } from "./kit/until.ts";
import type { World } from "./kit/world.ts";

interface Sent {
  method: string;
  path: string;
  accept: string | null;
  type: string | null;
  body: string;
}

interface Recorded {
  case: string;
  /** The body of `POST /api/addTask`; its target's origin is `http://TARGET`. */
  task: string;
  status: number;
  requests: Sent[];
}

const read = (file: string): string => readFileSync(join(import.meta.dirname, file), "utf8");

const RECORDED = read("kkbida/requests.jsonl")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as Recorded);

/** Of the first request: its path, or its body. `refused`: Bida answers 400 with this text. `requests`: how many there are. */
interface Difference {
  path?: string;
  body?: string;
  refused?: string;
  requests?: number;
  orMore?: boolean;
}

const URL_TEXT = "任务添加失败，url为空或url格式不正确";
const UNFILLED = "任务添加失败，url占位符在请求参数中没有可用的值";

const DIFFERENT: Record<string, Difference> = {
  "post-numbers": {
    body: '{"i":7,"l":1234567890123456789,"b":123456789012345678901234567890,"d":1.50,"e":1e7,"s":0.0001,"m":-0,"f":1.0}',
  },
  "post-huge-number": { body: '{"h":1e400}' },
  "post-emoji": { body: '{"a":"\u{1F600}𠮷"}' },
  "post-order": { body: '{"z":1,"a":2,"m":3,"b":4,"Aa":5,"BB":6}' },
  "post-percent": { path: "/post-percent?sig=a%20b" },
  "post-odd-url": { path: "/post-odd-url?q=a|b^c`d%22e%3Cf%3Eg[h]i" },
  "post-dots-url": { path: "/post-dots-url/b/c//d" },
  "post-placeholder": { path: "/post-placeholder/5", requests: 1 },
  "get-no-param": { path: "/get-no-param", requests: 1 },
  "get-query-value": {
    path: "/get-query-value?v=a%2Bb%20c%26d%3De%23f%25g%2Fh%3Fi'j~k*l(m)!%3B%3A%40%2C%24%7C",
  },
  "get-path-value": {
    path: "/get-path-value/a%2Bb%20c%26d%3De%23f%25g%2Fh%3Fi'j~k*l(m)!%3B%3A%40%2C%24%7C/end",
  },
  "get-null-value": { path: "/get-null-value?a=", requests: 1 },
  "get-missing": { refused: UNFILLED },
  "get-number-values": { path: "/get-number-values?a=1.50&b=1234567890123456789&c=true&d=1e7" },
  "get-object-value": { path: "/get-object-value?a=%7B%22x%22%3A1%7D&b=%5B1%2C%22y%22%5D" },
  "get-dots-value": { refused: UNFILLED },
  "get-redirect-302-chain5": { requests: 6 },
  "get-redirect-302-chain6": { requests: 6 },
  // Twice only where it went out on a connection that was kept.
  closes: { requests: 1, orMore: true },
  "url-leading-blank": { refused: URL_TEXT },
  "method-blank": { refused: "任务添加失败，请求方式只能是GET或POST" },
};

const test = suite("requests of kkbida");
let world: World;
let receiver: Receiver;

test.before(async () => {
  receiver = await Receiver.start({ otherwise: answer });
  world = await startEmbedded({}, receiver);
});
test.after(async () => {
  await world.stop();
  await receiver.stop();
});

/** As the recorded targets did: paths say how far they redirect. */
function answer(res: ServerResponse, call: Call): void {
  const [, name = "", status = ""] = /^\/+([\w-]*?redirect-(\d+)[\w-]*)/.exec(call.path) ?? [];
  if (call.path === "/closes" && receiver.ledger.filter(({ path }) => path === "/closes").length === 1)
    return void res.destroy();
  if (name === "" || call.path.includes("landed"))
    return void res.writeHead(200, { "content-type": "text/plain;charset=UTF-8" }).end("成功");
  const hop = Number(/\/(\d+)$/.exec(call.path)?.[1] ?? 0);
  const hops = Number(/chain(\d+)/.exec(name)?.[1] ?? 0);
  const landing = name.includes("absolute") ? `${receiver.origin}/${name}/landed?x=1` : `/${name}/landed`;
  res.writeHead(Number(status), { location: hop < hops ? `/${name}/${hop + 1}` : landing }).end("moved");
}

const sentOf = ({ method, path, headers, body }: Call): Sent => ({
  method,
  path,
  accept: headers.accept ?? null,
  type: headers["content-type"] ?? null,
  body: body.toString(),
});

/** What kkbida sent, with what is known to differ. */
function expected({ requests }: Recorded, { path, body, requests: count }: Difference): Partial<Sent>[] {
  const sent: Partial<Sent>[] = count === undefined ? requests : requests.slice(0, count);
  const first = { ...sent[0], ...(path !== undefined && { path }), ...(body !== undefined && { body }) };
  return sent.length === 0 && count === undefined ? [] : [first, ...sent.slice(1)];
}

for (const recorded of RECORDED) {
  const difference = DIFFERENT[recorded.case] ?? {};
  test(`${recorded.case}: ${DIFFERENT[recorded.case] ? "as it is documented" : "the same"}`, async () => {
    const task = recorded.task.replace("TARGET", new URL(receiver.origin).host).replace("TARGET", "");
    const reply = await world.api("POST", "/api/addTask", Buffer.from(task), {
      username: "admin",
      password: "admin",
      "content-type": "application/json;charset=UTF-8",
    });
    if (difference.refused !== undefined) {
      assert.equal([reply.status, reply.text], [400, difference.refused]);
      return;
    }
    assert.is(reply.status, 200, reply.text);
    await until("the first call is on record", async () => (await world.task(reply.text)).callCount > 0);
    const calls = receiver.calls(reply.text).map(sentOf);
    const wanted = expected(recorded, difference);
    if (difference.orMore) assert.ok(calls.length >= wanted.length);
    else assert.is(calls.length, wanted.length);
    for (const [i, fields] of wanted.entries())
      for (const [field, value] of Object.entries(fields))
        if (field !== "others")
          assert.equal(calls[i]?.[field as keyof Sent], value, `${field} of request ${i + 1}`);
    for (const { headers } of receiver.calls(reply.text)) assert.not.ok("accept-encoding" in headers);
  });
}

test("every case has its row in the migration page", () => {
  const page = read("../../docs/migrating-from-kkbida.md");
  const rows = page.split("\n").filter((line) => line.startsWith("|"));
  const missing = RECORDED.filter(({ case: name }) => !rows.some((row) => row.includes(`\`${name}\``)));
  assert.equal(
    missing.map(({ case: name }) => name),
    [],
  );
});

test.run();
