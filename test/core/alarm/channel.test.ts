import { createHmac } from "node:crypto";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Alarm } from "../../../core/alarm/alarm.ts";
import { wants } from "../../../core/alarm/alarm.ts";
import { addressed, type ChannelSpec, filterOf, parseChannel } from "../../../core/alarm/channel.ts";
import { MASK, maskUrl, withoutSecrets } from "../../../core/alarm/mask.ts";
import { messageTask } from "../../../core/alarm/message.ts";
import type { Digest } from "../../../core/alarm/notice.ts";
import { epochMs } from "../../../core/clock.ts";
import { EgressPolicy } from "../../../core/egress.ts";
import { newTaskId } from "../../../core/ids.ts";
import { refusal } from "../helpers.ts";

const test = suite("alarm channels");
const NOWHERE = new EgressPolicy([]);
const parse = (request: Record<string, unknown>, former: ChannelSpec | null = null) =>
  parseChannel(request, NOWHERE, former);
const DINGTALK = "https://oapi.dingtalk.com/robot/send?access_token=0123456789abcdef0123456789abcdef";
const SMTP = {
  host: "mail.example",
  user: "u",
  password: "p4ssword",
  from: "a@b.example",
  to: ["c@d.example"],
};

const alarm = (more: Partial<Alarm> = {}): Alarm => ({
  id: 1,
  kind: "exhausted",
  taskId: newTaskId(),
  sourceAppName: "shop",
  destination: "https://stock.example",
  errorCode: "bad_status",
  facts: { url: "https://stock.example/a", targetAppName: "stock", callCount: 3, limitCallCount: 3 },
  createdAt: epochMs(1_700_000_000_000),
  ...more,
});
const one = (more: Partial<Alarm> = {}): Digest => {
  const first = alarm(more);
  return { count: 1, first: [first], kinds: [[first.kind, 1]], apps: [], destinations: [], errors: [] };
};
const MANY: Digest = {
  count: 9_997,
  first: Array.from({ length: 5 }, () => alarm()),
  kinds: [["exhausted", 9_997]],
  apps: [["shop", 9_000]],
  destinations: [["https://stock.example", 9_997]],
  errors: [["bad_status", 9_997]],
};
const PUBLIC = "https://bida.example";

const HOSTS: [url: string, type: string][] = [
  [DINGTALK, "dingtalk"],
  ["https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=x", "wecom"],
  ["https://open.feishu.cn/open-apis/bot/v2/hook/x", "feishu"],
  ["https://open.larksuite.com/open-apis/bot/v2/hook/x", "feishu"],
  ["https://hooks.slack.com/services/T/B/x", "slack"],
  ["https://oapi.dingtalk.com.evil.example/robot", "webhook"],
  ["https://ops.example/hook", "webhook"],
];
for (const [url, type] of HOSTS) {
  test(`kkbida's fields alone: ${new URL(url).host} is ${type}`, () => {
    const spec = parse({
      url,
      requestMethod: "POST",
      contentType: "application/json; charset=utf-8",
      memo: "运维群",
    });
    assert.equal([spec.type, spec.name], [type, "运维群"]);
  });
}

const REFUSED: [name: string, request: Record<string, unknown>, field: string, rule: RegExp][] = [
  ["no URL", { type: "slack" }, "url", /is required/],
  ["another type", { type: "fax", url: DINGTALK }, "type", /must be one of dingtalk/],
  ["an unknown field", { url: DINGTALK, color: "red" }, "color", /not a known field/],
  [
    "a loopback address",
    { url: "http://127.0.0.1/x" },
    "url",
    /is at 127\.0\.0\.1, in a range that calls may not reach/,
  ],
  ["cloud metadata", { url: "http://169.254.169.254/x" }, "url", /may not reach/],
  ["an address in IPv6", { url: "http://[::1]/x" }, "url", /is at ::1/],
  ["an address in disguise", { url: "http://0x7f000001/x" }, "url", /may not reach/],
  ["a user in the URL", { url: "https://u:p@ops.example/" }, "url", /user name/],
  ["a placeholder in the URL", { url: "https://ops.example/{taskId}" }, "url", /placeholder/],
  ["another scheme", { url: "ftp://ops.example/" }, "url", /must begin with http/],
  ["bad JSON", { url: DINGTALK, content: '{"a":${url}}' }, "content", /valid JSON.*line 1, column 6/],
  [
    "bad XML",
    { url: "https://ops.example", contentType: "text/xml", content: "<a>" },
    "content",
    /valid XML/,
  ],
  [
    "a content type nobody knows",
    { url: DINGTALK, contentType: "text/plain" },
    "contentType",
    /must be application\/json/,
  ],
  [
    "a header smuggled in",
    { url: DINGTALK, contentType: "text/xml\r\nx: y" },
    "contentType",
    /control|must be/,
  ],
  ["GET", { url: DINGTALK, requestMethod: "GET" }, "requestMethod", /must be one of POST/],
  [
    "a secret for Slack",
    { type: "slack", url: "https://hooks.slack.com/x", secret: "s" },
    "secret",
    /is for dingtalk/,
  ],
  ["mail without a server", { type: "email" }, "smtp", /is required/],
  [
    "mail to a blocked server",
    { type: "email", smtp: { ...SMTP, host: "10.1.2.3" } },
    "smtp.host",
    /may not reach/,
  ],
  [
    "mail with a header in an address",
    { smtp: { ...SMTP, to: ["a@b.c\nBcc: x@y.z"] } },
    "smtp.to.0",
    /control/,
  ],
  [
    "mail without a password",
    { smtp: { ...SMTP, password: null } },
    "smtp.password",
    /is required with user/,
  ],
  [
    "a destination that is no origin",
    { url: DINGTALK, filter: { destinations: ["https://a/b"] } },
    "filter.destinations.0",
    /origin/,
  ],
  ["a wrong type", { url: DINGTALK, enabled: "yes" }, "enabled", /must be true or false/],
];
for (const [name, request, field, rule] of REFUSED) {
  test(`refused: ${name}`, async () => {
    const error = await refusal(() => parse(request));
    assert.is(error.code, "invalid_body");
    const found = error.errors.find((one) => one.field === field);
    assert.match(found?.message ?? JSON.stringify(error.errors), rule);
  });
}

test("an allowed range is allowed", () => {
  assert.is(parseChannel({ url: "http://10.1.2.3/x" }, new EgressPolicy(["10.0.0.0/8"])).type, "webhook");
});

const ELSEWHERE: Record<string, unknown>[] = [
  { host: "evil.example" },
  { host: "evil.example", password: MASK },
  { port: 2525 },
  { tls: "none" },
];
for (const smtp of ELSEWHERE)
  test(`a kept mail password is not sent elsewhere, or in the open: ${JSON.stringify(smtp)}`, async () => {
    const mail = parse({ smtp: SMTP });
    const { code, errors } = await refusal(() => parse({ smtp }, mail));
    assert.equal([code, errors.map(({ field }) => field)], ["invalid_body", ["smtp.password"]]);
    assert.match(errors[0]?.message ?? "", /given for another server/);
    assert.is(parse({ smtp: { ...smtp, password: "again" } }, mail).smtp?.password, "again");
    // All fields as a form sends them, none of them changed.
    assert.is(parse({ smtp: { ...SMTP, password: MASK } }, mail).smtp?.password, "p4ssword");
    const open = parse({ smtp: { ...SMTP, user: null, password: null } });
    assert.is(parse({ smtp: { ...smtp, password: null } }, open).smtp?.password, null);
  });

const MAIL_HOSTS: [host: string, ok: boolean][] = [
  ["mail.example", true],
  ["mail.example.", true],
  ["mx_1.example", true],
  ["1.2.3.4", true],
  ["2606:4700::1111", true],
  ["邮件.example", true],
  ["[2606:4700::1111]", false],
  ["mail.example:25", false],
  ["%zz", false],
  ["a%00b", false],
  ["a<b", false],
  ["a|b", false],
  ["a\\b", false],
  ["a..b", false],
  [".", false],
  ["-a.example", false],
  ["user@mail.example", false],
  ["mail.example/x", false],
  ["999.1.1.1.1", false],
  [`${"a".repeat(64)}.example`, false],
];
for (const [host, ok] of MAIL_HOSTS)
  test(`the mail host ${JSON.stringify(host).slice(0, 40)} is ${ok ? "taken, and has an address to call" : "refused by name"}`, async () => {
    if (ok) {
      const spec = parse({ smtp: { ...SMTP, host } });
      const { body } = messageTask(spec, one(), "http://bida.example");
      assert.ok(URL.canParse(addressed(spec, body ?? "", epochMs(0)).url));
      return;
    }
    const { code, errors } = await refusal(() => parse({ smtp: { ...SMTP, host } }));
    assert.equal([code, errors[0]?.field], ["invalid_body", "smtp.host"]);
  });

test("a change keeps what it lacks, masks included; null takes it back to the default", () => {
  const former = parse({ url: DINGTALK, secret: "SEC-1234567", title: "x", filter: { kinds: ["breaker"] } });
  const changed = parse(
    { name: "n", url: maskUrl(DINGTALK), secret: MASK, filter: { minSeverity: "error" } },
    former,
  );
  assert.equal([changed.url, changed.secret, changed.title], [DINGTALK, "SEC-1234567", "x"]);
  assert.equal(changed.filter, {
    kinds: ["breaker"],
    sourceAppNames: [],
    destinations: [],
    minSeverity: "error",
  });
  const reset = parse({ secret: null, title: null, filter: null }, former);
  assert.equal([reset.secret, reset.title, reset.filter.kinds], [undefined, undefined, []]);
  const mail = parse({ smtp: SMTP });
  assert.equal(parse({ smtp: { port: 25, password: "p4ssword" } }, mail).smtp, { ...mail.smtp, port: 25 });
  assert.is(parse({ smtp: { password: MASK } }, mail).smtp?.password, "p4ssword");
  assert.is(parse({ smtp: { password: "new" } }, mail).smtp?.password, "new");
});

const MASKED: [url: string, shown: string][] = [
  [DINGTALK, "https://oapi.dingtalk.com/robot/send?access_token=******cdef"],
  [
    "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=short",
    "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=******",
  ],
  [
    "https://open.feishu.cn/open-apis/bot/v2/hook/3e41bc91-0707-4b3a-a562-3aec4ed35815",
    "https://open.feishu.cn/open-apis/bot/v2/hook/******5815",
  ],
  [
    "https://hooks.slack.com/services/T00000000/B00000000/abcdefghijklmnopqrstuvwx",
    "https://hooks.slack.com/services/T00000000/B00000000/******uvwx",
  ],
];
for (const [url, shown] of MASKED) test(`masked: ${shown}`, () => assert.is(maskUrl(url), shown));

test("an answer that repeats a secret is shown without it", () => {
  assert.is(
    withoutSecrets("no such key s3cr3t-1, s3cr3t-1!", ["s3cr3t-1", null, "k"]),
    "no such key ******, ******!",
  );
});

test("a message's task has no secret in it; the call has the address and a signature of its own time", () => {
  const spec = parse({ url: DINGTALK, secret: "SEC-1234567" });
  const task = messageTask(spec, one(), PUBLIC);
  assert.not.ok(JSON.stringify(task).includes("0123456789abcdef0123456789abcdef"));
  assert.not.ok(JSON.stringify(task).includes("SEC-1234567"));
  assert.equal([task.sourceAppName, task.targetAppName], ["bida", "dingtalk"]);
  const now = epochMs(1_700_000_123_456);
  const url = new URL(addressed(spec, task.body ?? "", now).url);
  assert.is(url.searchParams.get("access_token"), "0123456789abcdef0123456789abcdef");
  assert.is(url.searchParams.get("timestamp"), "1700000123456");
  const sign = createHmac("sha256", "SEC-1234567").update("1700000123456\nSEC-1234567").digest("base64");
  assert.is(url.searchParams.get("sign"), sign);
});

/** Which kinds a channel with a template and no kinds of its own is told of. */
const TOLD: [content: string, kinds: string[]][] = [
  ['{"t":"回调异常，taskId：${taskId}，url：${url}，${createTime}"}', ["exhausted"]],
  ['{"t":"${limitCallCount}"}', ["exhausted"]],
  ['{"t":"${url} ${lastError}"}', []],
  ['{"t":"${title}"}', []],
  ['{"t":"something is wrong"}', []],
];
for (const [content, kinds] of TOLD)
  test(`a channel with the template ${content}`, () => {
    const spec = parse({ url: "https://a.example/x", content });
    assert.equal(filterOf(spec).kinds, kinds);
    assert.equal(filterOf(parse({ ...spec, filter: { kinds: ["breaker"] } } as never)).kinds, ["breaker"]);
  });

test("kkbida's variables of time, as kkbida wrote them, in the zone that is set", () => {
  const spec = parse({
    url: "https://a.example/x",
    content: '{"a":"${createTime}","b":"${lastModifiedDate}"}',
  });
  const facts = { createTime: 1_700_000_000_120, lastModifiedDate: 1_700_000_000_000 };
  const { body } = messageTask(spec, one({ facts }), PUBLIC, "+08:00");
  assert.is(body, '{"a":"2023-11-15 06:13:20.12","b":"2023-11-15 06:13:20.0"}');
});

test("Feishu's signature is in the body", () => {
  const spec = parse({ type: "feishu", url: "https://open.feishu.cn/open-apis/bot/v2/hook/x", secret: "k" });
  const task = messageTask(spec, one(), PUBLIC);
  const body = JSON.parse(addressed(spec, task.body ?? "", epochMs(1_700_000_123_999)).body);
  assert.is(body.timestamp, "1700000123");
  assert.is(body.sign, createHmac("sha256", "1700000123\nk").digest("base64"));
  assert.is(body.msg_type, "interactive");
});

const LIMITS: Record<string, (body: ReturnType<typeof JSON.parse>) => [string, number]> = {
  dingtalk: (body) => [JSON.stringify(body), 20_000],
  wecom: (body) => [body.markdown.content, 4_096],
  feishu: (body) => [JSON.stringify(body), 20_000],
};
for (const [type, textOf] of Object.entries(LIMITS)) {
  for (const language of ["zh", "en"]) {
    test(`${type}, ${language}: the longest texts fit into the platform's limit`, () => {
      const long = "错误".repeat(10_000);
      const facts = { url: `https://a.example/${"u".repeat(2_000)}`, lastError: long, targetAppName: long };
      const spec = parse({ type, url: "https://x.example", language });
      const [text, limit] = textOf(JSON.parse(messageTask(spec, one({ facts }), PUBLIC).body ?? ""));
      assert.ok(Buffer.byteLength(text) <= limit, `${Buffer.byteLength(text)} bytes`);
      assert.ok(text.isWellFormed());
    });
  }
}

test("Slack: a section has at most 3,000 characters, a header 150", () => {
  const facts = { lastError: "<&>".repeat(2_000), targetAppName: "t".repeat(500) };
  const spec = parse({ type: "slack", url: "https://x.example" });
  const { blocks } = JSON.parse(messageTask(spec, one({ facts }), PUBLIC).body ?? "");
  for (const { type, text } of blocks) assert.ok(text.text.length <= (type === "header" ? 150 : 3_000));
});

test("strangers' text makes no links, mentions or lines of its own", () => {
  const evil = "[click](https://evil.example) <!channel> <@all> **x**\n# big";
  for (const type of ["dingtalk", "wecom", "feishu", "slack"]) {
    const spec = parse({ type, url: "https://x.example" });
    const body =
      messageTask(spec, one({ sourceAppName: evil, facts: { lastError: evil } }), PUBLIC).body ?? "";
    // In Slack that is no link.
    if (type !== "slack") assert.not.ok(body.includes("[click]("), type);
    assert.not.ok(/<!channel>|<@all>/.test(body), type);
    assert.not.ok(body.includes("\\n# big"), type);
  }
});

test("a digest says how many and which, in both languages", () => {
  for (const [language, many] of [
    ["zh", "9997 条告警"],
    ["en", "9997 alarms"],
  ]) {
    const spec = parse({ url: DINGTALK, language });
    const { markdown } = JSON.parse(messageTask(spec, MANY, PUBLIC).body ?? "");
    assert.match(markdown.title, many as string);
    for (const { taskId } of MANY.first) assert.ok(markdown.text.includes(taskId));
    assert.match(markdown.text, "https://stock.example 9997");
    assert.match(markdown.text, "bad_status 9997");
    assert.match(markdown.text, `${PUBLIC}/tasks?state=exhausted`);
  }
});

test("kkbida's template in a digest: the first few, and how many in all; keywords stay", () => {
  const content =
    '{"msgtype":"text","text":{"content":"回调异常，taskId：${taskId}，${limitCallCount}，${count}"}}';
  const spec = parse({ url: DINGTALK, content });
  const { text } = JSON.parse(messageTask(spec, MANY, PUBLIC).body ?? "");
  assert.match(text.content, /^回调异常，taskId：.+等 9997 个，3，9997$/);
});

test("a mail's text and subject, and what its call has", () => {
  const spec = parse({ smtp: { ...SMTP, port: 465, tls: "tls" }, language: "en", title: "[prod]" });
  const task = messageTask(spec, one(), PUBLIC);
  assert.is(task.url, "smtp://mail.example:465");
  const { url, mail } = addressed(spec, task.body ?? "", epochMs(0));
  assert.is(url, "http://mail.example:465/");
  assert.equal(
    [mail?.subject, mail?.tls, mail?.password],
    ["[prod] Callback failed: stock", "tls", "p4ssword"],
  );
  assert.match(mail?.text ?? "", `${PUBLIC}/tasks/`);
});

test("filters", () => {
  const none = { kinds: [], sourceAppNames: [], destinations: [], minSeverity: "warning" as const };
  const backlog = alarm({ kind: "backlog", sourceAppName: null, destination: null });
  const cases: [boolean, Parameters<typeof wants>][] = [
    [true, [none, alarm()]],
    [true, [{ ...none, sourceAppNames: ["shop"] }, alarm()]],
    [false, [{ ...none, sourceAppNames: ["other"] }, alarm()]],
    [false, [{ ...none, sourceAppNames: ["shop"] }, alarm({ sourceAppName: null })]],
    [true, [{ ...none, sourceAppNames: ["other"] }, backlog]],
    [false, [{ ...none, destinations: ["https://other.example"] }, alarm()]],
    [true, [{ ...none, destinations: ["https://stock.example"] }, alarm()]],
    [false, [{ ...none, kinds: ["breaker"] }, alarm()]],
    [false, [{ ...none, minSeverity: "critical" }, alarm()]],
    [true, [{ ...none, minSeverity: "error" }, alarm()]],
    [false, [{ ...none, minSeverity: "error" }, alarm({ kind: "breaker" })]],
    [true, [{ ...none, minSeverity: "critical" }, alarm({ kind: "channel" })]],
  ];
  for (const [wanted, given] of cases) assert.is(wants(...given), wanted, JSON.stringify(given));
});

test.run();
