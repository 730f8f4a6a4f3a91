// Whatever an alarm holds, its message is one that the platform takes, and says what it leaves out.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Alarm, OutageKind } from "../../../core/alarm/alarm.ts";
import { addressed, type ChannelSpec, parseChannel } from "../../../core/alarm/channel.ts";
import { fitLines, fitList } from "../../../core/alarm/fit.ts";
import { bodyOf, messageTask } from "../../../core/alarm/message.ts";
import { type Counted, type Digest, TOP } from "../../../core/alarm/notice.ts";
import { sizesOf } from "../../../core/alarm/sizes.ts";
import { lacksKeyword } from "../../../core/alarm/template.ts";
import { epochMs } from "../../../core/clock.ts";
import { EgressPolicy } from "../../../core/egress.ts";
import { newTaskId } from "../../../core/ids.ts";
import { CHANNEL_TYPES, type ChannelType } from "../../../core/schema/webhooks.ts";
import { refusal } from "../helpers.ts";

const test = suite("messages fit their platforms");

/** Park and Miller's generator: the same alarms at each run, and named where one does not fit. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48_271) % 0x7fffffff;
    return state % below;
  };
}

/** What grows when it is escaped, takes many bytes, or has no UTF-8 form. */
const PIECES = [
  "a",
  " ",
  '"',
  "\\",
  "\n",
  "\u0001",
  "错",
  "é",
  "\u{1F600}",
  "\ud800",
  "<",
  "&",
  "](",
  "*_`",
  "%28",
  "{",
];

function textOf(random: (below: number) => number, longest: number): string {
  const length = random(longest + 1);
  let text = "";
  while (text.length < length) text += PIECES[random(PIECES.length)];
  return text;
}

const KINDS = ["exhausted", "breaker", "backlog", "channel", "recovered"] as const;

function alarmOf(random: (below: number) => number): Alarm {
  const kind = KINDS[random(KINDS.length)] as (typeof KINDS)[number];
  const url = `https://a.example/${"(".repeat(random(2))}`.padEnd(2_048, textOf(random, 300) || "u");
  return {
    id: 1,
    kind,
    taskId: kind === "exhausted" ? newTaskId() : null,
    sourceAppName: random(3) ? textOf(random, 64) : null,
    destination: random(4) ? `https://${"d".repeat(random(280))}.example` : null,
    errorCode: random(2) ? "bad_status" : null,
    facts: {
      url: url.slice(0, 2_048),
      targetAppName: random(2) ? textOf(random, 64) : undefined,
      lastError: textOf(random, 3_000),
      callCount: random(100),
      limitCallCount: 100,
      since: 1_700_000_000_000,
      channel: random(2) ? textOf(random, 64) : undefined,
      of: "exhausted" as OutageKind,
    },
    createdAt: epochMs(1_700_000_900_000),
  };
}

function digestOf(random: (below: number) => number): Digest {
  const count = random(3) ? 1 + random(1_000) : 1;
  const first = Array.from({ length: Math.min(count, TOP) }, () => alarmOf(random));
  const counted = (of: (alarm: Alarm) => string | null): Counted[] =>
    first.flatMap((alarm): Counted[] => {
      const name = of(alarm);
      return name === null ? [] : [[name, count]];
    });
  return {
    ...{ count, first },
    kinds: counted(({ kind }) => kind),
    apps: counted(({ sourceAppName }) => sourceAppName),
    destinations: counted(({ destination }) => destination),
    errors: counted(({ errorCode }) => errorCode),
  };
}

const LEGACY =
  "回调异常，taskId：${taskId}，url：${url}，发起时间：${createTime}，源服务名：${sourceAppName}，目标服务名：${targetAppName}，${lastError}，${summary} ${consoleUrl}";
const TEMPLATES: Record<ChannelType, string[]> = {
  dingtalk: [`{"msgtype":"text","text":{"content":"${LEGACY}"}}`],
  wecom: [
    `{"msgtype":"text","text":{"content":"${LEGACY}"}}`,
    `{"msgtype":"markdown","markdown":{"content":"${LEGACY}"}}`,
    `{"msgtype":"template_card","template_card":{"card_type":"text_notice","main_title":{"title":"\${title}","desc":"\${url}"},"sub_title_text":"${LEGACY}","card_action":{"type":1,"url":"\${consoleUrl}"}}}`,
  ],
  feishu: [`{"msg_type":"text","content":{"text":"${LEGACY}"}}`],
  slack: [`{"text":"${LEGACY}","blocks":[{"type":"section","text":{"type":"mrkdwn","text":"${LEGACY}"}}]}`],
  email: [LEGACY],
  webhook: [`{"a":"${LEGACY}"}`, `{"a":"${"${summary}".repeat(600)}"}`],
};

const spec = (type: ChannelType, more: Record<string, unknown> = {}): ChannelSpec => {
  const smtp = { host: "mail.example", from: "a@b.example", to: ["c@d.example"] };
  const signed = type === "dingtalk" || type === "feishu" ? { secret: "SEC-1234567" } : {};
  const where = type === "email" ? { smtp } : { url: "https://robot.example/hook", ...signed };
  return parseChannel({ type, ...where, ...more }, new EgressPolicy([]));
};

for (const type of CHANNEL_TYPES)
  for (const [i, content] of [null, ...TEMPLATES[type]].entries())
    test(`${type}, ${content ? `template ${i}` : "its own form"}: whatever is told, it fits, and names the console`, () => {
      for (let seed = 1; seed <= 20; seed++) {
        const random = randomOf(seed * 7_919);
        const digest = digestOf(random);
        const language = random(2) ? "zh" : "en";
        const publicUrl = `https://bida.example/${"p".repeat(random(2) * 900)}`;
        const channel = spec(type, {
          language,
          title: textOf(random, 30).replace(/\p{Cc}|\ud800/gu, "") || "t",
          content,
        });
        for (const bare of [false, true]) {
          const { body } = messageTask(channel, digest, publicUrl, "+08:00", bare);
          const sent = addressed(channel, body ?? "", epochMs(1_700_000_900_000)).body;
          const over = sizesOf(type, sent).filter(({ size, max }) => size > max);
          assert.equal(over, [], `seed ${seed}`);
          assert.ok(Buffer.from(sent).toString() === sent, `seed ${seed}: not well-formed`);
          if (!content || content.includes("consoleUrl"))
            assert.ok(sent.includes(publicUrl), `seed ${seed}: no link`);
          JSON.parse(sent);
        }
      }
    });

const render = ({ label, value }: { label: string; value: string }) => `${label}: ${value}`;
const LINES = [
  { label: "Task", value: "1" },
  { label: "URL", value: "u".repeat(500) },
  { label: "Calls", value: "3" },
  { label: "Error", value: "错".repeat(100) },
];
const left = (n: number) => `… ${n} left out`;
const ROOMS: [room: number, texts: string[]][] = [
  [10_000, LINES.map(render)],
  // Whole lines first, the long one cut where there is room for a part that says something.
  [450, ["Task: 1", `URL: ${"u".repeat(96)}…`, "Calls: 3", render(LINES[3] as (typeof LINES)[0])]],
  [120, ["Task: 1", `URL: ${"u".repeat(73)}…`, "Calls: 3", "… 1 left out"]],
  [40, ["Task: 1", "Calls: 3", "… 2 left out"]],
  [5, []],
];
for (const [room, texts] of ROOMS)
  test(`lines within ${room} bytes`, () => {
    const got = fitLines(LINES, render, room, left);
    // How long the part of the long one is does not matter, as long as all fits.
    const shown = (all: string[]) => all.map((text) => text.replace(/u+…/, "u…"));
    assert.equal(shown(got), shown(texts));
    assert.ok(Buffer.byteLength(got.join("\n")) <= room, got.join("\n"));
  });

test("lists: whole entries first, and how many there are in all", () => {
  const more = (n: number) => `${n} in all`;
  const list = (room: number, count: number) => fitList(["aaaa", "bbbb", "cccc"], ", ", room, count, more);
  assert.is(list(99, 3), "aaaa, bbbb, cccc");
  assert.is(list(99, 9), "aaaa, bbbb, cccc, 9 in all");
  assert.is(list(20, 9), "aaaa, bbbb, 9 in all");
  assert.is(list(14, 3), "aaaa, 3 in all");
  assert.is(list(13, 3), "…, 3 in all");
  assert.is(fitList(["\u{1F600}\u{1F600}"], ", ", 7, 1, more), "\u{1F600}…");
});

const FIXED: [type: ChannelType, content: string, rule: RegExp][] = [
  [
    "wecom",
    `{"msgtype":"text","text":{"content":"${"错".repeat(683)}\${url}"}}`,
    /has 2049 bytes of text\.content .* takes 2048/,
  ],
  ["wecom", '{"text":{"content":"${url}"}}', /must have a member "msgtype"/],
  ["dingtalk", '["${url}"]', /must be a JSON object/],
  ["slack", '{"x":"${url}"}', /"text" or "blocks" or "attachments"/],
  ["feishu", '{"content":{"text":"${url}"}}', /"msg_type"/],
];
for (const [type, content, rule] of FIXED)
  test(`refused: a template that ${type} would refuse at every call: ${rule.source}`, async () => {
    const { errors } = await refusal(() => spec(type, { content }));
    assert.is(errors[0]?.field, "content");
    assert.match(errors[0]?.message ?? "", rule);
  });

test("a card of WeCom's is counted as a whole", () => {
  const card = { card_type: "text_notice", main_title: { title: "错" } };
  const body = JSON.stringify({ msgtype: "template_card", template_card: card });
  const size = Buffer.byteLength(JSON.stringify(card));
  assert.equal(sizesOf("wecom", body), [{ part: "template_card", size, max: 4_096, unit: "bytes" }]);
});

const KEYWORDS: [type: ChannelType, content: string | null, title: string | null, lacks: boolean][] = [
  ["dingtalk", '{"text":{"content":"${url}"}}', "值班", true],
  ["feishu", '{"text":{"content":"${url}"}}', "值班", true],
  ["dingtalk", '{"text":{"content":"${title} ${url}"}}', "值班", false],
  ["dingtalk", '{"text":{"content":"[值班] ${url}"}}', "值班", false],
  ["dingtalk", '{"text":{"content":"${url}"}}', null, false],
  ["dingtalk", null, "值班", false],
  ["email", "${url}", "值班", false],
  ["webhook", '{"a":"${url}"}', "值班", false],
];
for (const [type, content, title, lacks] of KEYWORDS)
  test(`${type} ${content} with ${title}: ${lacks ? "no message has the keyword" : "nothing is lacking"}`, () => {
    assert.is(lacksKeyword({ type, content, title }), lacks);
  });

test("a short message says what was refused, and repeats nothing of strangers", () => {
  const random = randomOf(42);
  const alarm = {
    ...alarmOf(random),
    kind: "exhausted" as const,
    taskId: newTaskId(),
    sourceAppName: "EVIL",
  };
  alarm.facts = { ...alarm.facts, url: "https://EVIL.example", lastError: "EVIL", targetAppName: "EVIL" };
  const digest: Digest = {
    count: 3,
    first: [alarm],
    kinds: [["exhausted", 3]],
    apps: [["EVIL", 3]],
    destinations: [],
    errors: [],
  };
  for (const language of ["zh", "en"] as const) {
    const look = {
      ...spec("dingtalk", { language }),
      content: '{"msgtype":"text","text":{"content":"${url}"}}',
    };
    const { body } = bodyOf(look, digest, "https://bida.example", undefined, true);
    assert.not.match(body, "EVIL");
    assert.match(body, alarm.taskId);
    assert.match(body, language === "zh" ? "平台拒绝了完整内容" : "The platform refused");
  }
});

test.run();
