// Answers in other charsets, and connections that are used again.
import { CONTINUE, FINE, type Play, PNG, type Row, typed } from "./row.ts";

const GBK = Buffer.from("b3c9b9a6", "hex");

export const CHARSETS: Row[] = [
  {
    what: "GBK by its `content-type`",
    play: typed("content-type: text/plain; charset=GBK\r\n", GBK),
    comes: "succeeded",
    status: 200,
    body: "成功",
  },
  {
    what: "UTF-16 by its byte order mark",
    play: typed("", Buffer.from("\ufeff成功", "utf16le")),
    comes: "succeeded",
    status: 200,
    body: "成功",
  },
  {
    what: "GBK by its XML prolog",
    play: typed(
      "content-type: text/xml\r\n",
      Buffer.concat([Buffer.from('<?xml version="1.0" encoding="GBK"?><a>'), GBK, Buffer.from("</a>")]),
    ),
    comes: "succeeded",
    status: 200,
    body: '<?xml version="1.0" encoding="GBK"?><a>成功</a>',
  },
  {
    what: "GBK by its HTML `meta`",
    play: typed("content-type: text/html\r\n", Buffer.concat([Buffer.from("<html><meta charset=gbk>"), GBK])),
    comes: "succeeded",
    status: 200,
    body: "<html><meta charset=gbk>成功",
  },
  {
    what: "an unknown charset: UTF-8",
    play: typed("content-type: text/plain; charset=klingon\r\n", Buffer.from("成功")),
    comes: "succeeded",
    status: 200,
    body: "成功",
  },
  { what: "NUL", play: typed("", Buffer.from("a\0b")), comes: "succeeded", status: 200, body: "a\0b" },
  {
    what: "bytes that are no text in their charset",
    play: typed("", PNG),
    comes: "succeeded",
    status: 200,
    body: PNG.toString("base64"),
    base64: true,
  },
];

/** Answers the first request of the first connection, and does something else at the second. */
const once = (other: (play: Play) => unknown) => (play: Play) =>
  play.connection === 1 && play.request === 2 ? other(play) : play.socket.write(FINE);

export const REUSED: Row[] = [
  {
    what: "a kept connection that the target closes after 1.5 s",
    calls: 2,
    untilClosed: true,
    play: ({ socket }) => {
      socket.write(FINE);
      setTimeout(() => socket.end(), 1_500);
    },
    comes: "succeeded",
    status: 200,
    body: "ok",
    stale: 0,
  },
  {
    what: "a kept connection, closed (FIN) when the request comes",
    calls: 2,
    play: once(({ socket }) => socket.end()),
    comes: "succeeded",
    status: 200,
    body: "ok",
    stale: 1,
  },
  {
    what: "a kept connection, reset (RST) when the request comes",
    calls: 2,
    play: once(({ socket }) => socket.resetAndDestroy()),
    comes: "succeeded",
    status: 200,
    body: "ok",
    stale: 1,
  },
  {
    what: "a kept connection, closed after the first byte of an answer",
    calls: 2,
    play: once(({ socket }) => socket.end("H")),
    comes: "reset",
    status: null,
    stale: 0,
  },
  {
    what: "a kept connection, closed after 100 Continue",
    calls: 2,
    play: once(({ socket }) => socket.end(CONTINUE)),
    comes: "reset",
    status: null,
    stale: 0,
  },
  {
    what: "a kept connection is reset, and the new one as well",
    calls: 2,
    play: ({ connection, request, socket }) =>
      connection === 1 && request === 1 ? socket.write(FINE) : socket.resetAndDestroy(),
    comes: "reset",
    status: null,
    stale: 1,
  },
];
