// kkbida's webhooks as channels: what the import hands over, the store of channels takes.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { loadConfig } from "../../core/config.ts";
import { channelSink } from "../../scripts/import-kkbida/channels.ts";
import { openSecretBox } from "../../store/secret-box.ts";
import { listWebhooks } from "../../store/webhooks.ts";
import { temporaryFolder } from "../servers/server.ts";
import { closeDatabase, freshDatabase, KINDS } from "../store/fixtures.ts";

const test = suite("kkbida's webhooks become channels");
const config = loadConfig({ BIDA_DATA_DIR: temporaryFolder("channels"), BIDA_EGRESS_ALLOW: "127.0.0.0/8" });
const request = {
  url: "https://oapi.dingtalk.com/robot/send?access_token=0123456789abcdef",
  requestMethod: "POST" as const,
  contentType: "application/json; charset=utf-8",
  memo: "运维群",
  content: '{"msgtype":"text","text":{"content":"回调异常，taskId：${taskId}，url：${url}"}}',
};

test("stored once, as the robot it is, with its own template", async () => {
  const db = await freshDatabase(KINDS[0]!);
  const sink = channelSink(config);
  assert.is(sink.problem(request), null);
  for (let i = 0; i < 2; i++) await sink.create(db, request, `kkbida:${"a".repeat(32)}`);
  const channels = await listWebhooks(db, openSecretBox(config));
  assert.equal(
    channels.map(({ spec }) => [spec.type, spec.name, spec.url, spec.content, spec.filter.kinds]),
    [["dingtalk", "运维群", request.url, request.content, ["exhausted"]]],
  );
  await closeDatabase(db);
});

test("what POST /v1/webhooks refuses is refused", async () => {
  const sink = channelSink(config);
  assert.match(sink.problem({ ...request, content: '{"a":${url}}' }) ?? "", /^content /);
  assert.match(sink.problem({ ...request, url: "http://169.254.169.254/x" }) ?? "", /^url /);
});

test.run();
