/** Requests that are expensive before anybody knows whose they are. */
import { connect } from "node:net";
import { asked, type Place, type Row, type Seen } from "../kit/row.ts";

/** What comes back for bytes on a bare connection; status 0 where nothing does. */
async function bare({ world }: Place, text: string): Promise<Seen> {
  const { port, hostname } = new URL(world.baseUrl);
  const socket = connect(Number(port), hostname);
  const { promise, resolve } = Promise.withResolvers<Seen>();
  let answer = "";
  const end = () => {
    socket.destroy();
    resolve({
      status: Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0),
      code: null,
      bytes: answer.length,
    });
  };
  socket.on("data", (data) => {
    answer += data;
    if (answer.includes("\r\n\r\n")) end();
  });
  socket.on("error", end).on("close", end).setTimeout(10_000, end);
  socket.write(text);
  return promise;
}

const head = (line: string, ...headers: string[]) =>
  `${[line, "host: localhost", ...headers].join("\r\n")}\r\n\r\n`;
const BARE: [name: string, text: string, status: number[]][] = [
  ["headers of 64 KiB", head("GET /v1/tasks HTTP/1.1", `x: ${"x".repeat(65_000)}`), [431]],
  [
    "three thousand headers",
    head("GET /v1/tasks HTTP/1.1", ...Array.from({ length: 3_000 }, (_, i) => `x${i}: 1`)),
    [431, 401],
  ],
  ["a path of 60 KiB", head(`GET /${"x".repeat(60_000)} HTTP/1.1`), [431]],
  ["a path of percent signs", head(`GET /v1/tasks/${"%".repeat(10_000)} HTTP/1.1`), [400, 401, 404, 421]],
  ["two lengths", head("POST /v1/tasks HTTP/1.1", "content-length: 5", "content-length: 6"), [400]],
  [
    "a length and chunks",
    head("POST /v1/tasks HTTP/1.1", "content-length: 5", "transfer-encoding: chunked"),
    [400],
  ],
  ["a length that is none", head("POST /v1/tasks HTTP/1.1", "content-length: -1"), [400]],
  ["no HTTP", `${"\0".repeat(10_000)}\r\n\r\n`, [400]],
  ["a TLS greeting", `\x16\x03\x01${"x".repeat(500)}\r\n\r\n`, [400]],
  ["another version", head("GET / HTTP/9.9"), [400, 505]],
];

const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString("base64")}` });
const CREDENTIALS: [name: string, headers: Record<string, string>, status: number[]][] = [
  ["a password of 8 KiB", basic(`admin:${"x".repeat(8_000)}`), [401]],
  ["a user of 8 KiB", basic(`${"x".repeat(8_000)}:x`), [401]],
  ["no colon", basic("x".repeat(8_000)), [401]],
  ["base64 that is none", { authorization: `Basic ${"!".repeat(8_000)}` }, [401]],
  ["a key of 8 KiB", { authorization: `Bearer ${"x".repeat(8_000)}` }, [401]],
  ["blanks", { authorization: `Bearer${" ".repeat(8_000)}x` }, [401]],
  ["five hundred cookies", { cookie: Array.from({ length: 500 }, (_, i) => `c${i}=${i}`).join("; ") }, [401]],
  ["a cookie of 8 KiB", { cookie: `bida_session=${"x".repeat(8_000)}` }, [401]],
];

export const httpRows: Row[] = [
  ...BARE.map(
    ([name, text, status]): Row => ({
      name: `on a bare connection: ${name}`,
      run: (place) => bare(place, text),
      status,
    }),
  ),
  ...CREDENTIALS.map(
    ([name, headers, status]): Row => ({
      name: `credentials: ${name}`,
      run: (place) => asked(place, "GET", "/v1/tasks", { headers }),
      status,
    }),
  ),
];
