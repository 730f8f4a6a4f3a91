/** What stands under a resting hand stays there: the job menu, alarm channels, the overview, jobs, and rows with an error. @takes 60 s */
import { setTimeout as pause } from "node:timers/promises";
import type { Locator, Page } from "playwright-core";
import * as assert from "uvu/assert";
import { en } from "../../ui/src/i18n/en.ts";
import { until } from "../e2e/kit/until.ts";
import { axe, picture } from "./kit/console.ts";
import { consoleSuite } from "./kit/suite.ts";

const test = consoleSuite("browser: still");

/** A hand that has not moved for so long does not move any more, as the console sees it, in ms. */
const STILL = 1_800;
const NOW = new Date().toISOString();

const place = (of: Locator) =>
  of.evaluate((one) => {
    const { left, top } = one.getBoundingClientRect();
    return [Math.round(left), Math.round(top)];
  });
async function center(of: Locator): Promise<[x: number, y: number]> {
  const { x, y, width, height } = (await of.boundingBox()) as NonNullable<
    Awaited<ReturnType<Locator["boundingBox"]>>
  >;
  return [x + width / 2, y + height / 2];
}
/** What a path answers; what `now` returns is asked for each time. */
const answers = (page: Page, path: string, now: () => object) =>
  page.route(
    (url) => url.pathname === path,
    (route) => (route.request().method() === "GET" ? route.fulfill({ json: now() }) : route.fallback()),
  );
const answered = (page: Page, path: string) =>
  page.waitForResponse((answer) => new URL(answer.url()).pathname === path);

/**
 * The page's clock runs on until these paths have answered. A second at a time: a request takes as long as the clock went on
 * meanwhile, and the page asks the less often the longer its requests take.
 */
async function runUntilAnswered(page: Page, ...paths: string[]): Promise<void> {
  let waits = true;
  const all = Promise.all(paths.map((path) => answered(page, path))).finally(() => {
    waits = false;
  });
  all.catch(() => undefined);
  while (waits) await page.clock.runFor(1_000);
  await all;
}

const jobId = (n: number) => `0199aeb6-6c00-7c3f-9d4e-5b8f0c2a1d${n}0`;
const job = (n: number, done: number) => ({
  ...{ id: jobId(n), kind: "retry", state: "running", matched: 90_000, done, changed: done },
  ...{ skipped: {}, samples: {}, filter: {}, note: null, by: { kind: "user", id: 1, name: "admin" } },
  ...{ pace: null, paused: null, schedule: null, createdAt: NOW, startedAt: NOW, finishedAt: null },
});

test("the job menu: the first job ends under the hand, and the click stops none; Stop asks, and is for its job", async ({
  enter,
}) => {
  const { page, complaints } = await enter("/settings");
  let running = [1, 2, 3];
  let done = 7;
  const stopped: string[] = [];
  await answers(page, "/v1/jobs", () => ({ items: running.map((n) => job(n, done)), nextCursor: null }));
  await page.route(/\/v1\/jobs\/./, (route) => {
    if (route.request().method() === "DELETE")
      stopped.push(new URL(route.request().url()).pathname.split("/").at(-1) ?? "");
    return route.fulfill({ json: job(2, done) });
  });
  await page.goto("/settings");
  const bar = page.getByTestId("job");
  await bar.locator("summary").click();
  const row = (n: number) => bar.locator(`li[data-job="${jobId(n)}"]`);
  const stop = (n: number) => row(n).getByRole("button");
  await stop(1).waitFor();
  const edge = (of: Locator) => of.evaluate((one) => Math.round(one.getBoundingClientRect().right));
  // What else stands in the top bar may still come.
  const [menu, summary] = [bar.locator("ul"), bar.locator("summary")];
  await until(
    "the menu to end where its button does",
    async () => (await edge(menu)) === (await edge(summary)),
  );
  const aim = await center(stop(1));
  await page.mouse.move(...aim);
  const places = async () => [await place(row(2)), await place(stop(3)), await place(bar.locator("ul"))];
  const before = await places();
  // It ends, another begins, and all figures grow.
  running = [4, 2, 3];
  done = 88_123;
  await stop(1).waitFor({ state: "detached" });
  await row(1).getByText(en["job.ended"]).waitFor();
  await row(2).getByText("88,123").waitFor();
  assert.equal(await places(), before);
  await picture(page, "job-menu");
  await page.mouse.click(...aim);
  await pause(300);
  assert.is(await page.getByRole("dialog").count(), 0);
  await stop(2).click();
  const dialog = page.getByRole("dialog", { name: en["job.stop.title"] });
  await dialog.getByText("90,000").waitFor();
  assert.equal(await axe(page), []);
  // Even all may end: it is still about the second one.
  running = [];
  await stop(3).waitFor({ state: "detached" });
  await dialog.getByRole("button", { name: en["job.stop"] }).click();
  await until("the job to be stopped", async () => stopped.length > 0);
  assert.equal(stopped, [jobId(2)]);
  // The hand is away.
  await page.mouse.move(700, 700);
  await bar.waitFor({ state: "detached" });
  assert.equal(complaints, []);
});

test("the job menu shows what began meanwhile when it is asked for, and tells why a job was not stopped", async ({
  enter,
}) => {
  const { page, complaints } = await enter("/settings");
  let running = [1];
  await answers(page, "/v1/jobs", () => ({ items: running.map((n) => job(n, 1)), nextCursor: null }));
  await page.route(/\/v1\/jobs\/./, (route) =>
    route.fulfill({ status: 503, json: { status: 503, code: "unavailable", detail: "later" } }),
  );
  await page.goto("/settings");
  const bar = page.getByTestId("job");
  await bar.locator("summary").click();
  const rows = bar.locator("li[data-job]");
  await rows.first().waitFor();
  running = [2, 1];
  await bar.getByRole("button", { name: "1 new: show" }).click();
  await rows.nth(1).waitFor();
  const before = await place(rows.nth(1));
  await rows.nth(0).getByRole("button").click();
  await page.getByRole("dialog").getByRole("button", { name: en["job.stop"] }).click();
  await page.locator(".toast.problem", { hasText: en["job.stop.failed"] }).waitFor();
  assert.equal(await place(rows.nth(1)), before);
  assert.equal(complaints, []);
});

const channel = (id: number) => ({
  ...{ id, name: `channel ${id}`, type: "webhook", state: "ok", enabled: true, memo: null },
  ...{ url: `https://robot-${id}.example/hook`, smtp: null, lastError: null, brokenSince: null },
  ...{ lastSuccessAt: null, events: [], filter: {} },
});

test("alarm channels: one is deleted meanwhile, and Test is still for the one that was aimed at; it asks, and its answer pushes nothing", async ({
  enter,
}) => {
  const { page, complaints } = await enter("/settings");
  let there = [1, 2, 3];
  const tested: string[] = [];
  await answers(page, "/v1/webhooks", () => ({ items: there.map(channel), nextCursor: null }));
  await page.route(/\/v1\/webhooks\/\d+\/test/, (route) => {
    tested.push(/\d+/.exec(new URL(route.request().url()).pathname.slice(3))?.[0] ?? "");
    const sent = { body: "{}", sizes: [] };
    const answer = { succeeded: true, statusCode: 200, errorCode: null, errorMessage: null };
    return route.fulfill({ json: { ...answer, durationMs: 12, body: "x\n".repeat(40), sent } });
  });
  await page.route(/\/v1\/webhooks\/\d+$/, (route) =>
    route.fulfill({ status: 404, json: { status: 404, code: "not_found", detail: "Not there" } }),
  );
  await page.goto("/alarms");
  const row = (id: number) => page.locator(`li[data-channel="${id}"]`);
  const button = row(2).getByRole("button", { name: `${en["channel.test"]}…` });
  await button.waitFor();
  await page.mouse.move(...(await center(button)));
  const before = await Promise.all([1, 2, 3].map((id) => place(row(id))));
  await pause(STILL);
  there = [4, 2, 3];
  await page.getByRole("button", { name: "1 new: show" }).waitFor();
  const now = () => Promise.all([1, 2, 3].map((id) => place(row(id))));
  assert.equal(await now(), before);
  await page.mouse.down();
  await page.mouse.up();
  const dialog = page.getByRole("dialog");
  await dialog.getByText(en["channel.test.title"].replace("{name}", "channel 2")).waitFor();
  assert.equal(tested, []);
  await dialog.getByRole("button", { name: en["channel.test"] }).click();
  await dialog.getByText(en["channel.test.ok"]).waitFor();
  assert.equal(tested, ["2"]);
  assert.equal(await axe(page), []);
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  assert.equal(await now(), before);
  // One that is gone says so, and pushes nothing.
  await row(1).getByRole("button", { name: en["channel.turnOff"] }).click();
  await page.locator(".toast.problem", { hasText: "channel 1" }).waitFor();
  assert.equal(await now(), before);
  // The hand is away, and the keyboard too.
  await page.mouse.move(20, 500);
  await page.evaluate(() => (document.activeElement as HTMLElement).blur());
  await row(1).waitFor({ state: "detached" });
  await row(4).waitFor();
  assert.equal(complaints, []);
});

const incident = (id: number) => ({
  ...{ id, destination: `https://partner-${id}.example`, errorCode: "timeout", statusCode: null, tasks: id },
  ...{ firstAt: NOW, lastAt: NOW, first: { taskId: "", error: "" }, last: { taskId: "", error: "" } },
  ...{ muted: false, mutedUntil: null, acknowledged: null, endedAt: null },
});

test("the overview: incidents, warnings and first steps come above no resting hand, and when it is away", async ({
  world,
  enter,
}) => {
  const url = world.receiver.url(500);
  await world.ended(await world.submit({ url, limitCallCount: 1 }));
  const { page, complaints } = await enter("/settings");
  let incidents: number[] = [];
  let enabled = true;
  await answers(page, "/v1/incidents", () => ({ items: incidents.map(incident), nextCursor: null }));
  await answers(page, "/v1/webhooks", () => ({ items: [{ ...channel(1), enabled }], nextCursor: null }));
  // A minute would be long.
  await page.clock.install();
  await page.goto("/");
  const row = page.locator("td.origin a", { hasText: world.receiver.origin });
  await row.waitFor();
  await page.getByText(en["incident.none"]).waitFor();
  await row.scrollIntoViewIfNeeded();
  await page.evaluate(() => scrollTo(0, 0));
  await page.setViewportSize({ width: 1400, height: 1800 });
  await page.mouse.move(...(await center(row)));
  const before = await place(row);
  await page.clock.runFor(STILL);
  [incidents, enabled] = [[1, 2], false];
  await runUntilAnswered(page, "/v1/incidents", "/v1/webhooks");
  await page.getByRole("button", { name: "2 new incidents: show" }).waitFor();
  assert.equal(await place(row), before);
  assert.is(await page.locator("tr[data-incident]").count(), 0);
  assert.is(await page.locator("[data-warning]").count(), 0);
  assert.equal(await axe(page), []);
  // The hand is away.
  await page.mouse.move(20, 700);
  await page.clock.runFor(STILL);
  await page.locator("tr[data-incident]").nth(1).waitFor();
  await page.locator("[data-warning]").waitFor();
  // It comes back: more of them wait, and those that end stay.
  await page.mouse.move(...(await center(row)));
  const later = await place(row);
  await page.clock.runFor(STILL);
  incidents = [3, 4, 5];
  await runUntilAnswered(page, "/v1/incidents");
  await page.getByRole("button", { name: "3 new incidents: show" }).waitFor();
  assert.equal(await place(row), later);
  await page.getByRole("button", { name: "3 new incidents: show" }).click();
  await page.locator('tr[data-incident="5"]').waitFor();
  assert.equal(complaints, []);
});

test("the overview: incidents that waited are shown where somebody asks for them", async ({ enter }) => {
  const { page, complaints } = await enter("/settings");
  let incidents: number[] = [];
  await answers(page, "/v1/incidents", () => ({ items: incidents.map(incident), nextCursor: null }));
  await page.goto("/");
  await page.getByText(en["incident.none"]).waitFor();
  await page.mouse.move(700, 500);
  incidents = [1];
  await page.getByRole("button", { name: "1 new incident: show" }).click();
  await page.locator('tr[data-incident="1"]').waitFor();
  assert.equal(complaints, []);
});

test("/jobs: its rows stay under a hand", async ({ enter }) => {
  const { page, complaints } = await enter("/settings");
  let turn = 10;
  await answers(page, "/v1/jobs", () => ({
    items: [turn++, 1, 2, 3].map((n) => ({ ...job(1, 5), id: jobId(n), state: "finished" })),
    nextCursor: null,
  }));
  await page.goto("/jobs");
  const row = page.locator(`tr[data-job="${jobId(2)}"]`);
  await row.waitFor();
  await page.mouse.move(...(await center(row)));
  const before = await place(row);
  await pause(STILL);
  await page.locator("button.fresh", { hasText: "new" }).waitFor();
  assert.equal(await place(row), before);
  await page.mouse.down();
  await page.mouse.up();
  await page.waitForURL(`**/jobs/${jobId(2)}`);
  assert.equal(complaints, []);
});

test("what goes wrong in a row of apps, users and mutes is told beside the list: no row moves", async ({
  world,
  enter,
}) => {
  for (const name of ["one", "two"]) await world.api("POST", "/v1/apps", { name, ipAllow: [] });
  for (const username of ["ann", "bob"])
    await world.api("POST", "/v1/users", { username, password: "long enough for anybody", role: "viewer" });
  for (const errorCode of ["timeout", "refused"])
    await world.api("POST", "/v1/mutes", { errorCode, minutes: 60 });
  const { page, complaints } = await enter("/apps");
  const refused = { status: 409, code: "conflict", title: "Conflict", detail: "Somebody else was quicker" };
  await page.route(/\/v1\/(apps|users|mutes)\/\d+$/, (route) =>
    route.fulfill({ status: 409, json: refused }),
  );
  const toast = page.locator(".toast.problem");
  for (const [path, from] of [
    ["/apps", 0],
    ["/users", 1],
    ["/inbox?view=mutes", 0],
  ] as const) {
    await page.goto(path);
    const rows = page.locator("tbody tr");
    await rows.nth(from + 1).waitFor();
    const before = await place(rows.nth(from + 1));
    const row = rows.nth(from);
    if (path.startsWith("/inbox")) await row.getByRole("button", { name: en["incident.unmute"] }).click();
    else {
      await row.locator("button.icon").click();
      await page.getByRole("menuitem", { name: en["apps.disable"] }).click();
    }
    await toast.first().waitFor();
    assert.equal(await place(rows.nth(from + 1)), before, path);
  }
  assert.equal(complaints, []);
});

test.run();
