/** Reads request bodies. Called after authentication: strangers cannot make us parse anything. */
import type { IncomingMessage, ServerResponse } from "node:http";
import ApiGateway from "moleculer-web";
import { CharsetError, canDecode, decodeExactly } from "../../core/charset.ts";
import { BidaError } from "../../core/errors.ts";
import { readingJson } from "../../core/json/refusal.ts";
import { readJson } from "../../core/json/text.ts";
import { charsetOf, isJsonType } from "../../core/media-type.ts";
import { refusalOf } from "./problem.ts";

/** What is read of a request, in bytes. A payload of 1 MiB can take six times that as JSON (`\\u0000`). */
const LIMITS = { small: 256 * 1024, task: 7 * 1024 * 1024, batch: 16 * 1024 * 1024 };
export type BodySize = keyof typeof LIMITS;

/** Decompresses, and counts after that. */
const reader = (limit: number) => ApiGateway.bodyParser.raw({ limit, type: () => true });
const readers = { small: reader(LIMITS.small), task: reader(LIMITS.task), batch: reader(LIMITS.batch) };

/**
 * The text of a request's body, which is said to be JSON; undefined where it has none. Payloads are never more than this
 * text: what is parsed and printed again has other numbers.
 * @param spend is told how many bytes were read of it, decompressed, before anything is made of them, also of one that is refused
 * @throws BidaError body_too_large, unsupported_media_type, invalid_encoding
 */
export async function readText(
  req: IncomingMessage,
  res: ServerResponse,
  size: BodySize,
  spend: (bytes: number) => void,
): Promise<string | undefined> {
  // Without waiting for the rest of it.
  if (Number(req.headers["content-length"]) > LIMITS[size]) throw new BidaError("body_too_large");
  if (!hasBody(req)) return undefined;
  const type = req.headers["content-type"] ?? "";
  if (!isJsonType(type)) {
    const found = type === "" ? "is missing" : `says ${type.slice(0, 100)}`;
    throw new BidaError("unsupported_media_type", `The content-type must be application/json; it ${found}`);
  }
  const charset = charsetOf(type) ?? "utf-8";
  if (!canDecode(charset))
    throw new BidaError("unsupported_media_type", `The body's charset is not known: ${charset.slice(0, 40)}`);
  const bytes = await readBytes(req, res, size, spend);
  try {
    return decodeExactly(bytes, charset);
  } catch (error) {
    if (!(error instanceof CharsetError)) throw error;
    const errors = [{ field: "body", message: error.message }];
    throw new BidaError("invalid_encoding", `The body ${error.message}`, { errors });
  }
}

/**
 * The JSON in a request's body, as JavaScript values: for bodies that carry no payload.
 * @throws BidaError as {@link readText}; invalid_json; invalid_body where a key stands twice
 */
export async function readValue(
  req: IncomingMessage,
  res: ServerResponse,
  size: BodySize,
  spend: (bytes: number) => void,
): Promise<unknown> {
  const text = await readText(req, res, size, spend);
  return text === undefined ? undefined : JSON.parse(readingJson("invalid_body", () => readJson(text)));
}

function readBytes(
  req: IncomingMessage,
  res: ServerResponse,
  size: BodySize,
  spend: (bytes: number) => void,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    readers[size](req as never, res as never, (error: unknown) => {
      const { body } = req as { body?: unknown };
      const bytes = Buffer.isBuffer(body) ? body : Buffer.alloc(0);
      // Of a body that was too large or broke off. One that cannot be unpacked says no more than how long it is.
      const { received = Number(req.headers["content-length"] ?? 0) } = (error ?? {}) as {
        received?: number;
      };
      spend(error ? received : bytes.length);
      if (error) reject(refusalOfReading(req, error));
      else resolve(bytes);
    });
  });
}

/** What body-parser says of a body that is not compressed as it says has no type; what it says of others has. */
function refusalOfReading(req: IncomingMessage, error: unknown): BidaError {
  const refusal = refusalOf(error);
  const coding = req.headers["content-encoding"];
  if (refusal.code !== "invalid_json" || coding === undefined || (error as { type?: unknown }).type)
    return refusal;
  const message = `is not ${coding.slice(0, 40)}, as its content-encoding says`;
  return new BidaError("invalid_encoding", `The body ${message}`, { errors: [{ field: "body", message }] });
}

const hasBody = (req: IncomingMessage): boolean =>
  Number(req.headers["content-length"] ?? 0) > 0 || req.headers["transfer-encoding"] !== undefined;
