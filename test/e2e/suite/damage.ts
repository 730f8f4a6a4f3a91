/** A damaged row among others: shown everywhere, called never, and in nobody's way. */
import * as assert from "uvu/assert";
import { until } from "../kit/until.ts";
import { quick } from "../kit/world.ts";
import type { Suite } from "./suite.ts";

const keyOf = (taskId: string): Buffer => Buffer.from(taskId.replaceAll("-", ""), "hex");

const DAMAGE: [column: string, value: unknown][] = [
  ["retry", "{"],
  ["request_param", '{"a":'],
  ["headers", "["],
  ["expect", '{"status":{}}'],
  ["state", 77],
];

export function damageSuite({ test, world }: Suite): void {
  test("rows that cannot be read are set aside, with an alarm; the others are called; nothing answers 500", async () => {
    const { receiver } = world();
    const sourceAppName = `damage-${Math.random()}`;
    const url = receiver.url();
    // Due at one moment, so damaged and sound ones are claimed together.
    const callAt = new Date(Date.now() + 4_000).toISOString();
    const task = quick({ url, sourceAppName, callAt, requestParam: { a: 1 }, expect: { status: "2xx" } });
    const { json } = await world().batch([...DAMAGE, ...DAMAGE].map(() => task));
    const ids = (json.results as { taskId: string }[]).map(({ taskId }) => taskId);
    const [bad, good] = [ids.slice(0, DAMAGE.length), ids.slice(DAMAGE.length)];
    await world().withDatabase(async ({ knex }) => {
      for (const [i, [column, value]] of DAMAGE.entries())
        await knex("tasks")
          .where("task_id", keyOf(bad[i] as string))
          .update({ [column]: value });
    });
    const query = new URLSearchParams({ sourceAppName });
    const seen = async () => {
      const list = await world().api("GET", `/v1/tasks?${query}`);
      const [first] = await Promise.all(bad.map((taskId) => world().task(taskId)));
      const exported = await Promise.all(
        ["csv", "jsonl"].map((format) => world().api("GET", `/v1/tasks/export?${query}&format=${format}`)),
      );
      assert.equal([list.status, ...exported.map(({ status }) => status)], [200, 200, 200]);
      assert.is(list.json.items.length, ids.length);
      for (const { text } of exported) for (const taskId of ids) assert.match(text, taskId);
      return first;
    };
    assert.is((await seen())?.retry, null);
    for (const taskId of good) assert.is((await world().ended(taskId)).state, "succeeded");
    for (const [i, taskId] of bad.entries()) {
      const { state, lastError, callCount } = await world().ended(taskId, 20_000);
      const message = `its row cannot be read: ${DAMAGE[i]?.[0]}`;
      assert.equal([state, lastError, callCount], ["exhausted", { code: "corrupt", message }, 0]);
      await until("the alarm", () => world().alarms(taskId) === 1);
      assert.is(receiver.calls(taskId).length, 0);
    }
    await seen();
    // Repaired and sent on its way again.
    await world().withDatabase(({ knex }) =>
      knex("tasks")
        .where("task_id", keyOf(bad[0] as string))
        .update({ retry: '{"strategy":"fixed","delayMs":100}' }),
    );
    await world().api("POST", `/v1/tasks/${bad[0]}/retry`);
    assert.is((await world().ended(bad[0] as string)).state, "succeeded");
  });
}
