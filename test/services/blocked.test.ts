import { suite } from "uvu";
import * as assert from "uvu/assert";
import { registry } from "../../core/metrics.ts";
import { BlockedCalls } from "../../services/dispatcher/blocked.ts";

const test = suite("blocked calls");

test("each is counted; of each host a line per minute, with a bounded number of addresses", async () => {
  const lines: Record<string, unknown>[] = [];
  let now = 0;
  const calls = new BlockedCalls({ warn: (fields: object) => lines.push({ ...fields }) } as never, () => now);
  registry.resetMetrics();
  const addresses = Array.from({ length: 100 }, (_, i) => `10.0.0.${i}`);
  for (const [at, host] of [
    [0, "a"],
    [1, "a"],
    [2, "b"],
    [59_999, "a"],
    [60_000, "a"],
    [60_001, "b"],
    [60_002, "b"],
  ] as [number, string][]) {
    now = at;
    calls.notice({ host, addresses, rule: "private" });
  }
  assert.equal(
    lines.map(({ host }) => host),
    ["a", "b", "a", "b"],
  );
  const [first = {}] = lines;
  assert.equal(first.addresses, addresses.slice(0, 8));
  const { values = [] } = (await registry.getSingleMetric("bida_egress_blocked_total")?.get()) ?? {};
  assert.is(values.find(({ labels }) => labels.rule === "private")?.value, 7);
});

test("any number of hosts costs a bounded memory: the one that was told first is told again", () => {
  let lines = 0;
  const calls = new BlockedCalls({ warn: () => lines++ } as never, () => 0);
  const notice = (i: number) => calls.notice({ host: `h${i}`, addresses: [], rule: "own" });
  for (let i = 0; i < 1_001; i++) notice(i);
  assert.is(lines, 1_001);
  notice(1_000);
  assert.is(lines, 1_001);
  notice(0);
  assert.is(lines, 1_002);
});

test.run();
