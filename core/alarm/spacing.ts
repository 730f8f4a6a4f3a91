/** How often a channel may be told something. No Node API: the console ships this file. */

/** At most so many messages within so many seconds. */
export interface Limit {
  messages: number;
  seconds: number;
}

/** Of the platforms' documents. `webhook` is a program: it takes what comes. */
export const PLATFORM_LIMITS: Record<
  "dingtalk" | "wecom" | "feishu" | "slack" | "email" | "webhook",
  Limit[]
> = {
  dingtalk: [{ messages: 20, seconds: 60 }],
  wecom: [{ messages: 20, seconds: 60 }],
  feishu: [
    { messages: 100, seconds: 60 },
    { messages: 5, seconds: 1 },
  ],
  slack: [{ messages: 1, seconds: 1 }],
  email: [{ messages: 20, seconds: 60 }],
  webhook: [],
};

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
