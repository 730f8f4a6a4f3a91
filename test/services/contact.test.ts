import type { Logger, ServiceBroker } from "moleculer";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { registry } from "../../core/metrics.ts";
import { Contact } from "../../services/node/contact.ts";
import { contribute, contributedInfo, sampleAll } from "../../services/node/node-status.ts";

const test = suite("contact and status of a node");

type Line = [level: string, fields: Record<string, unknown>, text: string];

function logger(): { log: Logger; lines: Line[] } {
  const lines: Line[] = [];
  const at = (level: string) => (fields: Record<string, unknown>, text: string) =>
    lines.push([level, fields, text]);
  return { log: { error: at("error"), warn: at("warn"), info: at("info") } as unknown as Logger, lines };
}

const newBroker = () => ({}) as ServiceBroker;

async function value(name: string): Promise<number | undefined> {
  const metric = (await registry.getMetricsAsJSON()).find((one) => one.name === name);
  return metric?.values.find(({ labels }) => labels.part === "redis")?.value;
}

test("a loss is told once, and its end with how long it took", async () => {
  const broker = newBroker();
  const { log, lines } = logger();
  const lossesBefore = (await value("bida_contact_losses_total")) ?? 0;
  const contact = new Contact({
    broker,
    log,
    part: "redis",
    lost: "lost it",
    back: "it is back",
    meanwhile: "we wait",
  });
  assert.is(await value("bida_contact"), 1);
  contact.works();
  assert.equal(lines, [], "what works is not news");

  contact.failed(new Error("ECONNREFUSED"));
  contact.failed(new Error("again"));
  assert.is(lines.length, 1);
  const [level, fields, text] = lines[0] as Line;
  assert.equal([level, text], ["error", "lost it"]);
  assert.equal([fields.part, fields.err, fields.meanwhile], ["redis", "ECONNREFUSED", "we wait"]);
  assert.ok(Math.abs(Date.parse(String(fields.since)) - Date.now()) < 10_000);
  await sampleAll(broker);
  assert.is(await value("bida_contact"), 0);
  assert.ok(((await value("bida_contact_lost_seconds")) ?? 0) > 0);

  contact.works({ kept: 3 });
  contact.works();
  assert.is(lines.length, 2);
  const [, back, backText] = lines[1] as Line;
  assert.is(backText, "it is back");
  assert.equal([back.since, back.kept], [fields.since, 3]);
  assert.type(back.afterMs, "number");
  await sampleAll(broker);
  assert.is(await value("bida_contact"), 1);
  assert.is(await value("bida_contact_lost_seconds"), 0);
  assert.is((await value("bida_contact_losses_total")) ?? 0, lossesBefore + 1);
});

test("parts contribute to what a node says of itself; nobody knows the others", () => {
  const broker = newBroker();
  assert.equal(contributedInfo(broker), {});
  contribute(broker, { info: () => ({ threads: 2, inFlight: 5 }) });
  contribute(broker, { sample: () => undefined });
  contribute(broker, { info: () => ({ held: 7 }) });
  assert.equal(contributedInfo(broker), { threads: 2, inFlight: 5, held: 7 });
});

test("a part that fails or hangs holds up no scrape, and the others are sampled", async () => {
  const broker = newBroker();
  let sampled = 0;
  contribute(broker, {
    sample() {
      throw new Error("at once");
    },
  });
  contribute(broker, { sample: () => Promise.reject(new Error("later")) });
  contribute(broker, { sample: () => new Promise(() => undefined) });
  contribute(broker, {
    sample() {
      sampled += 1;
    },
  });
  await sampleAll(broker);
  assert.is(sampled, 1);
});

test.run();
