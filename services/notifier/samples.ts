/** Alarms as real ones look, for the test button and for previews. */
import type { Alarm } from "../../core/alarm/alarm.ts";
import { bodyOf, type Look } from "../../core/alarm/message.ts";
import type { Digest } from "../../core/alarm/notice.ts";
import { sizesOf } from "../../core/alarm/sizes.ts";
import { lacksKeyword } from "../../core/alarm/template.ts";
import { type EpochMs, epochMs, minutes } from "../../core/clock.ts";
import type { WebhookPreview } from "../../core/contract.ts";
import { newTaskId } from "../../core/ids.ts";
import type { Zone } from "../../core/wall-clock.ts";

/** The longest that a task may have, in characters. */
const LONGEST_URL = 2_048;

/** One alarm. */
export function sample(now: EpochMs): Digest {
  const first = [alarmOf(now, "https://target.example/this-is-a-test")];
  return { count: 1, first, kinds: [["exhausted", 1]], apps: [], destinations: [], errors: [] };
}

/** How messages look where URLs are as long as they may be: one alarm's, and one of many. */
export function previewOf(look: Look, consoleUrl: string, now: EpochMs, zone?: Zone): WebhookPreview {
  const url = "https://target.example/orders?callback=".padEnd(LONGEST_URL, "0123456789abcdef");
  const count = 128;
  const many: Digest = {
    count,
    first: Array.from({ length: 5 }, (_, i) => alarmOf(now, `${url.slice(0, -1)}${i}`)),
    kinds: [["exhausted", count]],
    apps: [["bida", count]],
    destinations: [["https://target.example", count]],
    errors: [["bad_status", count]],
  };
  const shown = (digest: Digest) => {
    const { body, shortened } = bodyOf(look, digest, consoleUrl, zone);
    return { body, bytes: Buffer.byteLength(body), sizes: sizesOf(look.type, body), shortened };
  };
  return {
    single: shown({ ...many, count: 1, first: many.first.slice(0, 1), kinds: [["exhausted", 1]] }),
    digest: shown(many),
    warnings: lacksKeyword(look) ? ["keyword"] : [],
  };
}

function alarmOf(now: EpochMs, url: string): Alarm {
  return {
    id: 0,
    kind: "exhausted",
    taskId: newTaskId(),
    sourceAppName: "bida",
    destination: "https://target.example",
    errorCode: "bad_status",
    facts: {
      url,
      targetAppName: "test 测试",
      createTime: epochMs(now - minutes(30)),
      lastModifiedDate: now,
      callCount: 3,
      limitCallCount: 3,
      lastError: "bad_status: status 500, expected 2xx",
      statusCode: 500,
    },
    createdAt: now,
  };
}
