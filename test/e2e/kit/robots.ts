/** Chat platforms as their documents describe them: they check what they get, and answer in their own ways. */
import { createHmac } from "node:crypto";
import type { Answer, Call, LiveAnswer, PlainAnswer } from "./receiver.ts";

export type RobotType = "dingtalk" | "wecom" | "feishu" | "slack";
export type Trouble = "wrong code" | "500" | "slow" | "rate-limited" | "not JSON";

export const SECRET = "SECabcdef0123456789";

export interface Robot {
  /** Checks signature and form, and takes the message. */
  right: LiveAnswer;
  troubles: Record<Trouble, Answer>;
  /** The text that people see. */
  textOf(call: Call): string;
}

const json = (body: unknown, status = 200): PlainAnswer => ({
  status,
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});
const plain = (status: number, body: string, headers = {}): PlainAnswer => ({ status, headers, body });

/** Never answers. */
const silence: LiveAnswer = () => undefined;

function answering(judge: (call: Call) => PlainAnswer): LiveAnswer {
  return (res, call) => {
    let answer: PlainAnswer;
    try {
      answer = judge(call);
    } catch (error) {
      answer = plain(400, (error as Error).message);
    }
    res.writeHead(answer.status ?? 200, answer.headers ?? {}).end(answer.body);
  };
}

const hmac = (key: string, text: string) => createHmac("sha256", key).update(text).digest("base64");
const bodyOf = (call: Call) => JSON.parse(call.body.toString());
const isJson = (call: Call) => String(call.headers["content-type"]).startsWith("application/json");

/** Within the hour that both platforms allow. */
const isFresh = (ms: number) => Math.abs(Date.now() - ms) < 3_600_000;

export const ROBOTS: Record<RobotType, Robot> = {
  dingtalk: {
    right: answering((call) => {
      const query = new URL(call.path, "http://x").searchParams;
      const timestamp = query.get("timestamp") ?? "";
      const signed = hmac(SECRET, `${timestamp}\n${SECRET}`) === query.get("sign");
      if (!signed || !isFresh(Number(timestamp))) return json({ errcode: 310000, errmsg: "sign not match" });
      const { msgtype, markdown } = bodyOf(call);
      if (call.body.length > 20_000)
        return json({ errcode: 460101, errmsg: "message too long, exceed 20000 bytes" });
      const good = isJson(call) && msgtype === "markdown" && markdown.title && markdown.text;
      return json(good ? { errcode: 0, errmsg: "ok" } : { errcode: 40035, errmsg: "bad parameters" });
    }),
    troubles: {
      "wrong code": json({ errcode: 310000, errmsg: "keywords not in content" }),
      "500": plain(500, "oops"),
      slow: silence,
      "rate-limited": json({ errcode: 130101, errmsg: "send too fast, exceed 20 times per minute" }),
      "not JSON": plain(200, "<html>errcode 0</html>"),
    },
    textOf: (call) => bodyOf(call).markdown.text,
  },
  wecom: {
    right: answering((call) => {
      const { msgtype, markdown } = bodyOf(call);
      if (!isJson(call) || msgtype !== "markdown")
        return json({ errcode: 40008, errmsg: "invalid message type" });
      const fits = Buffer.byteLength(markdown.content) <= 4096;
      return json(fits ? { errcode: 0, errmsg: "ok" } : { errcode: 40058, errmsg: "exceed max length 4096" });
    }),
    troubles: {
      "wrong code": json({ errcode: 93000, errmsg: "invalid webhook url" }),
      "500": plain(502, ""),
      slow: silence,
      "rate-limited": json({ errcode: 45009, errmsg: "api freq out of limit" }),
      "not JSON": plain(200, "ok"),
    },
    textOf: (call) => bodyOf(call).markdown.content,
  },
  feishu: {
    right: answering((call) => {
      const { timestamp, sign, msg_type, card } = bodyOf(call);
      const signed = hmac(`${timestamp}\n${SECRET}`, "") === sign && isFresh(Number(timestamp) * 1000);
      if (!signed) return json({ code: 19021, msg: "sign match fail or timestamp is not within one hour" });
      const good = isJson(call) && msg_type === "interactive" && card.header.title.content;
      return json(good ? { code: 0, msg: "success", data: {} } : { code: 9499, msg: "Bad Request" });
    }),
    troubles: {
      "wrong code": json({ code: 19024, msg: "Key Words Not Found" }),
      "500": plain(500, ""),
      slow: silence,
      "rate-limited": json({ code: 11232, msg: "frequency limited psm" }),
      "not JSON": plain(200, "success"),
    },
    textOf: (call) => `${bodyOf(call).card.header.title.content}\n${bodyOf(call).card.elements[0].content}`,
  },
  slack: {
    right: answering((call) => {
      const { text, blocks } = bodyOf(call);
      const good =
        isJson(call) && typeof text === "string" && blocks.every((block: { type: string }) => block.type);
      return good ? plain(200, "ok") : plain(400, "invalid_payload");
    }),
    troubles: {
      "wrong code": plain(403, "action_prohibited"),
      "500": plain(500, "rollup_error"),
      slow: silence,
      "rate-limited": plain(429, "rate_limited", { "retry-after": "1" }),
      "not JSON": plain(200, "no_text"),
    },
    textOf: (call) => JSON.stringify(bodyOf(call).blocks),
  },
};

/** Robots that older installations still have. */
export const OLD_FEISHU = json({ Extra: null, StatusCode: 0, StatusMessage: "success" });
