/** The alert rules and the dashboard ask for metrics and labels that exist. */
import { globSync, readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { REFUSALS } from "../../core/errors.ts";
import { registry } from "../../core/metrics.ts";
import { CALL_ERRORS } from "../../core/outcome.ts";

const test = suite("metrics");
const root = new URL("../../", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), "utf8");

/** The table in the operator's document, which the end-to-end suite compares with what is exposed. */
const documented = new Map(
  Array.from(
    read("docs/operations.md").matchAll(/^\|\s*`(bida_\w+)`\s*\|\s*(\w+)\s*\|([^|]*)\|/gm),
    ([, name = "", type = "", labels = ""]) => [
      name,
      { type, labels: (labels.match(/\w+/g) ?? []) as string[] },
    ],
  ),
);

for (const file of globSync("docs/monitoring/*", { cwd: root.pathname })) {
  test(`${file} asks for metrics and labels that exist`, () => {
    const text = read(file).replaceAll('\\"', '"');
    const asked = [...text.matchAll(/\b(bida_\w+)(?:\{([^{}]*)\})?/g)];
    assert.ok(asked.length > 10);
    for (const [, name = "", selector = ""] of asked) {
      const base = documented.has(name) ? name : name.replace(/_(bucket|sum|count)$/, "");
      const known = documented.get(base);
      assert.ok(known, `${name} does not exist`);
      if (base !== name) assert.is(known.type, "histogram", name);
      for (const [, label = ""] of selector.matchAll(/(\w+)=/g))
        assert.ok(known.labels.includes(label) || label === "node", `${name} has no label ${label}`);
    }
  });
}

test("every metric says what it is, counts in base units, and ends as its type does", () => {
  for (const metric of registry.getMetricsAsArray()) {
    const { name, help, type } = metric as unknown as { name: string; help: string; type: string };
    assert.match(name, /^bida_[a-z_]+$/);
    assert.ok(help.length > 5, name);
    assert.is(name.endsWith("_total"), type === "counter", name);
    assert.not.match(name, /_(ms|millis|kb|mb)$/);
    assert.ok(documented.has(name), `${name} is not in docs/operations.md`);
  }
});

test("the values of labels are few", () => {
  assert.ok(Object.keys(CALL_ERRORS).length < 40);
  assert.ok(Object.keys(REFUSALS).length < 40);
});

test.run();
