import type { Logger } from "moleculer";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Shortage } from "../../services/dispatcher/shortage.ts";

const test = suite("shortage");

test("one line when it begins, none for each call, one when it is over; then it can begin again", async () => {
  const lines: [level: string, msg: string, calls: unknown][] = [];
  let over = Promise.withResolvers<void>();
  const say = (level: string) => (fields: Record<string, unknown>, msg: string) => {
    lines.push([level, msg, fields.calls]);
    if (level === "info") over.resolve();
  };
  const log = { warn: say("warn"), info: say("info") } as unknown as Logger;
  const shortage = new Shortage(log, "sockets", 50);
  // Its own timer keeps no process alive.
  const alive = setInterval(() => undefined, 1_000);
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 100; i++) shortage.notice("EMFILE");
    await over.promise;
    over = Promise.withResolvers();
  }
  clearInterval(alive);
  const text = "this machine has no room for more connections";
  const round = [
    ["warn", text, 1],
    ["info", `no longer: ${text}`, 100],
  ];
  assert.equal(lines, [...round, ...round]);
});

test.run();
