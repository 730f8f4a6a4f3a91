/** `expect.json`: answers are compared with what is wanted to the last digit. */
import * as assert from "uvu/assert";
import type { Suite } from "./suite.ts";

const DIGITS = "123456789012345678901234567890123456789";

/** What is answered, what is wanted, and whether that holds. */
const CASES: [answer: string, wanted: string, holds: boolean][] = [
  ['{"id":9007199254740993}', '{"$.id":9007199254740993}', true],
  ['{"id":9007199254740993}', '{"$.id":9007199254740992}', false],
  ['{"id":7088992364139642881}', '{"$.id":7088992364139642880}', false],
  ['{"id":-7088992364139642881}', '{"$.id":-7088992364139642881}', true],
  ['{"id":"7088992364139642881"}', '{"$.id":7088992364139642881}', false],
  [`{"id":${DIGITS}1}`, `{"$.id":${DIGITS}1}`, true],
  [`{"id":${DIGITS}1}`, `{"$.id":${DIGITS}2}`, false],
  ['{"v":1.5}', '{"$.v":1.50}', true],
  ['{"v":1.50}', '{"$.v":1.5}', true],
  ['{"v":1.0}', '{"$.v":1}', true],
  ['{"v":100}', '{"$.v":1E2}', true],
  ['{"v":1e-7}', '{"$.v":0.0000001}', true],
  ['{"v":0}', '{"$.v":-0}', true],
  ['{"v":-0.0}', '{"$.v":0}', true],
  ['{"v":0.1}', '{"$.v":0.10000000000000001}', false],
  ['{"v":1e400}', '{"$.v":10e399}', true],
  ['{"v":1e400}', '{"$.v":1e401}', false],
  [`{"v":${DIGITS}.50}`, `{"$.v":${DIGITS}.5}`, true],
  ['{"a":{"b":[1.0,{"c":9007199254740993}]}}', '{"$.a":{"b":[1,{"c":9007199254740993}]}}', true],
  ['{"a":{"b":[1,{"c":9007199254740993}]}}', '{"$.a":{"b":[1,{"c":9007199254740992}]}}', false],
  ['{"a":[{"id":1},{"id":9007199254740993}]}', '{"$.a[*].id":9007199254740993}', true],
  ['{"a":{"y":1,"x":2}}', '{"$.a":{"x":2,"y":1}}', true],
  ['{"__proto__":5,"a":{"__proto__":{"b":1}}}', '{"$.__proto__":5,"$.a":{"__proto__":{"b":1}}}', true],
  ["{}", '{"$.__proto__":{}}', false],
  ["{}", '{"$.constructor":null}', false],
  ['{"":{"":1.5}}', `{"$['']['']":1.50}`, true],
  ['{"s":"\\u4e0a\\u6d77\\/"}', '{"$.s":"上海/"}', true],
  ['{"a":null}', '{"$.a":null}', true],
  ["{}", '{"$.a":null}', false],
];

export function expectedJsonSuite({ test, world }: Suite): void {
  const taskOf = (answer: string, wanted: string) => {
    const url = world().receiver.url({ headers: { "content-type": "application/json" }, body: answer });
    return `{"url":"${url}","requestMethod":"POST","limitCallCount":1,"expect":{"status":[200],"json":${wanted}}}`;
  };

  test("expect.json: numbers are compared by their value, to the last digit", async () => {
    const texts = CASES.map(([answer, wanted]) => taskOf(answer, wanted));
    const { json, text } = await world().api("POST", "/v1/tasks/batch", `{"tasks":[${texts.join()}]}`);
    const wrong: string[] = [];
    for (const [i, [answer, wanted, holds]] of CASES.entries()) {
      const { taskId } = json.results[i];
      assert.ok(taskId, text);
      const { state, lastError } = await world().ended(taskId);
      const isRight = holds ? state === "succeeded" : lastError?.code === "unexpected_result";
      if (!isRight) wrong.push(`${answer} for ${wanted}: ${state}, ${lastError?.message}`);
    }
    assert.equal(wrong, []);
  });

  test("expect.json: what is wanted is shown as it was written, and so are the copies of a resend judged", async () => {
    const wanted = '{"$.id":9007199254740993,"$.v":1.50}';
    const task = taskOf('{"id":9007199254740993,"v":1.5}', wanted);
    const { json } = await world().api("POST", "/v1/tasks", task);
    assert.is((await world().ended(json.taskId)).state, "succeeded");
    const shown = await world().api("GET", `/v1/tasks/${json.taskId}`);
    assert.ok(shown.text.includes(`"json":${wanted}`), shown.text);
    const copy = await world().api("POST", `/v1/tasks/${json.taskId}/resend`, { targetAppName: "again" });
    assert.is((await world().ended(copy.json.taskId)).state, "succeeded");
    assert.ok((await world().api("GET", `/v1/tasks/${copy.json.taskId}`)).text.includes(`"json":${wanted}`));
  });
}
