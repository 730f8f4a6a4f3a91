/**
 * Looking at an answer behind its first 64 KiB. What is kept on record stays those 64 KiB. Texts (`expectResult`, `expect.contains`)
 * are searched as the body comes, in constant memory; what needs the body as a whole (`json`, `matches`, a long `equals`, any
 * content-encoding) is given {@link AnswerRoom}. What a pattern costs grows with the text: `judge.ts` bounds it.
 */
import { type ExpectationSpec, statusMatches } from "../core/expect.ts";
import type { Job } from "../core/job.ts";
import { type AnswerRoom, type Place, WHOLE_ANSWER_BYTES } from "./answer-room.ts";
import { charsetOf } from "./charset.ts";
import { codingsOf } from "./content-coding.ts";
import { type AnswerHeaders, type Flow, MAX_ANSWER_BYTES, type Reading, type ReadsOn } from "./reading.ts";
import { TextSearch } from "./text-search.ts";

/** Unless `expect.maxBytes` says otherwise, in bytes. */
const DEFAULT_MAX_BYTES = 1024 * 1024;

/** Searches what comes; nothing of it is kept. */
export class SearchReading implements Reading {
  readonly #search: TextSearch;
  #left: number;

  constructor(texts: string[], charset: string, beginning: Buffer, maxBytes: number) {
    this.#search = new TextSearch(texts, charset);
    this.#left = maxBytes;
    this.push(beginning);
  }

  push(chunk: Buffer): boolean {
    const part = chunk.length <= this.#left ? chunk : chunk.subarray(0, this.#left);
    this.#left -= part.length;
    return this.#search.push(part) && this.#left > 0;
  }

  found(text: string): boolean {
    return this.#search.found(text);
  }
}

/** Keeps what comes, up to a limit. */
export class WholeReading implements Reading {
  readonly #chunks: Buffer[] = [];
  #left: number;

  constructor(place: Place, flow: Flow, left: number) {
    this.#left = left;
    if (place.held) return;
    flow.pause();
    void place.granted.then(() => flow.resume());
  }

  push(chunk: Buffer): boolean {
    const part = chunk.length <= this.#left ? chunk : chunk.subarray(0, this.#left);
    this.#chunks.push(part);
    this.#left -= part.length;
    return this.#left > 0;
  }

  /** What came behind the beginning. */
  get rest(): Buffer[] {
    return this.#chunks;
  }
}

type Judged = Pick<Job, "expect" | "expectResult">;

/**
 * @param owner the target's origin
 * @returns null where the rest of an answer can make no difference, whatever it is
 */
export function furtherOf(job: Judged, owner: string, room: AnswerRoom): Further | null {
  const { expect, expectResult } = job;
  if (!expectResult && (expect === null || !looksIntoBody(expect))) return null;
  return new Further(job, owner, room);
}

const looksIntoBody = ({ contains, equals, matches, json }: ExpectationSpec): boolean =>
  Boolean(contains) || equals !== undefined || matches !== undefined || json !== undefined;

/** How far one job's answers are looked at. */
export class Further implements ReadsOn {
  /** In bytes of decoded body, where it is searched as it comes. */
  readonly maxBytes: number;
  readonly #texts: string[];
  readonly #needsWhole: boolean;
  readonly #status: ExpectationSpec["status"];
  readonly #owner: string;
  readonly #room: AnswerRoom;
  #place: Place | null = null;

  /** @param owner the target's origin */
  constructor({ expect, expectResult }: Judged, owner: string, room: AnswerRoom) {
    this.maxBytes = expect?.maxBytes ?? DEFAULT_MAX_BYTES;
    this.#texts = [expectResult, expect?.contains].filter((text): text is string => Boolean(text));
    // Four bytes per character at most, in any charset.
    const isLong = expect?.equals !== undefined && expect.equals.length * 4 > MAX_ANSWER_BYTES;
    this.#needsWhole = expect?.json !== undefined || expect?.matches !== undefined || isLong;
    this.#status = expect?.status;
    this.#owner = owner;
    this.#room = room;
  }

  /** Where the body has to be there as a whole, in bytes, encoded or decoded. */
  get wholeBytes(): number {
    return Math.min(this.maxBytes, WHOLE_ANSWER_BYTES);
  }

  /** Whether the rest of an answer can make a difference. */
  matters(statusCode: number | null): boolean {
    if (!this.#needsWhole && this.#texts.length === 0) return false;
    return statusCode !== null && statusMatches(statusCode, this.#status ?? "2xx");
  }

  begin(statusCode: number | null, headers: AnswerHeaders, beginning: Buffer, flow: Flow): Reading | null {
    if (this.maxBytes <= beginning.length || !this.matters(statusCode)) return null;
    const isEncoded = codingsOf(headers["content-encoding"]).length > 0;
    if (this.#needsWhole || isEncoded)
      return new WholeReading(this.take(), flow, this.wholeBytes - beginning.length);
    const charset = charsetOf(beginning, headers["content-type"]);
    const search = new SearchReading(this.#texts, charset, beginning, this.maxBytes);
    return this.#texts.every((text) => search.found(text)) ? null : search;
  }

  /** Whether a text that it looks for is missing in the decoded beginning, or it needs more than that. */
  wantsMoreThan(text: string): boolean {
    return this.#needsWhole || this.#texts.some((one) => !text.includes(one));
  }

  /** The answer's room: one place for all that is done with it. Two would have answers wait for each other. */
  take(): Place {
    this.#place ??= this.#room.take(this.#owner);
    return this.#place;
  }

  release(): void {
    this.#place?.release();
    this.#place = null;
  }
}
