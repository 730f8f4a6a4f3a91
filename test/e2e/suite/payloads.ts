/** What was given is what is sent: every payload of the table through every way in, compared with the receiver's bytes. */
import * as assert from "uvu/assert";
import { Cluster } from "../kit/cluster.ts";
import { foreignBroker } from "../kit/foreign-broker.ts";
import { entriesOf, foreignEntries, isLegacy, normalOf } from "../kit/payload-entries.ts";
import { judge } from "../kit/payload-judge.ts";
import { PAYLOADS } from "../kit/payload-table.ts";
import type { World } from "../kit/world.ts";
import type { Suite } from "./suite.ts";

export function payloadSuite({ test, world }: Suite): void {
  const sourceAppName = `payloads-${Math.random()}`;

  test("payloads: there are at least 60", async () => {
    assert.ok(PAYLOADS.length >= 60);
    assert.is(new Set(PAYLOADS.map(({ name }) => name)).size, PAYLOADS.length);
    assert.ok(PAYLOADS.filter(isLegacy).length >= 60);
  });

  test("payloads: the receiver gets what was meant, through every way in", async () => {
    for (const entry of entriesOf(world(), sourceAppName)) await judge(world(), entry);
  });

  test("payloads: and from other languages on the same NATS", async () => {
    const place = world();
    if (!(place instanceof Cluster)) return;
    const broker = await foreignBroker(place.bus.url);
    try {
      for (const entry of foreignEntries(broker, place)) await judge(place, entry);
    } finally {
      await broker.stop();
    }
  });

  test("payloads: one task, lists and exports show them digit by digit", async () => {
    const shown = PAYLOADS.filter(({ param }) => param !== undefined);
    const ofApp = `sourceAppName=${sourceAppName}`;
    const pages = await pagesOf(world(), `/v1/tasks?limit=200&include=payload&${ofApp}`);
    const list = pages.join("\n");
    const [jsonl, csv] = (await Promise.all(
      ["jsonl", "csv"].map(
        async (format) => (await world().api("GET", `/v1/tasks/export?format=${format}&${ofApp}`)).text,
      ),
    )) as [string, string];
    for (const row of shown) {
      const text = normalOf(row) as string;
      assert.ok(list.includes(`"requestParam":${text},"body"`), `the list: ${row.name}`);
      assert.ok(jsonl.includes(`"requestParam":${text},"body"`), `jsonl: ${row.name}`);
      assert.ok(
        csv.includes(`"${text.replaceAll('"', '""')}"`) || csv.includes(`,${text},`),
        `csv: ${row.name}`,
      );
    }
    const items = pages.flatMap((page) => JSON.parse(page).items as { taskId: string }[]);
    const ids = items.map(({ taskId }) => taskId);
    assert.is(ids.length, PAYLOADS.length);
    const one = await Promise.all(ids.map(async (id) => (await world().api("GET", `/v1/tasks/${id}`)).text));
    for (const row of shown)
      assert.ok(
        one.some((text) => text.includes(`"requestParam":${normalOf(row)},"body"`)),
        row.name,
      );
  });
}

/** A filtered list is answered with what was found in its time, and a cursor. */
async function pagesOf(world: World, path: string): Promise<string[]> {
  const pages: string[] = [];
  for (let cursor: string | null = ""; cursor !== null; ) {
    const { text } = await world.api("GET", cursor === "" ? path : `${path}&cursor=${cursor}`);
    pages.push(text);
    cursor = JSON.parse(text).nextCursor;
  }
  return pages;
}
