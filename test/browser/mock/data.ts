/** A made-up month of a shop's callbacks, for screenshots and for looking at pages while their backend is at work. */
import { EXACT, exactTask } from "./exact.ts";

/** The same numbers at every run. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
}
const random = chance(20_260_131);
const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;

export const NOW = Date.now();
const iso = (at: number) => new Date(at).toISOString();
const minutes = (n: number) => n * 60_000;

const hex = (n: number) => Array.from({ length: n }, () => Math.floor(random() * 16).toString(16)).join("");
export const idAt = (at: number): string => {
  const time = Math.floor(at).toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hex(3)}-a${hex(3)}-${hex(12)}`;
};

const TARGETS = [
  {
    origin: "https://stock.example.com",
    path: "/orders/{id}/reserve",
    source: "shop",
    target: "stock",
    bad: 0.01,
  },
  {
    origin: "https://pay.example.com",
    path: "/notify/settled",
    source: "payment",
    target: "ledger",
    bad: 0.02,
  },
  {
    origin: "https://points.example.cn",
    path: "/api/积分/add",
    source: "member",
    target: "points",
    bad: 0.03,
  },
  { origin: "http://10.2.8.14:8080", path: "/callback/ship", source: "shop", target: "logistics", bad: 0.35 },
  {
    origin: "https://hooks.partner.example",
    path: "/v2/events?type=order.paid",
    source: "shop",
    target: "partner",
    bad: 0.6,
  },
  { origin: "https://sms.example.cn", path: "/send", source: "member", target: "sms", bad: 0.01 },
] as const;

const FAILURES = [
  {
    code: "bad_status",
    message: "status 500 is not one of 2xx",
    status: 500,
    body: '{"error":"NullPointerException at com.partner.OrderController.paid(OrderController.java:118)","trace":"6f1c2a9e"}',
  },
  { code: "timeout", message: "no complete answer within 10000 ms", status: null, body: null },
  { code: "refused", message: "connect ECONNREFUSED 10.2.8.14:8080", status: null, body: null },
  {
    code: "unexpected_result",
    message: 'the body does not contain "成功"',
    status: 200,
    body: '{"code":1,"msg":"库存不足，请稍后再试"}',
  },
  {
    code: "bad_status",
    message: "status 503 is not one of 2xx",
    status: 503,
    body: "<html><head><title>503</title></head><body><h1>Service Unavailable</h1></body></html>",
  },
] as const;

type Failure = (typeof FAILURES)[number];
const NODES = ["bida-dispatcher-1", "bida-dispatcher-2", "bida-dispatcher-3"];
const STATES = [
  "succeeded",
  "succeeded",
  "succeeded",
  "exhausted",
  "pending",
  "succeeded",
  "pending",
  "succeeded",
  "exhausted",
  "delivering",
  "succeeded",
  "canceled",
  "succeeded",
  "resolved",
] as const;

// biome-ignore lint/suspicious/noExplicitAny: made-up data of many shapes
type Json = any;

export const attemptsOf = new Map<string, Json[]>();

function taskAt(at: number, n: number): Json {
  const state = n < 3 ? (["delivering", "succeeded", "pending"] as const)[n] : pick(STATES);
  const failing = state === "exhausted" || state === "resolved" || (state === "pending" && n % 2 === 0);
  const target = failing ? pick([TARGETS[3], TARGETS[4], TARGETS[4]]) : pick(TARGETS);
  const failure: Failure = pick(FAILURES);
  const limit = pick([3, 5, 10]);
  const failures =
    state === "exhausted" || state === "resolved"
      ? limit
      : failing
        ? Math.min(limit - 1, 1 + Math.floor(random() * 3))
        : random() < target.bad
          ? 1
          : 0;
  const calls = failures + (state === "succeeded" ? 1 : 0);
  const taskId = idAt(at);
  const order = 400_000 + Math.floor(random() * 90_000);
  const attempts: Json[] = [];
  // Calls that were made lie in the past.
  const gap = Math.min(31_000, ((NOW - at) * 0.9) / Math.max(1, calls * calls));
  const message = failure.message.replace("10.2.8.14:8080", new URL(target.origin).host);
  for (let i = 1; i <= calls; i++) {
    const ok = state === "succeeded" && i === calls;
    attempts.push({
      n: i,
      taskId,
      url: target.origin + target.path,
      calledUrl: null,
      requestMethod: "POST",
      startedAt: iso(at + i * i * gap),
      durationMs: ok
        ? 18 + Math.floor(random() * 60)
        : failure.code === "timeout"
          ? 10_001
          : 30 + Math.floor(random() * 900),
      outcome: ok ? "succeeded" : "failed",
      statusCode: ok ? 200 : failure.status,
      errorCode: ok ? null : failure.code,
      errorMessage: ok ? null : message,
      responseHeaders:
        ok || failure.status
          ? {
              "content-type": "application/json",
              server: "nginx/1.24.0",
              "x-request-id": hex(16),
              date: new Date(at).toUTCString(),
            }
          : null,
      responseBody: ok ? '{"code":0,"msg":"成功","data":{"accepted":true}}' : failure.body,
      responseEncoding: "text",
      responseTruncated: false,
      node: pick(NODES),
      phases: null,
    });
  }
  for (const attempt of attempts) attempt.phases = phasesOf(attempt);
  attemptsOf.set(taskId, attempts);
  const open = state === "pending" || state === "delivering";
  const next = open ? NOW + minutes(0.2 + random() * 28) : null;
  return {
    taskId,
    state,
    url: target.origin + target.path,
    requestMethod: "POST",
    requestParam: {
      id: order,
      event: "order.paid",
      amount: Math.floor(random() * 90_000) / 100,
      currency: "CNY",
      buyer: { name: pick(["王小明", "李雷", "韩梅梅", "陈静"]), city: pick(["上海", "杭州", "成都"]) },
      items: [{ sku: `SKU-${hex(4).toUpperCase()}`, qty: 1 + Math.floor(random() * 3) }],
    },
    body: null,
    bodyBase64: null,
    contentType: null,
    headers: { "x-tenant": "cn-east" },
    expectResult: "成功",
    expect: null,
    callCount: calls,
    limitCallCount: limit,
    retry: { strategy: "schedule", delaysMs: [5_000, 30_000, 120_000, 600_000, 1_800_000], jitter: 0.1 },
    timeoutMs: 10_000,
    nextCallAt: next === null ? null : iso(next),
    plannedCalls: next === null ? [] : [0, 2, 12, 42].map((later) => iso(next + minutes(later))),
    expiresAt: null,
    sourceAppName: target.source,
    targetAppName: target.target,
    orderKey: null,
    businessKey: String(order),
    profile: null,
    sourceIp: pick(["10.2.4.21", "10.2.4.22", "10.2.6.7"]),
    lastError: calls > 0 && state !== "succeeded" ? { code: failure.code, message } : null,
    createdAt: iso(at),
    updatedAt: iso(at + calls * calls * gap),
    finishedAt: open ? null : iso(at + calls * calls * gap + 400),
  };
}

export const tasks: Json[] = Array.from({ length: 240 }, (_, i) =>
  taskAt(NOW - i * i * 420 - i * 3_000 - 4_000, i),
);
export const attempts: Json[] = [...attemptsOf.values()]
  .flat()
  .filter(({ startedAt }) => Date.parse(startedAt) < NOW)
  .sort((a, b) => b.startedAt.localeCompare(a.startedAt));

/** The first call opens a connection, the others use it again. */
function phasesOf({ n, durationMs, statusCode }: Json): Json {
  const opened = n === 1 ? { dns: 3.1, connect: 1.4, tls: 8.6 } : { dns: null, connect: null, tls: null };
  const left = durationMs - (n === 1 ? 13.1 : 0);
  const body = statusCode === null ? null : Math.round(left) / 10;
  return { reused: n > 1, ...opened, firstByte: left - (body ?? 0), body };
}

/** Calls of one step: a day has its tide, and there was an outage in the night. */
function point(at: number, stepMs: number): Json {
  const hour = (at / 3_600_000 + 8) % 24;
  const tide = 0.35 + 0.65 * Math.max(0, Math.sin(((hour - 6) / 24) * Math.PI * 2 - 0.6) * 0.5 + 0.5);
  const calls = Math.round(tide * (stepMs / 60_000) * 84 * (0.85 + random() * 0.3));
  const age = (NOW - at) / 3_600_000;
  const outage = age > 7 && age < 9.4 ? 0.34 : age > 100 && age < 106 ? 0.18 : 0.012;
  const failed = Math.round(calls * outage * (0.6 + random() * 0.8));
  const slow = outage > 0.1 ? 3.2 : 1;
  return {
    at: iso(at),
    accepted: calls - failed,
    calls,
    succeeded: calls - failed,
    failed,
    retries: failed,
    exhausted: Math.round(failed * 0.04),
    successRate: calls ? (calls - failed) / calls : null,
    p50: Math.round((34 + random() * 6) * Math.sqrt(slow)),
    p95: Math.round((120 + random() * 40) * slow),
    p99: Math.round((310 + random() * 130) * slow),
    delivered: calls - failed,
    canceled: 0,
    resolved: 0,
    reopened: 0,
  };
}

const STEPS: Record<string, number> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };
export function series(from: string, to: string, step: string): Json {
  const ms = STEPS[step] ?? 3_600_000;
  const points: Json[] = [];
  for (let at = Math.ceil(Date.parse(from) / ms) * ms; at <= Date.parse(to); at += ms)
    points.push(point(at, ms));
  return { from, to, step, points };
}

export const summary: Json = {
  tasks: { pending: 1_284, succeeded: 2_413_077, exhausted: 37, canceled: 212, resolved: 1_406 },
  totals: { accepted: 2_416_016, calls: 2_487_911, succeeded: 2_413_077, failed: 74_834 },
  oldestWaiting: { taskId: tasks[2].taskId, dueAt: iso(NOW - 6_000), waitingMs: 6_000 },
};

/** {@link series} where nothing was ever called. */
export function emptySeries(from: string, to: string, step: string): Json {
  const made = series(from, to, step);
  const points = made.points.map((one: Json) =>
    Object.fromEntries(
      Object.entries(one).map(([name, value]) => {
        if (name === "at") return [name, value];
        return [name, ["p50", "p95", "p99", "successRate"].includes(name) ? null : 0];
      }),
    ),
  );
  return { ...made, points };
}

/** Of a Bida that was started a moment ago. */
export const emptySummary: Json = {
  tasks: { pending: 0, succeeded: 0, exhausted: 0, canceled: 0, resolved: 0 },
  totals: { accepted: 0, calls: 0, succeeded: 0, failed: 0 },
  oldestWaiting: null,
};

const LOAD = [41_200, 33_910, 18_022, 9_077, 4_210, 15_630];
export const destinationStats: Json[] = TARGETS.map(({ origin, bad }, i) => {
  const calls = LOAD[i] as number;
  const failed = Math.round(calls * bad * 0.7);
  return {
    destination: origin,
    accepted: calls - failed,
    calls,
    succeeded: calls - failed,
    failed,
    retries: failed,
    exhausted: Math.round(failed * 0.01),
    successRate: (calls - failed) / calls,
    p50: 30 + i * 7,
    p95: [84, 131, 97, 2_210, 9_870, 61][i],
    p99: [210, 380, 244, 4_100, 12_400, 130][i],
    sparkline: Array.from({ length: 24 }, (_, h) => {
      const n = Math.round((calls / 24) * (0.5 + random()));
      const share = bad > 0.3 ? (h > 14 && h < 18 ? 0.9 : bad * 0.6) : bad;
      return { at: iso(NOW - (24 - h) * 3_600_000), calls: n, failed: Math.round(n * share) };
    }),
  };
});
export const errorStats: Json[] = [
  { errorCode: "timeout", count: 2_911, sparkline: [] },
  { errorCode: "bad_status", count: 1_804, sparkline: [] },
  { errorCode: "refused", count: 977, sparkline: [] },
  { errorCode: "unexpected_result", count: 214, sparkline: [] },
  { errorCode: "tls", count: 12, sparkline: [] },
];

export const destinations: Json[] = TARGETS.map(({ origin }, i) => ({
  origin,
  paused: i === 2,
  concurrency: i === 3 ? 20 : null,
  ratePerSecond: i === 5 ? 50 : null,
  keepAlive: i !== 6,
  legacyTimeoutMs: null,
  breaker: {
    state: i === 4 ? "open" : i === 3 ? "half_open" : "closed",
    since: iso(NOW - minutes(12)),
    probeAt: i === 4 ? iso(NOW + 24_000) : null,
    failures: i === 4 ? 41 : i === 3 ? 12 : 0,
    enabled: true,
  },
  window: null,
  ready: [12, 4, 311, 88, 861, 8][i],
  inFlight: [3, 1, 0, 1, 0, 2][i],
  firstSeenAt: iso(NOW - 86_400_000 * 40),
}));

/** A part of what a day came to. */
const part = (of: Json, share: number, bad = of.failed / of.calls): Json => {
  const calls = Math.round(of.calls * share);
  const failed = Math.round(calls * bad);
  return {
    ...of,
    calls,
    failed,
    succeeded: calls - failed,
    successRate: calls ? (calls - failed) / calls : null,
  };
};
export const health: Json[] = destinationStats.map(({ destination, sparkline, ...day }, i) => ({
  destination,
  last5Minutes: part(day, 0.004, i === 4 ? 1 : i === 3 ? 0.02 : undefined),
  lastHour: part(day, 0.05, i === 4 ? 0.97 : undefined),
  lastDay: { ...day, sparkline },
  lastSuccessAt: iso(NOW - (i === 4 ? minutes(47) : minutes(1))),
  lastFailureAt: iso(NOW - minutes([38, 12, 95, 2, 1, 320][i] as number)),
  open: { count: [0, 3, 0, 12, 41, 5][i] ?? 0, atLeast: false },
}));

export function reportOf(origin: string): Json | undefined {
  const i = destinations.findIndex((one) => one.origin === origin);
  const one = health[i];
  if (!one) return undefined;
  const called = (outcome: string) =>
    attempts.find((attempt) => attempt.outcome === outcome && attempt.url.startsWith(origin)) ?? null;
  const failing = one.last5Minutes.successRate === 0;
  return {
    ...one,
    origin,
    at: iso(NOW),
    keptApart: true,
    open: { count: destinations[i].ready + 61, atLeast: false },
    exhausted: { count: one.lastDay.exhausted, atLeast: false },
    lastError: called("failed"),
    lastSuccess: called("succeeded"),
    callers: [
      {
        app: { id: 1, name: "shop" },
        calls: Math.round(one.lastDay.calls * 0.8),
        failed: one.lastDay.failed,
      },
      { app: { id: 0, name: null }, calls: Math.round(one.lastDay.calls * 0.2), failed: 0 },
    ],
    paused: destinations[i].paused
      ? {
          by: { kind: "user", id: 2, name: "wang.li" },
          at: iso(NOW - minutes(64)),
          note: "对方发布，中午恢复",
        }
      : null,
    breakerEvents: failing
      ? [12, 300, 312].map((ago, n) => ({
          at: iso(NOW - minutes(ago)),
          change: n === 1 ? "closed" : "opened",
          failures: n === 1 ? null : 41,
        }))
      : [],
    outage: failing
      ? {
          from: iso(NOW - minutes(47)),
          to: null,
          calls: 214,
          failed: 209,
          missed: { count: 38, atLeast: false, from: iso(NOW - minutes(320)), to: iso(NOW - minutes(2)) },
        }
      : null,
  };
}

const answerOf = (statusCode: number | null, n: number) => ({
  ...{ n, statusCode, truncated: false },
  bodyStart: statusCode === null ? null : `{"code":${statusCode},"message":"call ${n}"}`,
});
export const incidents: Json[] = [
  ["https://hooks.partner.example", "timeout", null, 38, "timeout: no complete answer within 10000 ms", 47],
  ["http://10.2.8.14:8080", "bad_status", 503, 12, "bad_status: status 503 is not one of 2xx", 130],
  [
    "https://pay.example.com",
    "unexpected_result",
    200,
    3,
    "unexpected_result: the body does not contain SUCCESS",
    600,
  ],
].map(([destination, errorCode, statusCode, n, error, ago], i) => ({
  id: i + 1,
  destination,
  errorCode,
  statusCode,
  firstAt: iso(NOW - minutes(ago as number)),
  lastAt: iso(NOW - minutes(i * 7 + 1)),
  tasks: n,
  first: { taskId: tasks[i * 3]?.taskId, error, answer: answerOf(statusCode as number | null, 3) },
  last: { taskId: tasks[i * 3 + 1]?.taskId, error, answer: answerOf(statusCode as number | null, 1) },
  muted: i === 1,
  mutedUntil: i === 1 ? iso(NOW + minutes(95)) : null,
  acknowledged: i === 1 ? { by: "wang.li", at: iso(NOW - minutes(20)), note: "已联系对方" } : null,
  endedAt: null,
  outcome: { pending: i, succeeded: 5 * i, exhausted: (n as number) - 6 * i, canceled: 0, resolved: 0 },
  counted: n,
}));

/** What was raised: the incidents, and what else. */
export const raised: Json[] = [
  {
    ...{
      id: 11,
      kind: "breaker",
      severity: "warning",
      destination: "https://points.example.cn",
      errorCode: null,
    },
    ...{
      statusCode: null,
      channel: null,
      alarms: 3,
      firstAt: iso(NOW - minutes(64)),
      lastAt: iso(NOW - minutes(3)),
    },
    ...{ lastError: null, lastTaskId: null, told: 2, acknowledged: null, mutes: [], endedAt: null },
  },
  ...incidents.map(({ tasks: n, last, muted, acknowledged, ...one }) => ({
    ...{ id: one.id, kind: "exhausted", severity: "error", destination: one.destination, channel: null },
    ...{
      errorCode: one.errorCode,
      statusCode: one.statusCode,
      alarms: n,
      firstAt: one.firstAt,
      lastAt: one.lastAt,
    },
    ...{ lastError: last.error, lastTaskId: last.taskId, told: 2, acknowledged, endedAt: null },
    mutes: muted ? [1] : [],
  })),
  {
    ...{
      id: 12,
      kind: "channel",
      severity: "critical",
      destination: null,
      errorCode: null,
      statusCode: null,
    },
    ...{
      channel: { id: 2, name: "值班群" },
      alarms: 1,
      firstAt: iso(NOW - minutes(26)),
      lastAt: iso(NOW - minutes(26)),
    },
    ...{ lastError: "unexpected_result: keywords not in content", lastTaskId: null, told: 0 },
    ...{ acknowledged: null, mutes: [], endedAt: null },
  },
];
export const mutes: Json[] = [
  { incident: 2, until: iso(NOW + minutes(95)), note: "已联系对方" },
  {
    destination: "https://old.example.com",
    errorCode: "timeout",
    until: iso(NOW + minutes(1_200)),
    note: null,
  },
].map((one, i) => ({
  ...{ id: i + 1, destination: null, sourceAppName: null, errorCode: null, incident: null, by: "wang.li" },
  ...{ ...one, createdAt: iso(NOW - minutes(20 + i * 300)) },
}));

export const nodes: Json[] = [
  ["bida-api-1", ["api", "admin", "notifier"], 0, 0, 0, 1.9, 0.21, 142],
  ["bida-scheduler-1", ["scheduler"], 0, 0, 0, 2.4, 0.34, 131],
  ["bida-scheduler-2", ["scheduler"], 0, 0, 0, 2.2, 0.31, 128],
  ["bida-dispatcher-1", ["dispatcher"], 3, 41, 768, 3.1, 0.82, 188],
  ["bida-dispatcher-2", ["dispatcher"], 3, 38, 768, 2.8, 0.79, 190],
  ["bida-dispatcher-3", ["dispatcher"], 3, 44, 768, 3.4, 0.85, 186],
].map(([nodeID, services, threads, inFlight, capacity, delay, cpu, mb]) => ({
  up: true,
  nodeID,
  version: "0.2.0",
  services,
  startedAt: iso(NOW - 9 * 86_400_000),
  uptimeMs: 9 * 86_400_000 + 7_300_000,
  pid: 1,
  leaseMs: 10_000,
  threads,
  inFlight,
  held: inFlight,
  capacity,
  outcomesBuffered: 0,
  draining: false,
  installation: "0d5f0a52-3f0d-4d7c-9a0e-3a5b8f1d2c11",
  eventLoopDelay: { p50: 1.1, p99: delay },
  rssBytes: (mb as number) * 1_048_576,
  cpu,
}));

const channel = (id: number, more: object): Json => ({
  id,
  type: "webhook",
  name: "",
  memo: null,
  enabled: true,
  url: null,
  secret: null,
  requestMethod: "POST",
  contentType: "application/json; charset=utf-8",
  content: null,
  expectResult: null,
  smtp: null,
  language: "zh",
  title: null,
  filter: { kinds: [], sourceAppNames: [], destinations: [], minSeverity: "warning" },
  backlogMinutes: 10,
  limits: null,
  digest: null,
  limitCallCount: 8,
  retry: null,
  timeoutMs: 10_000,
  state: "ok",
  brokenSince: null,
  lastError: null,
  lastSuccessAt: iso(NOW - minutes(26)),
  createdAt: iso(NOW - 86_400_000 * 30),
  updatedAt: iso(NOW - 86_400_000 * 3),
  ...more,
});
export const channels: Json[] = [
  channel(1, {
    type: "dingtalk",
    name: "值班群",
    memo: "订单回调值班，24 小时",
    url: "https://oapi.dingtalk.com/robot/send?access_token=***",
    secret: "***",
    content:
      '{"msgtype":"text","text":{"content":"回调异常，taskId：${taskId}，url：${url}，发起时间：${createTime}，源服务名：${sourceAppName}，目标服务名：${targetAppName}，已达到最大重试次数：${limitCallCount}"}}',
  }),
  channel(2, {
    type: "wecom",
    name: "支付组",
    memo: "仅 payment",
    url: "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=***",
  }),
  channel(3, {
    type: "email",
    name: "ops@example.com",
    smtp: {
      host: "smtp.example.com",
      port: 587,
      tls: "starttls",
      user: "bida",
      password: "***",
      from: "bida@example.com",
      to: ["ops@example.com"],
    },
    state: "broken",
    brokenSince: iso(NOW - minutes(190)),
    lastError: "535 authentication failed",
  }),
  channel(4, {
    type: "slack",
    name: "#callbacks",
    url: "https://hooks.slack.com/services/***",
    language: "en",
    enabled: false,
    state: "disabled",
    lastSuccessAt: null,
  }),
];
export const history: Json[] = Array.from({ length: 7 }, (_, i) => ({
  taskId: idAt(NOW - minutes(26 + i * 190)),
  state: i === 3 ? "failed" : "sent",
  alarms: [1, 14, 1, 2, 1, 6, 1][i],
  error: i === 3 ? "unexpected_result: keywords not in content" : null,
  insteadOf: null,
  createdAt: iso(NOW - minutes(26 + i * 190)),
}));

export const apps: Json[] = ["shop", "payment", "member", "legacy-erp"].map((name, i) => ({
  id: i + 1,
  name,
  disabled: i === 3,
  ipAllow: [["10.2.4.0/24"], ["10.2.6.0/24", "10.2.7.9/32"], [], ["192.168.3.4/32"]][i],
  ratePerSecond: [500, 200, null, 5][i],
  previousKeyUntil: i === 1 ? iso(NOW + minutes(900)) : null,
  signing: i !== 3,
  previousSecretUntil: null,
  businessKeyPath: i === 3 ? null : "$.id",
  createdAt: iso(NOW - 86_400_000 * (200 - i * 30)),
  updatedAt: iso(NOW - 86_400_000 * 3),
}));
export const views: Json[] = ["今天被拒绝的", "payment 503"].map((name, i) => ({
  id: i + 1,
  page: "tasks",
  name,
  query: ["errorCode=refused&createdFrom=-24h", "targetAppName=payment&status=503"][i],
  owner: [
    { id: 1, name: "admin" },
    { id: 3, name: "oncall" },
  ][i],
  createdAt: iso(NOW - 86_400_000 * 9),
  updatedAt: iso(NOW - 86_400_000 * 2),
}));
export const users: Json[] = ["admin", "wang.li", "oncall", "auditor"].map((username, i) => ({
  id: i + 1,
  username,
  role: ["admin", "admin", "operator", "viewer"][i],
  disabled: false,
  environmentPassword: false,
  createdAt: iso(NOW - 86_400_000 * (200 - i * 30)),
  updatedAt: iso(NOW - 86_400_000 * (i + 2)),
}));
export const audit: Json[] = [
  ["oncall", "task.retry", { type: "task", id: tasks[3].taskId, name: null }, null, null, "伙伴已修复接口"],
  [
    "oncall",
    "destination.change",
    { type: "destination", id: "https://points.example.cn" },
    { paused: false },
    { paused: true },
    null,
  ],
  ["wang.li", "app.rotate-key", { type: "app", id: "2", name: "payment" }, null, null, null],
  [
    "oncall",
    "job.start",
    { type: "job", id: idAt(NOW - minutes(150)) },
    { filter: { state: ["exhausted"] } },
    { matched: 812, changed: 812 },
    "after the partner's outage",
  ],
  [
    "admin",
    "user.change",
    { type: "user", id: "4", name: "auditor" },
    { role: "operator" },
    { role: "viewer" },
    null,
  ],
  [
    "admin",
    "webhook.create",
    { type: "webhook", id: "3", name: "ops@example.com" },
    null,
    { type: "email", name: "ops@example.com" },
    null,
  ],
  ["oncall", "session.create", { type: "session", id: null }, null, null, null],
].map(([name, action, target, before, after, note], i) => ({
  id: idAt(NOW - minutes(8 + i * 47)),
  at: iso(NOW - minutes(8 + i * 47)),
  actor: { kind: "user", id: 3, name },
  sourceIp: "10.2.9.30",
  action,
  target,
  before,
  after,
  note,
  requestPath: "/v1/tasks/retry",
  group: null,
}));

/** What a dry run over many tasks answers. */
export const counted = {
  dryRun: true,
  matched: 1_284,
  expected: null,
  difference: null,
  changed: 0,
  skipped: {},
  job: null,
  preview: {
    looked: 1_284,
    atLeast: false,
    changed: 1_271,
    skipped: { "a copy of it has succeeded": 12, "it is being called just now": 1 },
    states: [{ state: "exhausted", changed: 1_271, skipped: {} }],
  },
};

export const job = {
  id: idAt(NOW - 4_000),
  kind: "retry",
  filter: { state: ["exhausted"] },
  state: "running",
  matched: 12_840,
  expected: 12_840,
  done: 5_210,
  changed: 5_208,
  skipped: { "a copy of it has succeeded": 2 },
  schedule: "whole",
  pace: 50,
  paused: null,
  note: "伙伴已修复接口",
  by: { kind: "user", id: 2, name: "lin" },
  createdAt: iso(NOW - 4_000),
  startedAt: iso(NOW - 3_900),
  finishedAt: null,
};

/** One that has ended, with what became of its tasks. */
export const endedJob = {
  ...job,
  ...{
    id: idAt(NOW - 7_200_000),
    state: "finished",
    matched: 3_214,
    expected: null,
    done: 3_214,
    changed: 3_190,
  },
  ...{ filter: { state: ["exhausted"], url: "partner.example" }, finishedAt: iso(NOW - 7_100_000) },
  ...{ createdAt: iso(NOW - 7_200_000), startedAt: iso(NOW - 7_199_000) },
  skipped: { "a copy of it has succeeded": 21, "it is being called just now": 3 },
  samples: { "a copy of it has succeeded": tasks.slice(3, 6).map(({ taskId }) => taskId) },
  outcome: { counted: 3_190, succeeded: 3_101, exhausted: 64, open: 25, canceled: 0, resolved: 0, gone: 0 },
};

// The last one is for who looks closely at numbers. Its payload is text already, see `server.ts`.
const [exact, exactCalls] = exactTask(
  tasks.find(({ state }) => state === "exhausted"),
  attemptsOf.get(tasks.find(({ state }) => state === "exhausted").taskId) ?? [],
);
tasks.push(exact);
attemptsOf.set(EXACT.taskId, exactCalls);

// One that failed was repaired and sent again.
const original = tasks.find(({ state, callCount }) => state === "exhausted" && callCount > 3);
original.resentAs = [tasks[1].taskId];
tasks[1].resendOf = original.taskId;

export const sessions: Json[] = [
  "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
  null,
].map((userAgent, i) => ({
  id: String(i + 1),
  userAgent,
  sourceIp: `10.2.9.${30 + i}`,
  createdAt: iso(NOW - minutes(90 + i * 900)),
  usedAt: iso(NOW - minutes(i * 140)),
  current: i === 0,
}));
