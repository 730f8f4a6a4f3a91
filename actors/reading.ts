/** How a call reads an answer on behind the beginning that is kept. */

/** Most of an answer's body that is kept. */
export const MAX_ANSWER_BYTES = 65_535;
/** Most that is kept of a body with a content-encoding. What cannot be compressed grows a little. */
export const MAX_ENCODED_BYTES = 2 * MAX_ANSWER_BYTES;

export type AnswerHeaders = Record<string, string | string[]>;

export interface Reading {
  /** @returns whether more is wanted */
  push(chunk: Buffer): boolean;
}

/** Stops and continues the stream of an answer. */
export interface Flow {
  pause(): void;
  resume(): void;
}

export interface ReadsOn {
  /** @returns null where the beginning is enough */
  begin(statusCode: number | null, headers: AnswerHeaders, beginning: Buffer, flow: Flow): Reading | null;
  /** What was read is not needed any more: it was judged, or another call follows. May be called again. */
  release(): void;
}
