/** How messages keep apart where alarms go on and on. */
export interface Spacing {
  /** The first gap. */
  seconds: number;
  /** Each gap is so many times the one before. 1: all are alike. */
  factor: number;
  maxSeconds: number;
}

/** 6 s, 12 s, 24 s … 10 min. */
export const DEFAULT_SPACING: Spacing = { seconds: 6, factor: 2, maxSeconds: 600 };
