/**
 * What a caller may send, written out rather than inferred from the schema: the client package ships these types,
 * and its users shall not need Zod to compile. `task-schema.ts` asserts that its schema takes exactly this.
 */
import type { Expectation } from "./expect.ts";
import type { RetryPolicy } from "./retry.ts";
import type { Method } from "./task.ts";

/**
 * One callback to deliver. Required: `url`, `requestMethod`, `limitCallCount`; null means "not given" everywhere else.
 * @example
 * { url: "https://shop.example/orders/{id}", requestMethod: "POST", requestParam: { id: 4711 }, limitCallCount: 10 }
 */
export interface TaskRequest {
  /**
   * `http://` or `https://`, at most 2048 characters, without user name and password. `{name}` is replaced by that
   * member of `requestParam`, percent-encoded.
   */
  url: string;
  requestMethod: Method;
  /**
   * Any JSON object. With GET and DELETE what no placeholder used becomes the query string, with the other methods
   * the whole object is the JSON body. Not together with `body`.
   */
  requestParam?: Record<string, unknown> | null | undefined;
  /**
   * Raw text, sent as it is in the charset that `contentType` names, default UTF-8; at most 1 MiB. Not with GET, not
   * together with `requestParam`.
   */
  body?: string | null | undefined;
  /** Raw bytes as base64, sent byte for byte; at most 1 MiB of them. Not with GET, `requestParam` or `body`. */
  bodyBase64?: string | null | undefined;
  /** Media type of the body, at most 200 characters. Not together with a `content-type` in `headers`. */
  contentType?: string | null | undefined;
  /** Extra request headers, at most 16 KiB together. Hop-by-hop headers, `host`, `content-length` are refused. */
  headers?: Record<string, string> | null | undefined;
  /** Text the response body must contain for the call to count as delivered; at most 512 characters. */
  expectResult?: string | null | undefined;
  /**
   * Richer proof of delivery; all that is given must hold. Default: any 2xx status. Its `stop` names statuses that end the
   * task at once, `exhausted` with `stopped`. Default: 410.
   */
  expect?: Expectation | null | undefined;
  /** How many automatic calls at most, 1…100. */
  limitCallCount: number;
  /**
   * Pauses between calls. Default: 5 s, 30 s, 2 min, 10 min, 30 min, 1 h, 3 h, 6 h, then 12 h; jitter 0.1. Its `on` names
   * the failures that are worth another call (`[429, "5xx", "timeout"]`); any other ends the task with `stopped`.
   */
  retry?: RetryPolicy | null | undefined;
  /** Milliseconds for a whole call, from connecting to the last byte; 100…120 000. Default 10 000. */
  timeoutMs?: number | null | undefined;
  /** First call this many milliseconds after acceptance; 0…one year. Default 0. Not together with `callAt`. */
  delayMs?: number | null | undefined;
  /** First call at this moment, ISO 8601 with zone, within a year. A moment in the past means now. */
  callAt?: string | null | undefined;
  /** No call starts after this moment, ISO 8601 with zone. Default: never expires. */
  expiresAt?: string | null | undefined;
  /** Who calls; for lists and statistics. At most 64 characters. */
  sourceAppName?: string | null | undefined;
  /** Who is called; for lists and statistics. At most 64 characters. */
  targetAppName?: string | null | undefined;
  /**
   * Tasks of one app with the same key are delivered strictly one after another, in order of acceptance; one that is not
   * finished holds back those behind it. 1 to 128 characters, compared exactly. Default: no order.
   */
  orderKey?: string | null | undefined;
}

/** An item of a batch. */
export interface BatchItem extends TaskRequest {
  /**
   * Makes repeating the item safe by itself, in whatever batch it comes: the same key with the same task answers the same
   * id. Printable ASCII; never the same as the `Idempotency-Key` of a request.
   */
  idempotencyKey?: string | null | undefined;
}
