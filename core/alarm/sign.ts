/**
 * Robots' signatures. They are good for an hour at most, so they are made right before each call, not when the alarm
 * is written.
 */
import { createHmac } from "node:crypto";
import type { EpochMs } from "../clock.ts";
import { readObject } from "../json/text.ts";

/**
 * DingTalk: HMAC-SHA256 of `timestamp\nsecret` with the secret, base64, in the query; the timestamp is in ms
 * (open.dingtalk.com, "Customize robot security settings").
 */
export function signedDingtalkUrl(url: string, secret: string, now: EpochMs): string {
  const sign = createHmac("sha256", secret).update(`${now}\n${secret}`).digest("base64");
  const signed = new URL(url);
  signed.searchParams.set("timestamp", String(now));
  signed.searchParams.set("sign", sign);
  return signed.href;
}

/**
 * Feishu: HMAC-SHA256 of nothing with `timestamp\nsecret` as the key, base64, beside the message in the body; the
 * timestamp is in s (open.feishu.cn, "Custom bot guide").
 */
export function signedFeishuBody(body: string, secret: string, now: EpochMs): string {
  const timestamp = String(Math.floor(now / 1000));
  const sign = createHmac("sha256", `${timestamp}\n${secret}`).digest("base64");
  // The message's own members count, and stay as they were written.
  const members = new Map([
    ["timestamp", JSON.stringify(timestamp)],
    ["sign", JSON.stringify(sign)],
    ...(readObject(body, { duplicates: "last" }) ?? []),
  ]);
  return `{${Array.from(members, ([name, json]) => `${JSON.stringify(name)}:${json}`).join()}}`;
}
