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
import { fitLines, type Line } from "./fit.ts";
import type { Notice } from "./notice.ts";

export interface Platform {
  /** The host that its robots live on. */
  host: RegExp | null;
  /** Proof that the message was taken. An HTTP 200 is none: robots answer it to refusals too. */
  expect: ExpectationSpec | null;
  /** The body of the default message, with `room` bytes for its lines; what it takes in all is counted in `sizes.ts`. */
  body(notice: Notice, room: number): string;
}

/** Slack counts characters, of which none takes less than a byte. */
const MAX_SLACK_TITLE = 150;
const MAX_SUBJECT = 200;

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

/** @param newline of this platform's markdown; each takes two bytes at most more than is counted for it */
function markdown({ lines, link, words }: Notice, room: number, newline: string): string {
  const render = ({ label, value }: Line) => `**${label}**: ${inMarkdown(value)}`;
  return [...fitLines(lines, render, room, words.leftOut), `[${words.open}](${inMarkdown(link)})`].join(
    newline,
  );
}

/**
 * Refusals of a message for what it says or how long it is, by the codes that the documents list and that were seen: another
 * call of the same message ends alike. What is wrong with the robot (keyword, signature, address, rate) is not among them: it is
 * put right while the message is retried.
 */
const refusals = (members: string[], codes: number[]): Pick<ExpectationSpec, "refusals"> => ({
  refusals: { members, codes },
});

const errcode: ExpectationSpec = { json: { "$.errcode": "0" as JsonText } };

export const PLATFORMS: Record<ChannelType, Platform> = {
  dingtalk: {
    host: /^oapi\.dingtalk\.com$/,
    // Too long; bad parameters; links, words and pictures that DingTalk forbids.
    expect: { ...errcode, ...refusals(["errcode"], [460101, 101002, 40035, 430101, 430102, 430103, 430104]) },
    body: (notice, room) =>
      JSON.stringify({
        msgtype: "markdown",
        markdown: {
          title: notice.title,
          text: `#### ${inMarkdown(notice.title)}\n\n${markdown(notice, room, "\n\n")}`,
        },
      }),
  },
  wecom: {
    host: /^qyapi\.weixin\.qq\.com$/,
    // Invalid parameter, a text that is too long among them; the same by its own codes; empty.
    expect: { ...errcode, ...refusals(["errcode"], [40058, 45002, 44004]) },
    body: (notice, room) =>
      JSON.stringify({
        msgtype: "markdown",
        markdown: { content: `### ${inMarkdown(notice.title)}\n${markdown(notice, room, "\n")}` },
      }),
  },
  feishu: {
    host: /^open\.(feishu\.cn|larksuite\.com)$/,
    // Older robots say StatusCode, newer ones code.
    expect: {
      json: { "$['code','StatusCode']": "0" as JsonText },
      // Bad request, a body that is too long among them; wrong parameters; a card that cannot be shown; too long.
      ...refusals(["code", "StatusCode"], [9499, 19002, 11246, 230025, 230099]),
    },
    body: (notice, room) =>
      JSON.stringify({
        msg_type: "interactive",
        card: {
          config: { wide_screen_mode: true },
          header: {
            template: notice.calm ? "green" : "red",
            title: { tag: "plain_text", content: notice.title },
          },
          elements: [{ tag: "markdown", content: markdown(notice, room, "\n") }],
        },
      }),
  },
  slack: {
    host: /^hooks\.slack(-gov)?\.com$/,
    // A payload that it cannot read, or that is too long.
    expect: { equals: "ok", stop: [400, 410, 413] },
    body: ({ title, lines, link, words }, room) => {
      const render = ({ label, value }: Line) => `*${label}*: ${inSlack(value)}`;
      const text = fitLines(lines, render, room, words.leftOut).join("\n");
      return JSON.stringify({
        text: inSlack(title),
        blocks: [
          { type: "header", text: { type: "plain_text", text: cutToBytes(title, MAX_SLACK_TITLE, "…") } },
          ...(text === "" ? [] : [{ type: "section", text: { type: "mrkdwn", text } }]),
          { type: "section", text: { type: "mrkdwn", text: `<${inSlack(link)}|${words.open}>` } },
        ],
      });
    },
  },
  email: {
    host: null,
    // Larger than the server takes; refused for what it says.
    expect: { stop: [552, 554] },
    body: ({ title, lines, link, words }, room) => {
      const render = ({ label, value }: Line) => `${label}: ${value}`;
      const text = fitLines(lines, render, room, words.leftOut);
      return JSON.stringify({
        subject: cutToBytes(title, MAX_SUBJECT, "…"),
        text: `${[...text, "", link].join("\n")}\n`,
      });
    },
  },
  webhook: {
    host: null,
    expect: { stop: [410, 413] },
    body: ({ link, values }, room) => JSON.stringify({ ...values(room), consoleUrl: link }),
  },
};

/** The platform whose robot a URL is of; `webhook` where it is nobody's. */
export function platformOfUrl(url: string): ChannelType {
  const host = URL.parse(url)?.hostname ?? "";
  const found = Object.entries(PLATFORMS).find(([, platform]) => platform.host?.test(host));
  return (found?.[0] as ChannelType | undefined) ?? "webhook";
}
