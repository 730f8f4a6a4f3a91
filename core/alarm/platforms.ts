/**
 * What each platform takes for a message and what it answers, by its own documents: open.dingtalk.com (custom robot),
 * developer.work.weixin.qq.com (group robot), open.feishu.cn (custom bot), api.slack.com (incoming webhooks).
 *
 * Names and errors come from strangers: they must not make links, mentions or markup of their own.
 */
import { cutToBytes } from "../cut-text.ts";
import type { ExpectationSpec } from "../expect.ts";
import type { JsonText } from "../json/text.ts";
import type { ChannelType } from "../schema/webhooks.ts";
import type { Notice } from "./notice.ts";

export interface Platform {
  /** The host that its robots live on. */
  host: RegExp | null;
  /** Proof that the message was taken. An HTTP 200 is none: robots answer it to refusals too. */
  expect: ExpectationSpec | null;
  /** The body of the default message. */
  body(notice: Notice): string;
}

/** In bytes of UTF-8, below what each platform takes for the text alone. */
const MAX_DINGTALK = 18_000;
const MAX_WECOM = 4_000;
const MAX_FEISHU = 18_000;
/** Slack counts characters: 3,000 a section, 150 a header. */
const MAX_SLACK = 2_900;
const MAX_SLACK_TITLE = 150;

/** Full-width forms look alike and mean nothing to a markdown renderer. */
const WIDE: Record<string, string> = {
  "<": "＜",
  ">": "＞",
  "[": "［",
  "]": "］",
  "*": "＊",
  _: "＿",
  "`": "｀",
  "#": "＃",
  "~": "～",
  "|": "｜",
};

/** An underscore inside a word is none: `bad_status`. */
const MARKUP = /[<>[\]*`#~|]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g;

const isUrl = (value: string): boolean => /^https?:\/\/\S+$/.test(value);

/** In URLs the same characters have percent forms, except those that every URL may hold. */
const inMarkdown = (value: string): string =>
  isUrl(value)
    ? value.replace(/[<>[\]*`|~()]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
    : value.replace(MARKUP, (char) => WIDE[char] ?? char);

const inSlack = (value: string): string =>
  value
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/>/g, "&gt;")
    .replace(/[*~`]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g, (char) => WIDE[char] ?? char);

function markdown({ lines, link }: Notice, maxBytes: number, newline: string): string {
  const text = lines.map(({ label, value }) => `**${label}**: ${inMarkdown(value)}`);
  const end = `[${link}](${link})`;
  return [cutToBytes(text.join(newline), maxBytes - Buffer.byteLength(end) - 10, "…"), end].join(newline);
}

const errcode: ExpectationSpec = { json: { "$.errcode": "0" as JsonText } };

export const PLATFORMS: Record<ChannelType, Platform> = {
  dingtalk: {
    host: /^oapi\.dingtalk\.com$/,
    expect: errcode,
    body: (notice) =>
      JSON.stringify({
        msgtype: "markdown",
        markdown: {
          title: notice.title,
          text: `#### ${inMarkdown(notice.title)}\n\n${markdown(notice, MAX_DINGTALK, "\n\n")}`,
        },
      }),
  },
  wecom: {
    host: /^qyapi\.weixin\.qq\.com$/,
    expect: errcode,
    body: (notice) => {
      const title = `### ${inMarkdown(notice.title)}\n`;
      return JSON.stringify({
        msgtype: "markdown",
        markdown: { content: title + markdown(notice, MAX_WECOM - Buffer.byteLength(title), "\n") },
      });
    },
  },
  feishu: {
    host: /^open\.(feishu\.cn|larksuite\.com)$/,
    // Older robots say StatusCode, newer ones code.
    expect: { json: { "$['code','StatusCode']": "0" as JsonText } },
    body: (notice) =>
      JSON.stringify({
        msg_type: "interactive",
        card: {
          config: { wide_screen_mode: true },
          header: { template: "red", title: { tag: "plain_text", content: notice.title } },
          elements: [{ tag: "markdown", content: markdown(notice, MAX_FEISHU, "\n") }],
        },
      }),
  },
  slack: {
    host: /^hooks\.slack(-gov)?\.com$/,
    expect: { equals: "ok" },
    body: ({ title, lines, link }) => {
      const all = lines.map(({ label, value }) => `*${label}*: ${inSlack(value)}`).join("\n");
      const text = all.length > MAX_SLACK ? `${all.slice(0, MAX_SLACK)}…`.toWellFormed() : all;
      return JSON.stringify({
        text: inSlack(title),
        blocks: [
          {
            type: "header",
            text: { type: "plain_text", text: title.slice(0, MAX_SLACK_TITLE).toWellFormed() },
          },
          ...(text === "" ? [] : [{ type: "section", text: { type: "mrkdwn", text } }]),
          { type: "section", text: { type: "mrkdwn", text: `<${inSlack(link)}>` } },
        ],
      });
    },
  },
  email: {
    host: null,
    expect: null,
    body: ({ title, lines, link }) =>
      JSON.stringify({
        subject: title,
        text: `${[...lines.map(({ label, value }) => `${label}: ${value}`), "", link].join("\n")}\n`,
      }),
  },
  webhook: {
    host: null,
    expect: null,
    body: ({ title, link, values }) => JSON.stringify({ ...values, title, consoleUrl: link }),
  },
};

/** The platform whose robot a URL is of; `webhook` where it is nobody's. */
export function platformOfUrl(url: string): ChannelType {
  const host = URL.parse(url)?.hostname ?? "";
  const found = Object.entries(PLATFORMS).find(([, platform]) => platform.host?.test(host));
  return (found?.[0] as ChannelType | undefined) ?? "webhook";
}
