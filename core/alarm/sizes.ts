/**
 * How long a message is, as its platform counts, and how long it may be. Of the platforms' documents: WeCom's group robot
 * (developer.work.weixin.qq.com/document/path/91770), DingTalk's custom robot (open.dingtalk.com, "exceed 20000 bytes"), Feishu's
 * custom bot (open.feishu.cn: 20 KB of request body), Slack's Block Kit and `chat.postMessage`.
 */
import { MAX_BODY_BYTES } from "../payload.ts";
import type { ChannelType } from "../schema/webhooks.ts";

export interface Size {
  /** Which part of the body is counted: `body`, `text.content` … */
  part: string;
  size: number;
  max: number;
  unit: "bytes" | "characters";
}

const DINGTALK_BODY = 20_000;
const WECOM_TEXT = 2_048;
const WECOM_MARKDOWN = 4_096;
/** Of a card WeCom's documents say how long texts should be, not what is refused: no robot's message may be longer than this. */
const WECOM_CARD = WECOM_MARKDOWN;
const FEISHU_BODY = 20_000;
/** Timestamp and signature are added to Feishu's body at each call, in bytes. */
const FEISHU_SIGNATURE = 100;
const SLACK_TEXT = 40_000;
const SLACK_SECTION = 3_000;
const SLACK_HEADER = 150;
const MAIL_SUBJECT = 200;
const MAIL_TEXT = 100_000;

/** @returns empty for what has no limit that is known */
export function sizesOf(type: ChannelType, body: string): Size[] {
  switch (type) {
    case "dingtalk":
      return [bytes("body", body, DINGTALK_BODY)];
    case "feishu":
      return [bytes("body", body, FEISHU_BODY)];
    case "wecom":
      return wecomSizes(objectOf(body));
    case "slack":
      return slackSizes(objectOf(body));
    case "email": {
      const { subject, text } = objectOf(body);
      return [characters("subject", subject, MAIL_SUBJECT), bytes("text", text, MAIL_TEXT)];
    }
    case "webhook":
      return [bytes("body", body, MAX_BODY_BYTES)];
  }
}

/** Whether the platform takes a message, whose signature is still to come, for its length. */
export function fits(type: ChannelType, body: string): boolean {
  const toCome = type === "feishu" ? FEISHU_SIGNATURE : 0;
  return sizesOf(type, body).every(({ size, max }) => size + toCome <= max);
}

function wecomSizes({ msgtype, text, markdown, markdown_v2: second, template_card: card }: Body): Size[] {
  if (msgtype === "template_card") return [bytes("template_card", JSON.stringify(card ?? null), WECOM_CARD)];
  if (msgtype === "text") return [bytes("text.content", member(text, "content"), WECOM_TEXT)];
  if (msgtype === "markdown") return [bytes("markdown.content", member(markdown, "content"), WECOM_MARKDOWN)];
  return msgtype === "markdown_v2"
    ? [bytes("markdown_v2.content", member(second, "content"), WECOM_MARKDOWN)]
    : [];
}

function slackSizes({ text, blocks }: Body): Size[] {
  const parts = Array.isArray(blocks) ? blocks : [];
  return [
    characters("text", text, SLACK_TEXT),
    ...parts.map((block: unknown, i) => {
      const max = member(block, "type") === "header" ? SLACK_HEADER : SLACK_SECTION;
      return characters(`blocks[${i}].text`, member(member(block, "text"), "text"), max);
    }),
  ];
}

const bytes = (part: string, value: unknown, max: number): Size => ({
  ...{ part, max, unit: "bytes" },
  size: typeof value === "string" ? Buffer.byteLength(value) : 0,
});

const characters = (part: string, value: unknown, max: number): Size => ({
  ...{ part, max, unit: "characters" },
  size: typeof value === "string" ? value.length : 0,
});

type Body = Record<string, unknown>;

/** A template of somebody's own need not make an object. */
function objectOf(body: string): Body {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" && value !== null ? (value as Body) : {};
  } catch {
    return {};
  }
}

const member = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? (value as Body)[name] : undefined;
