// Answers and their frames: 1xx before them, lengths, chunks, and what breaks the rules.
import { CONTINUE, chunked, FINE, OK, type Row, sized, writes } from "./row.ts";

const EARLY = "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n";
export const INTERIM: Row[] = [
  {
    what: "100 Continue, unasked, before the answer",
    play: writes(CONTINUE, FINE),
    comes: "succeeded",
    status: 200,
    body: "ok",
  },
  {
    what: "several of 100, 102, 103",
    play: writes(`${CONTINUE}HTTP/1.1 102 Processing\r\nx-a: b\r\n\r\n${EARLY}${CONTINUE}\r\n${FINE}`),
    comes: "succeeded",
    status: 200,
    body: "ok",
  },
  {
    what: "100 Continue, and then nothing",
    play: writes(CONTINUE),
    comes: "reset",
    status: null,
    body: null,
  },
  {
    what: "more than 64 KiB of 1xx",
    play: writes(EARLY.repeat(2000), FINE),
    comes: "too_large_headers",
    status: null,
  },
  {
    what: "101, unasked",
    play: writes("HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n"),
    comes: "bad_response",
    status: null,
    says: /switched protocols \(101\)/,
  },
  {
    what: "100 Continue with bare LF",
    play: writes(`HTTP/1.1 100 Continue\n\n${FINE}`),
    comes: "bad_response",
    status: null,
    says: /does not end with CR LF/,
  },
  {
    what: "100 Continue without its blank line",
    play: writes(`HTTP/1.1 100 Continue\r\nx-a: b\r\n${OK}content-length: 0\r\n\r\n`),
    comes: "bad_response",
    status: null,
    says: /is no header/,
  },
];

export const FRAMED: Row[] = [
  {
    what: "HTTP/1.0",
    play: writes(`HTTP/1.0 200 OK\r\n${sized("ok")}ok`),
    comes: "succeeded",
    status: 200,
    body: "ok",
  },
  {
    what: "no length: the body ends with the connection (half-close)",
    play: writes(`${OK}\r\nall`, " of it"),
    comes: "succeeded",
    status: 200,
    body: "all of it",
  },
  {
    what: "chunks and trailers",
    play: chunked("2\r\nok\r\n0\r\nx-sum: 1\r\n\r\n"),
    comes: "succeeded",
    status: 200,
    body: "ok",
  },
  {
    what: "more than its length",
    play: writes(`${FINE}${FINE}`),
    comes: "succeeded",
    status: 200,
    body: "ok",
  },
  {
    what: "413 before the request is read",
    play: writes(`HTTP/1.1 413 Content Too Large\r\nconnection: close\r\n${sized("no")}no`),
    sends: "x".repeat(1_000_000),
    comes: "bad_status",
    status: 413,
    body: "no",
  },
  {
    what: "closed without an answer (FIN, or half-close)",
    play: ({ socket }) => socket.end(),
    comes: "reset",
    status: null,
    body: null,
  },
  { what: "closed inside the head", play: writes("HTTP/1.1 200 OK\r\nx-a: "), comes: "reset", status: null },
  {
    what: "closed inside the body",
    play: writes(`${OK}content-length: 10\r\n\r\nhalf`),
    comes: "reset",
    status: 200,
    body: "half",
  },
  { what: "closed inside a chunk", play: chunked("5\r\nab"), comes: "reset", status: 200, body: "ab" },
  {
    what: "headers of more than 16 KiB",
    play: writes(`${OK}x-a: ${"x".repeat(17 * 1024)}\r\n\r\n`),
    comes: "too_large_headers",
    status: null,
  },
];

export const BROKEN: Row[] = (
  [
    [
      "no HTTP at all (HTTP/0.9, SSH, TLS)",
      "SSH-2.0-OpenSSH_9.6\r\n",
      /does not begin with a status line, but with "SSH-2\.0-OpenSSH_9\.6"/,
    ],
    [
      "a status line that is none",
      "HTTP/1.1 yes OK\r\n\r\n",
      /the status line "HTTP\/1\.1 yes OK" is not valid/,
    ],
    [
      "a status below 100",
      `HTTP/1.1 099 OK\r\n${sized("ok")}ok`,
      /the status line "HTTP\/1\.1 099 OK" is not valid/,
    ],
    ["a folded header", `${OK}x-a: b\r\n c\r\n${sized("ok")}ok`, /headers may not be folded/],
    ["lines that end with LF alone", `HTTP/1.1 200 OK\nx-a: b\n${sized("ok")}ok`, /ends with LF alone/],
    [
      "one line that ends with LF alone, behind a length",
      `${OK}content-length: 2\r\n\nok`,
      /ends with LF alone/,
    ],
    ["a CR in a header", `${OK}x-a: b\rc\r\n${sized("ok")}ok`, /CR without LF, behind "x-a: b"/],
    ["a blank before a colon", `${OK}x-a : b\r\n${sized("ok")}ok`, /"x-a " has a blank before its colon/],
    ["a header without a colon", `${OK}xab\r\n${sized("ok")}ok`, /"xab" has no colon/],
    [
      "a header name with other characters",
      `${OK}x(a): b\r\n${sized("ok")}ok`,
      /"x\(a\)" is not a valid header name/,
    ],
    ["a control character in a header", `${OK}x-a: b\0c\r\n${sized("ok")}ok`, /control character/],
    [
      "`content-length` twice, with different values",
      `${OK}content-length: 2\r\ncontent-length: 3\r\n\r\nok`,
      /content-length stands there more than once: 2, 3/,
    ],
    [
      "`content-length` twice, with the same value",
      `${OK}content-length: 2\r\ncontent-length: 2\r\n\r\nok`,
      /more than once/,
    ],
    [
      "`content-length` before `transfer-encoding`",
      `${OK}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n`,
      /stand there both/,
    ],
    [
      "`transfer-encoding` before `content-length`",
      `${OK}transfer-encoding: chunked\r\ncontent-length: 2\r\n\r\n2\r\nok\r\n0\r\n\r\n`,
      /stand there both/,
    ],
    ["a `content-length` that is no number", `${OK}content-length: two\r\n\r\nok`, /content-length is "two"/],
  ] as const
).map(
  ([what, answer, says]): Row => ({
    what,
    play: writes(answer),
    comes: "bad_response",
    status: null,
    body: null,
    says,
  }),
);

export const BROKEN_BODIES: Row[] = (
  [
    ["a chunk size that is no number", "zz\r\n", /size of a chunk is not a hexadecimal number/, ""],
    ["a chunk size beyond all bounds", "fffffffffffffffffffff\r\nok", /size of a chunk is too large/, ""],
    [
      "a chunk longer than it says",
      "2\r\nokay\r\n0\r\n\r\n",
      /does not end with CR LF where its size says/,
      "ok",
    ],
    ["chunks with bare LF", "2\nok\n0\n\n", /does not end with CR LF/, ""],
    ["a trailer that is no header", "2\r\nok\r\n0\r\nx t\r\n\r\n", /a line of the trailer/, "ok"],
  ] as const
).map(
  ([what, answer, says, body]): Row => ({
    what,
    play: chunked(answer),
    comes: "bad_response",
    status: 200,
    body,
    says,
  }),
);
