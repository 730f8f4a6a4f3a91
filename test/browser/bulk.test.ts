/** Many tasks at once, as an operator repairs them after an outage: counted first, then done; and copies, replays, exports. @takes 20 s */
import { readFile } from "node:fs/promises";
import * as assert from "uvu/assert";
import type { JobView } from "../../core/bulk.ts";
import { Receiver } from "../e2e/kit/receiver.ts";
import { until } from "../e2e/kit/until.ts";
import type { World } from "../e2e/kit/world.ts";
import { axe } from "./kit/console.ts";
import { consoleSuite } from "./kit/suite.ts";

const test = consoleSuite("browser: bulk");

/** Hands over `n` tasks alike; returns their ids. */
async function submitMany(world: World, n: number, task: Record<string, unknown>): Promise<string[]> {
  const ids: string[] = [];
  while (ids.length < n) {
    const tasks = Array.from({ length: Math.min(1000, n - ids.length) }, () => ({
      requestMethod: "POST",
      limitCallCount: 1,
      ...task,
    }));
    const { status, text, json } = await world.api("POST", "/v1/tasks/batch", { tasks });
    assert.is(status, 202, text);
    ids.push(...(json.results as { taskId: string }[]).map(({ taskId }) => taskId));
  }
  return ids;
}

/** How many tasks a filter finds, by the API. */
async function matching(world: World, filter: Record<string, unknown>): Promise<number> {
  const { json } = await world.api("POST", "/v1/tasks/retry", { filter, dryRun: true });
  return json.matched;
}

async function exhausted(world: World, n: number, url: string): Promise<void> {
  const all = async () => (await matching(world, { state: ["exhausted"], url })) === n;
  await until(`${n} exhausted tasks`, all, 60_000);
}

test("500 exhausted tasks are counted, retried at once, and seen to succeed", async ({ world, enter }) => {
  const url = world.receiver.url(500);
  await submitMany(world, 500, { url });
  await exhausted(world, 500, url);
  world.receiver.answer(new URL(url).pathname, 200);

  const { page, complaints } = await enter(`/tasks?url=${encodeURIComponent(url)}`);
  await page.locator("tr[data-task]").first().waitFor();
  await page.getByRole("button", { name: "More", exact: true }).click();
  await page.getByRole("menuitem", { name: "Retry…" }).click();
  const dialog = page.getByRole("dialog");
  // What is meant stands there, also what the filter did not say: only exhausted ones.
  await dialog.getByText(url).waitFor();
  await dialog.getByText("Exhausted", { exact: true }).waitFor();
  await dialog.getByTestId("matched").getByText("500").waitFor();
  assert.equal(await axe(page), []);
  await dialog.getByLabel("Note").fill("stock is back");
  await dialog.getByRole("button", { name: "Retry 500" }).click();
  await page.getByText("500 tasks are called now").waitFor();
  await dialog.waitFor({ state: "detached" });
  // The list follows by itself, until nothing but success is shown.
  await page.waitForFunction(() => {
    const states = [...document.querySelectorAll("tr[data-task] [data-state]")];
    return states.length > 0 && states.every((one) => one.getAttribute("data-state") === "succeeded");
  });
  await until(
    "500 tasks to succeed",
    async () => (await matching(world, { state: ["succeeded"], url })) === 500,
    60_000,
  );
  assert.equal(complaints, []);
});

test("more than a thousand become a job, whose progress is seen on every page, and which can be stopped", async ({
  world,
  enter,
}) => {
  const url = world.receiver.url();
  await submitMany(world, 4000, { url, delayMs: 3_600_000 });
  const { page, complaints } = await enter(`/tasks?url=${encodeURIComponent(url)}`);
  // All that is shown is selected: then everything that matches can be meant.
  await page.getByLabel("Select all on this page").check();
  await page.getByRole("button", { name: "All that match the filters…" }).click();
  await page.getByRole("menuitem", { name: "Cancel…" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByTestId("matched").getByText("4,000").waitFor();
  await dialog.getByRole("button", { name: "Cancel 4,000" }).click();
  const bar = page.getByTestId("job");
  await bar.getByText("Canceling").first().waitFor();
  await page.getByRole("link", { name: "Waiting", exact: true }).click();
  // It may be quicker than we are: whichever end it comes to, the page says the same as the server.
  await bar
    .locator("summary")
    .click({ timeout: 1_000 })
    .catch(() => undefined);
  await bar
    .getByRole("button", { name: "Stop" })
    .click({ timeout: 1_000 })
    .then(() => dialog.getByRole("button", { name: "Stop" }).click())
    .catch(() => undefined);
  const job = await until(
    "the job to end",
    async () => {
      const { items } = (await world.api("GET", "/v1/jobs")).json as { items: JobView[] };
      return items.find(({ state }) => state === "stopped" || state === "finished");
    },
    60_000,
  );
  const changed = job.changed.toLocaleString("en-GB");
  const said =
    job.state === "stopped" ? `Stopped: ${changed} tasks were changed` : `${changed} tasks canceled`;
  await page.getByText(said).waitFor();
  // Where it ended before it could be stopped, the hand is still at its menu, which stays for it.
  await page.mouse.move(700, 700);
  await bar.waitFor({ state: "detached" });
  assert.equal(complaints, []);
});

test("a stretch is selected with shift; what the server refuses is said in its row", async ({
  world,
  enter,
}) => {
  const url = world.receiver.url(500);
  const ids = await submitMany(world, 5, { url });
  await exhausted(world, 5, url);
  const { page, complaints } = await enter(`/tasks?url=${encodeURIComponent(url)}`);
  const boxes = page.locator("tbody input[type=checkbox]");
  await boxes.nth(0).click();
  await boxes.nth(3).click({ modifiers: ["Shift"] });
  const bar = page.getByRole("toolbar");
  await bar.getByText("4 selected").waitFor();
  await boxes.nth(1).click();
  await bar.getByText("3 selected").waitFor();
  await bar.getByRole("button", { name: "Resolve" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("Mark 3 tasks as repaired?").waitFor();
  // Somebody else was quicker with one of them.
  const taken = (await page.locator("tr[data-task]").nth(2).getAttribute("data-task")) as string;
  assert.ok(ids.includes(taken));
  world.receiver.answer(new URL(url).pathname, 200);
  await world.api("POST", `/v1/tasks/${taken}/retry`);
  await world.when(taken, ({ state }) => state === "succeeded");
  await dialog.getByRole("button", { name: "Resolve" }).click();
  await page.getByText("2 tasks resolved").waitFor();
  await page
    .locator(`tr[data-task="${taken}"]`)
    .getByRole("alert")
    .getByText(/it is succeeded/i)
    .waitFor();
  assert.equal(complaints, []);
});

test("a task is edited and sent again; the two lead to each other, and what was taken away is gone", async ({
  world,
  enter,
}) => {
  const bad = world.receiver.url(400);
  const taskId = await world.submit({
    url: bad,
    requestParam: { order: 7 },
    limitCallCount: 1,
    sourceAppName: "shop",
    headers: { "x-tenant": "7" },
    expect: { stop: [404] },
    retry: { strategy: "fixed", delayMs: 50, on: [429, "5xx"] },
  });
  await world.ended(taskId);
  const { page, complaints } = await enter(`/tasks/${taskId}`);
  await page.getByRole("link", { name: "Edit and resend" }).click();
  const form = page.locator("form");
  assert.is(await form.getByLabel("URL").inputValue(), bad);
  await form.getByLabel("URL").fill(world.receiver.url());
  await form.getByLabel("Parameters", { exact: true }).fill('{"order": 8}');
  await form.getByLabel("Source app").fill("");
  await form.getByLabel("Headers").fill("");
  assert.is(await form.getByLabel("Call again after").inputValue(), "429, 5xx");
  await form.getByLabel("Call again after").fill("429, 5xx, timeout");
  await form.getByLabel("Note").fill("wrong address");
  await form.getByRole("button", { name: "Send as a new task" }).click();
  await page.waitForURL((address) => !address.pathname.includes(taskId));
  await page.locator('[data-state="succeeded"]').first().waitFor();
  const copyId = new URL(page.url()).pathname.split("/").at(-1) as string;
  const copy = await world.task(copyId);
  assert.equal(copy.requestParam, { order: 8 });
  assert.is(copy.sourceAppName, null);
  assert.is(copy.headers, null);
  assert.equal(copy.expect, { stop: [404] });
  assert.equal(copy.retry, { strategy: "fixed", delayMs: 50, on: [429, "5xx", "timeout"] });
  await page.locator("dl.facts").getByTitle(taskId).click();
  await page.waitForURL(`**/tasks/${taskId}`);
  // The audit log says it once more, of the original that its copy resolved.
  await page.getByText("wrong address", { exact: true }).waitFor();
  await page.locator("dl.facts").getByTitle(copyId).click();
  await page.waitForURL(`**/tasks/${copyId}`);
  assert.equal(complaints, []);
});

test("what a destination missed is counted and sent again", async ({ world, enter }) => {
  const far = await Receiver.start();
  try {
    const url = far.url(503);
    await submitMany(world, 12, { url });
    await exhausted(world, 12, url);
    far.answer(new URL(url).pathname, 200);
    const { page, complaints } = await enter("/destinations");
    const row = page.locator(`tr[data-origin="${far.origin}"]`);
    await row.getByRole("button", { name: /^More for/ }).click();
    await page.getByRole("menuitem", { name: "Replay missed tasks…" }).click();
    const dialog = page.getByRole("dialog");
    // Up to the end of this minute: the field has no seconds.
    await dialog.getByLabel("To").fill(
      await page.evaluate(() => {
        const later = new Date(Date.now() + 120_000 - new Date().getTimezoneOffset() * 60_000);
        return later.toISOString().slice(0, 16);
      }),
    );
    await dialog.getByTestId("matched").getByText("12").waitFor();
    assert.equal(await axe(page), []);
    await dialog.getByRole("button", { name: "Replay missed tasks" }).click();
    await page.getByText("12 tasks are sent again").waitFor();
    await until(
      "12 tasks to succeed",
      async () => (await matching(world, { state: ["succeeded"], url })) === 12,
    );
    // Pausing is one click, and can be taken back.
    await row.getByRole("button", { name: "Pause" }).click();
    // On a phone it stands elsewhere in the row.
    await row.getByText("Paused", { exact: true }).filter({ visible: true }).waitFor();
    await page.getByRole("button", { name: "Undo" }).click();
    await row.getByRole("button", { name: "Pause" }).waitFor();
    assert.equal(complaints, []);
  } finally {
    await far.stop();
  }
});

test("what the filters find is exported, as CSV and as JSON lines", async ({ world, enter }) => {
  const url = world.receiver.url();
  const ids = await submitMany(world, 3, { url, requestParam: { name: '=1+1,"上海"' } });
  for (const id of ids) await world.ended(id);
  const { page } = await enter(`/tasks?state=succeeded&url=${encodeURIComponent(url)}`);
  await page.locator("tr[data-task]").nth(2).waitFor();
  const files: Record<string, string> = {};
  for (const format of ["CSV", "JSONL"]) {
    await page.getByRole("button", { name: "More", exact: true }).click();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("menuitem", { name: format }).click(),
    ]);
    files[format] = await readFile(await download.path(), "utf8");
  }
  const lines = (files.JSONL as string)
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { taskId: string });
  assert.equal(lines.map(({ taskId }) => taskId).sort(), ids.toSorted());
  assert.is((files.CSV as string).trim().split("\r\n").length, 4);
  for (const id of ids) assert.ok(files.CSV?.includes(id));
});

test.run();
