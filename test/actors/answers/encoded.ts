// Answers with a content-encoding.
import zlib from "node:zlib";
import { encoded, OK, PNG, type Row, writes } from "./row.ts";

const TEXT = Buffer.from("成功 ".repeat(200));
const text = TEXT.toString();
const { gzipSync, deflateSync, deflateRawSync, brotliCompressSync, zstdCompressSync } = zlib;
const cut = (bytes: Buffer): Buffer => bytes.subarray(0, bytes.length - 5);
/** A frame of Zstandard that asks for a window of 128 MiB. */
const WIDE_ZSTD = Buffer.from("28b52ffd008801000041", "hex");
/** 1.3 GB of zeros in 1.3 MB. */
const BOMB = Buffer.concat(Array.from({ length: 20 }, () => gzipSync(Buffer.alloc(64 * 1024 * 1024))));
const EMPTY_BLOCKS = Buffer.concat([
  Buffer.from("1f8b0800000000000003", "hex"),
  Buffer.alloc(5 * 1_000_000, Buffer.from("000000ffff", "hex")),
]);

export const ENCODED: Row[] = [
  ...(
    [
      ["`gzip`", "gzip", gzipSync(TEXT)],
      ["`x-gzip`", "x-gzip", gzipSync(TEXT)],
      ["`deflate` in zlib's format", "deflate", deflateSync(TEXT)],
      ["`deflate` without zlib's frame", "deflate", deflateRawSync(TEXT)],
      ["`br`", "BR", brotliCompressSync(TEXT)],
      [
        "`zstd`, also in several frames",
        "zstd",
        Buffer.concat([TEXT.subarray(0, 700), TEXT.subarray(700)].map((part) => zstdCompressSync(part))),
      ],
      ["two encodings over one another", "gzip, br", brotliCompressSync(gzipSync(TEXT))],
      ["`identity`", "identity", TEXT],
    ] as const
  ).map(
    ([what, coding, body]): Row => ({
      what,
      play: encoded(coding, body),
      comes: "succeeded",
      status: 200,
      body: text,
    }),
  ),
  {
    what: "an encoding around an empty body",
    play: encoded("gzip", Buffer.alloc(0)),
    comes: "succeeded",
    status: 200,
    body: "",
  },
  {
    what: "an encoded image",
    play: encoded("gzip", gzipSync(PNG), "image/png"),
    comes: "succeeded",
    status: 200,
    body: PNG.toString("base64"),
    base64: true,
  },
  {
    what: "a bomb: 1.3 GB of zeros in 1.3 MB of gzip",
    play: encoded("gzip", BOMB),
    comes: "succeeded",
    status: 200,
    body: "\0".repeat(65_535),
    truncated: true,
  },
  {
    what: "5 MB of gzip that hold nothing",
    play: encoded("gzip", EMPTY_BLOCKS),
    comes: "succeeded",
    status: 200,
    body: "",
    truncated: true,
  },
  {
    what: "an encoding that is not the one it says",
    play: encoded("gzip", TEXT),
    comes: "bad_encoding",
    status: 200,
    body: TEXT.toString("base64"),
    base64: true,
    says: /gzip is not valid/,
  },
  ...(
    [
      ["gzip", gzipSync(TEXT)],
      ["deflate", deflateSync(TEXT)],
      ["br", brotliCompressSync(TEXT)],
      ["zstd", zstdCompressSync(TEXT)],
    ] as const
  ).map(
    ([coding, body]): Row => ({
      what: `\`${coding}\` that ends too early`,
      play: encoded(coding, cut(body)),
      comes: "bad_encoding",
      status: 200,
      body: cut(body).toString("base64"),
      base64: true,
      says: /ends before its data does/,
    }),
  ),
  {
    what: "other bytes behind the encoded ones",
    play: encoded("br", Buffer.concat([brotliCompressSync(TEXT), Buffer.from("more")])),
    comes: "bad_encoding",
    status: 200,
    base64: true,
    says: /br ends 4 bytes before the answer does/,
  },
  {
    what: "an unknown encoding",
    play: encoded("compress", TEXT),
    comes: "bad_encoding",
    status: 200,
    base64: true,
    says: /is compress, which Bida does not decode/,
  },
  {
    what: "more than three encodings",
    play: encoded("gzip, gzip, gzip, gzip", TEXT),
    comes: "bad_encoding",
    status: 200,
    base64: true,
    says: /4 codings/,
  },
  {
    what: "`zstd` with a window of more than 8 MiB",
    play: encoded("zstd", WIDE_ZSTD),
    comes: "bad_encoding",
    status: 200,
    base64: true,
    says: /zstd is not valid/,
  },
  {
    what: "closed inside an encoded body",
    play: writes(`${OK}content-encoding: gzip\r\ncontent-length: 9999\r\n\r\n`, gzipSync("half of it")),
    comes: "reset",
    status: 200,
    body: "half of it",
  },
];
