/** `bida listen`: a receiver for trying. It prints the callbacks that arrive, and answers as it is told to. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";
import { aborted } from "../../core/aborted.ts";
import { verifySignature } from "../../core/signature.ts";
import { type Command, NOTHING, type Session, type Typed } from "../../services/repl/command.ts";
import { Mistake, Refused } from "../../services/repl/mistake.ts";
import { cut, oneLine } from "../../services/repl/paint.ts";
import { durationOf, numberOf } from "../../services/repl/times.ts";

const PORT = 9100;
/** Of them the first calls may fail, or only so many be taken. */
const MOST_CALLS = 1_000_000;
/** Longer than any timeout of Bida's. */
const MOST_DELAY = { ms: 3_600_000, text: "1h" };
/** Of a body, what is printed on a terminal, in characters. */
const SHOWN = 2_000;

export const listen: Command = {
  name: "listen",
  here: true,
  args: "",
  arity: [0, 0],
  summary: "starts a local receiver that prints callbacks; Ctrl-C ends it",
  about: ["For trying: it verifies signatures, and fails, delays or hangs on request."],
  options: {
    port: { value: "<port>", help: `where it listens (${PORT}); 0: any that is free` },
    host: { value: "<address>", help: "the address it listens on (127.0.0.1)" },
    secret: { value: "<whsec_…>", help: "verifies signatures with it, and answers 401 where one is wrong" },
    status: {
      value: "<code>",
      help: "what it answers (200); with --fail, what failures are answered with (500)",
    },
    body: { value: "<text>", help: "the answer's body (ok)" },
    fail: { value: "<n|share>", help: "the first n calls of each task fail, or a share of all, such as 30%" },
    delay: { value: "<duration>", help: "answers so late: 500ms, 2s" },
    hang: { value: null, help: "never answers" },
    count: { value: "<n>", help: "ends after so many requests" },
  },
  examples: [
    "listen",
    "listen --fail 2",
    "listen --port 9200 --delay 3s --body 成功",
    "listen --secret whsec_…",
  ],
  async run(session, typed) {
    const manner = mannerOf(typed);
    const server = createServer();
    const over = new AbortController();
    const signal = AbortSignal.any([session.signal, over.signal]);
    const calls = new Map<string, number>();
    let left = manner.count;
    let printing: Promise<void> = Promise.resolve();
    const receive = async (request: IncomingMessage, response: ServerResponse) => {
      const body = await buffer(request);
      const id = String(request.headers["webhook-id"] ?? "-");
      const nth = (calls.get(id) ?? 0) + 1;
      calls.set(id, nth);
      const answer = answerTo(request, body, nth, manner);
      printing = printing.then(() => session.print(lineOf(request, body, answer, session)));
      left -= 1;
      if (answer.status !== null) {
        await pause(manner.delayMs, undefined, { signal }).catch(() => undefined);
        response.writeHead(answer.status, { "content-type": "text/plain; charset=utf-8" }).end(answer.body);
      }
      if (left <= 0) response.once("close", () => over.abort());
      if (left <= 0 && answer.status === null) over.abort();
    };
    // A connection that breaks concerns nobody else.
    server.on(
      "request",
      (request, response) => void receive(request, response).catch(() => response.destroy()),
    );
    const port = await listening(server, manner.port, manner.host);
    if (!session.json) await session.print(session.paint.faint(`listening at http://${manner.host}:${port}`));
    session.endsItself = true;
    await aborted(signal);
    server.close();
    server.closeAllConnections();
    await printing;
    return NOTHING;
  },
};

interface Manner {
  port: number;
  host: string;
  secret: string | null;
  status: number | null;
  body: string;
  /** Null: none fail. Below 1: a share. */
  fail: { first: number } | { share: number } | null;
  delayMs: number;
  hang: boolean;
  count: number;
}

/** @throws Mistake */
function mannerOf(typed: Typed): Manner {
  const whole = (name: string, least: number, most: number): number | null => {
    const text = typed.text(name);
    if (text === undefined) return null;
    const number = numberOf(`--${name}`, text, `a whole number, ${least} to ${most}`);
    if (!Number.isInteger(number) || number < least || number > most)
      throw new Mistake(`--${name} must be a whole number, ${least} to ${most}, not "${text}"`);
    return number;
  };
  const secret = typed.text("secret") ?? null;
  if (secret !== null) checkSecret(secret);
  return {
    port: whole("port", 0, 65_535) ?? PORT,
    host: typed.text("host") ?? "127.0.0.1",
    secret,
    status: whole("status", 200, 599),
    body: typed.text("body") ?? "ok",
    fail: failOf(typed.text("fail")),
    delayMs: delayOf(typed.text("delay") ?? "0s"),
    hang: typed.flags.has("hang"),
    count: whole("count", 1, MOST_CALLS) ?? Infinity,
  };
}

/** @throws Mistake */
function failOf(text: string | undefined): Manner["fail"] {
  if (text === undefined) return null;
  const [, digits, percent] = /^(\d{1,9})(%?)$/.exec(text) ?? [];
  const number = Number(digits);
  if (digits === undefined || number > (percent ? 100 : MOST_CALLS))
    throw new Mistake(
      `--fail must be a number of calls, 0 to ${MOST_CALLS}, or a share, 0% to 100%, not "${text}"`,
    );
  return percent ? { share: number / 100 } : { first: number };
}

/** In ms. @throws Mistake */
function delayOf(text: string): number {
  const ms = durationOf("--delay", text);
  if (ms > MOST_DELAY.ms) throw new Mistake(`--delay must be 0s to ${MOST_DELAY.text}, not "${text}"`);
  return ms;
}

function checkSecret(secret: string): void {
  try {
    verifySignature(
      { "webhook-id": "x", "webhook-timestamp": "1", "webhook-signature": "v1,x" },
      "",
      secret,
      1,
    );
  } catch (error) {
    throw new Mistake(`--secret: ${(error as Error).message}`);
  }
}

interface Answer {
  /** Null: none comes. */
  status: number | null;
  body: string;
  /** Null: nobody asked for it. */
  signature: "right" | "wrong" | null;
}

function answerTo(request: IncomingMessage, body: Buffer, nth: number, manner: Manner): Answer {
  const { secret, status, fail, hang } = manner;
  const isRight = secret !== null && verifySignature(request.headers, body, secret);
  const signature = secret === null ? null : isRight ? "right" : "wrong";
  if (hang) return { status: null, body: "", signature };
  if (signature === "wrong") return { status: 401, body: "signature missing or wrong", signature };
  const fails = fail !== null && ("share" in fail ? Math.random() < fail.share : nth <= fail.first);
  if (fails) return { status: status ?? 500, body: "failed on request", signature };
  return { status: (fail === null ? status : null) ?? 200, body: manner.body, signature };
}

function lineOf(request: IncomingMessage, body: Buffer, answer: Answer, { json, paint }: Session): string {
  const { method, url, headers } = request;
  const text = body.toString();
  if (json) {
    const { status, signature } = answer;
    return JSON.stringify({
      at: new Date().toISOString(),
      method,
      url,
      headers,
      body: text,
      signature,
      answered: status,
    });
  }
  const said = answer.status === null ? "no answer" : String(answer.status);
  const mark = answer.status !== null && answer.status < 300 ? paint.good(said) : paint.bad(said);
  const signed = answer.signature === null ? "" : ` signature ${answer.signature}`;
  const id = `${headers["webhook-id"] ?? "-"} #${headers["bida-attempt"] ?? "-"}`;
  const head = `${mark}  ${method} ${oneLine(url ?? "")}  ${paint.faint(id + signed)}`;
  return text === "" ? head : `${head}\n     ${cut(oneLine(text), SHOWN)}`;
}

/** @throws Refused where nobody can listen there */
function listening(server: ReturnType<typeof createServer>, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", ({ code, message }: NodeJS.ErrnoException) =>
      reject(
        new Refused(
          code === "EADDRINUSE"
            ? `${host}:${port} is in use; type another --port`
            : `cannot listen: ${message}`,
        ),
      ),
    );
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });
}
