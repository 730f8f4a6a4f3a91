/** Lists: filters, and paging that stands still while tasks are being added. */
import * as assert from "uvu/assert";
import { newTaskId } from "../../../core/ids.ts";
import { quick } from "../kit/world.ts";
import type { Suite } from "./suite.ts";

export function listingSuite({ test, world }: Suite): void {
  test("scenario 27: paging while rows are being added: no row twice, none missed", async () => {
    const sourceAppName = `page-${Math.random()}`;
    const url = world().receiver.url();
    const add = async (count: number) => {
      const tasks = Array.from({ length: count }, () => quick({ url, sourceAppName, delayMs: 3_600_000 }));
      const { json } = await world().batch(tasks);
      return (json.results as { taskId: string }[]).map(({ taskId }) => taskId);
    };
    const before = await add(205);
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const query = new URLSearchParams({ sourceAppName, limit: "20", ...(cursor ? { cursor } : {}) });
      const { json } = await world().api("GET", `/v1/tasks?${query}`);
      seen.push(...(json.items as { taskId: string }[]).map(({ taskId }) => taskId));
      cursor = json.nextCursor;
      await add(7);
    } while (cursor !== null);
    assert.is(new Set(seen).size, seen.length, "a row came twice");
    assert.equal(
      [...before].filter((id) => !seen.includes(id)),
      [],
      "rows were missed",
    );
  });

  test("scenario 27: filters: every one narrows, several narrow together, newest first", async () => {
    const tag = `f${Math.random().toString(36).slice(2)}`;
    const { receiver } = world();
    const from = new Date(Date.now() - 1).toISOString();
    const ok = await world().submit({
      url: `${receiver.url()}?a_b=${tag}`,
      sourceAppName: tag,
      requestParam: { text: `${tag} 100%` },
    });
    const bad = await world().submit({
      url: `${receiver.url(500)}?axb=${tag}`,
      targetAppName: tag,
      limitCallCount: 1,
      body: `raw ${tag}`,
    });
    const later = await world().submit({
      url: `${receiver.url()}?x=${tag}`,
      delayMs: 60_000,
      sourceAppName: tag,
    });
    await Promise.all([world().ended(ok), world().ended(bad)]);
    const ids = async (query: Record<string, string | string[]>) => {
      const search = new URLSearchParams();
      for (const [name, value] of Object.entries(query))
        for (const one of [value].flat()) search.append(name, one);
      const { json, text } = await world().api("GET", `/v1/tasks?${search}`);
      assert.ok(json.items, text);
      return (json.items as { taskId: string }[]).map(({ taskId }) => taskId);
    };
    assert.equal(await ids({ url: tag }), [later, bad, ok]);
    assert.equal(await ids({ url: tag, state: "succeeded" }), [ok]);
    assert.equal(await ids({ url: tag, state: ["succeeded", "pending"] }), [later, ok]);
    assert.equal(await ids({ sourceAppName: tag }), [later, ok]);
    assert.equal(await ids({ sourceAppName: `${tag} ` }), []);
    assert.equal(await ids({ sourceAppName: tag.toUpperCase() }), []);
    assert.equal(await ids({ targetAppName: tag, state: "exhausted" }), [bad]);
    assert.equal(await ids({ q: tag }), [bad, ok]);
    assert.equal(await ids({ q: `${tag} 100%` }), [ok]);
    // LIKE's own signs are text.
    assert.equal(await ids({ url: `a_b=${tag}` }), [ok]);
    assert.equal(await ids({ url: `%${tag}` }), []);
    assert.equal(await ids({ url: tag, createdFrom: from }), [later, bad, ok]);
    assert.equal(await ids({ url: tag, createdTo: from }), []);
    // Beside one in a list stand those that fit its filters, whether it does itself or not.
    const beside = async (taskId: string, query: string) => {
      const { status, json } = await world().api("GET", `/v1/tasks/${taskId}/neighbours?url=${tag}${query}`);
      return status === 200 ? [json.previous, json.next, json.complete] : status;
    };
    assert.equal(await beside(bad, ""), [later, ok, true]);
    assert.equal(await beside(bad, "&state=succeeded"), [null, ok, true]);
    assert.equal(await beside(ok, "&state=exhausted&state=pending"), [bad, null, true]);
    assert.equal(await beside(later, "&sort=due"), [null, null, true]);
    // It has no due time any more: the list begins behind it.
    assert.equal(await beside(ok, "&sort=due"), [null, later, true]);
    assert.is(await beside(newTaskId(), ""), 404);
    assert.is(await beside(ok, "&limit=3"), 400);
    await world().api("POST", `/v1/tasks/${later}/cancel`);
  });

  test("a filter with NUL is refused, naming it", async () => {
    const QUERIES: [path: string, ...names: string[]][] = [
      ["/v1/tasks", "sourceAppName", "targetAppName", "url", "q", "cursor"],
      ["/v1/tasks/export?format=jsonl", "sourceAppName", "q"],
      ["/v1/attempts", "errorCode", "destination", "cursor"],
      ["/v1/audit", "actor", "action", "target", "cursor"],
      ["/v1/destinations", "q"],
      ["/v1/users", "cursor"],
    ];
    for (const [path, ...names] of QUERIES) {
      for (const name of names) {
        const query = `${path}${path.includes("?") ? "&" : "?"}${name}=a%00b`;
        const { status, json } = await world().api("GET", query);
        assert.equal([status, json.code, json.errors?.[0]?.field], [400, "invalid_query", name], query);
      }
    }
    const { status, json } = await world().api("POST", "/v1/tasks/cancel", { filter: { q: "a\0b" } });
    assert.equal([status, json.errors[0].field], [400, "filter.q"]);
  });
}
