/**
 * Decodes an answer's content-encoding. What it may cost is bounded: the bytes that go in (`MAX_ENCODED_BYTES`), those that
 * come out, the number of codings, the decoder's memory, and the time that is left of the call.
 */
import zlib from "node:zlib";
import { CONTENT_CODINGS, type ContentCoding } from "../core/headers.ts";
import type { CallError } from "../core/outcome.ts";
import { MAX_ANSWER_BYTES, MAX_ENCODED_BYTES } from "./reading.ts";

/** Codings over one another: two are seen now and then, by mistake. */
const MAX_CODINGS = 3;
/** Zstandard's frames one behind the other: some servers send one per flush. */
const MAX_FRAMES = 100;
/** Zstandard's window, as a power of two: 8 MiB, what RFC 9659 allows; without it a frame could ask for 2 GiB. */
const ZSTD_WINDOW_LOG = 23;

export interface Decoded {
  /** No more than were asked for. */
  bytes: Buffer;
  /** There was more than is kept. */
  cut: boolean;
}

/** @returns the codings in the order in which they were applied */
export function codingsOf(header: string | string[] | undefined): string[] {
  if (header === undefined) return [];
  const names = String(header)
    .split(",")
    .map((name) => name.trim().toLowerCase());
  return names.filter((name) => name !== "" && name !== "identity");
}

/**
 * @param whole false: `body` is the beginning only, and decoded as far as it goes
 * @param timeoutMs for all of it
 * @param maxBytes that may come out
 * @returns an error where it cannot be decoded, or not in time
 */
export async function decodeContent(
  body: Buffer,
  codings: string[],
  whole: boolean,
  timeoutMs: number,
  maxBytes = MAX_ANSWER_BYTES,
): Promise<Decoded | CallError> {
  if (codings.length > MAX_CODINGS) return bad(`has ${codings.length} codings, more than ${MAX_CODINGS}`);
  const unknown = codings.find((name) => !isKnown(name));
  if (unknown !== undefined) return bad(`is ${unknown.slice(0, 40)}, which Bida does not decode`);
  const until = performance.now() + timeoutMs;
  let bytes = body;
  let complete = whole;
  for (const [i, coding] of codings.toReversed().entries()) {
    const max = i === codings.length - 1 ? maxBytes : Math.max(maxBytes, MAX_ENCODED_BYTES);
    const decoded = await decodeOne(bytes, coding as ContentCoding, complete, max, until);
    if ("code" in decoded) return decoded;
    bytes = decoded.bytes;
    complete = complete && !decoded.cut;
  }
  return { bytes: bytes.subarray(0, maxBytes), cut: !complete || bytes.length > maxBytes };
}

const isKnown = (name: string): name is ContentCoding =>
  (CONTENT_CODINGS as readonly string[]).includes(name);

const bad = (problem: string): CallError => ({
  code: "bad_encoding",
  message: `the content-encoding ${problem}`,
});

async function decodeOne(
  input: Buffer,
  coding: ContentCoding,
  whole: boolean,
  max: number,
  until: number,
): Promise<Decoded | CallError> {
  const parts: Buffer[] = [];
  let room = max;
  let rest = input;
  // An empty body is empty in every coding: servers leave out the frame around nothing.
  for (let frames = 0; rest.length > 0; frames++) {
    if (frames >= MAX_FRAMES) return bad(`${coding} has more than ${MAX_FRAMES} frames`);
    const part = await run(decoderOf(coding, rest, whole), rest, room, until);
    if (part instanceof Error) return failed(coding, part);
    parts.push(part.bytes);
    if (part.cut) return { bytes: Buffer.concat(parts), cut: true };
    room -= part.bytes.length;
    rest = rest.subarray(part.read);
    if (part.read === 0 || isPadding(rest)) break;
    if (coding !== "zstd") return bad(`${coding} ends ${rest.length} bytes before the answer does`);
  }
  return { bytes: Buffer.concat(parts), cut: false };
}

/** Zeros behind the end are no data. */
const isPadding = (bytes: Buffer): boolean => bytes.every((byte) => byte === 0);

type Decoder = zlib.Gunzip | zlib.Inflate | zlib.InflateRaw | zlib.BrotliDecompress | zlib.ZstdDecompress;

/** @param whole false: that the input ends early is no error */
function decoderOf(coding: ContentCoding, input: Buffer, whole: boolean): Decoder {
  const { Z_FINISH, Z_SYNC_FLUSH, BROTLI_OPERATION_FINISH, BROTLI_OPERATION_FLUSH } = zlib.constants;
  const { ZSTD_e_end, ZSTD_e_flush, ZSTD_d_windowLogMax } = zlib.constants;
  if (coding === "br")
    return zlib.createBrotliDecompress({
      finishFlush: whole ? BROTLI_OPERATION_FINISH : BROTLI_OPERATION_FLUSH,
    });
  if (coding === "zstd") {
    const params = { [ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG };
    return zlib.createZstdDecompress({ params, finishFlush: whole ? ZSTD_e_end : ZSTD_e_flush });
  }
  const options = { finishFlush: whole ? Z_FINISH : Z_SYNC_FLUSH };
  if (coding !== "deflate") return zlib.createGunzip(options);
  // It means zlib's format (RFC 9110, section 8.4.1.2); many servers send bare deflate. Zlib's first byte names its method, 8.
  return ((input[0] ?? 0) & 0x0f) === 8 ? zlib.createInflate(options) : zlib.createInflateRaw(options);
}

interface Run extends Decoded {
  /** Bytes of the input that belong to what was decoded. */
  read: number;
}

class TimedOut extends Error {}

/** Runs one decoder, in Node's own threads, until its end or until `max` bytes have come out. Frees it in any case. */
async function run(decoder: Decoder, input: Buffer, max: number, until: number): Promise<Run | Error> {
  const timeLeft = until - performance.now();
  if (timeLeft <= 0) return new TimedOut();
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const end = (error: Error | null) => {
      clearTimeout(timer);
      decoder.destroy();
      if (error) return resolve(error);
      const kept = Buffer.concat(chunks, Math.min(bytes, max));
      resolve({ bytes: kept, cut: bytes > max, read: decoder.bytesWritten });
    };
    const timer = setTimeout(() => end(new TimedOut()), timeLeft);
    decoder
      .on("data", (chunk: Buffer) => {
        chunks.push(chunk);
        bytes += chunk.length;
        if (bytes > max) end(null);
      })
      .on("end", () => end(null))
      .on("error", end);
    decoder.end(input);
  });
}

function failed(coding: ContentCoding, error: Error): CallError {
  if (error instanceof TimedOut) return { code: "timeout", message: "no time was left to decode the answer" };
  const { code = "" } = error as { code?: string };
  const what = code === "Z_BUF_ERROR" ? "ends before its data does" : `is not valid (${error.message})`;
  return bad(`${coding} ${what}`.slice(0, 400));
}
