/** What a panel or chart says while it loads, where it failed, and where it shows only part of what there is. @takes 30 s */
import type { Page, Response } from "playwright-core";
import * as assert from "uvu/assert";
import { en } from "../../ui/src/i18n/en.ts";
import { until } from "../e2e/kit/until.ts";
import { axe, logIn } from "./kit/console.ts";
import { consoleSuite } from "./kit/suite.ts";

const test = consoleSuite("browser: states");
const PANELS = [en["overview.failing"], en["overview.codes"]];
const CHARTS = [en["overview.throughput"], en["field.successRate"], en["overview.durations"]];
const REFUSED = {
  status: 500,
  contentType: "application/problem+json",
  body: JSON.stringify({ code: "internal", title: "Something went wrong here" }),
};

const panel = (page: Page, title: string) =>
  page.locator("section.panel", { has: page.locator("h2", { hasText: new RegExp(`^\\s*${title}`) }) });
/** What nobody knows while it is not loaded. */
const noClaim = async (page: Page) => {
  for (const claim of [en["overview.noFailures"], en["overview.quiet"]])
    assert.is(await page.getByText(claim).count(), 0, claim);
};

for (const [what, path, titles] of [
  ["destinations", "**/v1/stats/destinations?*", [en["overview.failing"]]],
  ["errors", "**/v1/stats/errors?*", [en["overview.codes"]]],
  ["incidents", "**/v1/incidents?*", [en["incident.openNow"]]],
  ["series", "**/v1/stats/series?*", CHARTS],
] as [string, string, string[]][]) {
  test(`the overview says that ${what} failed, in each panel, and tries again`, async ({ world, visit }) => {
    await world.ended(await world.submit({ url: world.receiver.url(500), limitCallCount: 1 }));
    const { page, complaints } = await visit();
    let broken = true;
    await page.route(path, (route) => (broken ? route.fulfill(REFUSED) : route.continue()));
    await page.goto("/");
    await logIn(page);
    for (const title of titles) await panel(page, title).getByText(en["error.title"]).waitFor();
    await noClaim(page);
    assert.equal(await axe(page), []);
    broken = false;
    const again = panel(page, titles[0] as string).getByRole("button", { name: en["action.tryAgain"] });
    // The page also asks by itself every few seconds, and may be quicker.
    await again.click({ timeout: 5_000 }).catch(() => undefined);
    await again.waitFor({ state: "detached" });
    assert.equal(complaints, []);
  });
}

test("while they load, panels and charts say so, not that nothing happened", async ({ enter }) => {
  const { page } = await enter("/tasks");
  const waiting: (() => void)[] = [];
  await page.route("**/v1/{stats/*,incidents}?*", async (route) => {
    await new Promise<void>((go) => waiting.push(go));
    await route.continue();
  });
  await page.goto("/");
  for (const title of [...PANELS, ...CHARTS, en["incident.openNow"]])
    await panel(page, title).getByText(en.loading).waitFor();
  await noClaim(page);
  for (const go of waiting) go();
});

test("what is shown in part says so, and leads to the rest", async ({ enter }) => {
  const { page } = await enter("/tasks");
  const many = (n: number, one: (i: number) => object) => ({
    json: { items: Array.from({ length: n }, (_, i) => one(i)), nextCursor: null },
  });
  await page.route("**/v1/stats/destinations?*", (route) =>
    route.fulfill(
      many(9, (i) => ({ destination: `https://h${i}.example`, calls: 9, succeeded: 0, failed: 9 - i })),
    ),
  );
  await page.route("**/v1/stats/errors?*", (route) =>
    route.fulfill(many(8, (i) => ({ errorCode: `code_${i}`, count: 8 - i }))),
  );
  await page.route("**/v1/incidents?*", async (route) => {
    const { items } = await (await route.fetch()).json();
    await route.fulfill(many(7, (i) => ({ ...items[0], id: i + 1 })));
  });
  await page.goto("/");
  for (const [title, all, href] of [
    [PANELS[0], 9, "/destinations"],
    [PANELS[1], 8, "/attempts?outcome=failed&from=-24h"],
    [en["incident.openNow"], 7, "/incidents"],
  ] as [string, number, string][]) {
    const part = panel(page, title).getByTestId("part");
    await part.getByText(`of ${all}.`).waitFor();
    assert.is(await part.getByRole("link").getAttribute("href"), href);
  }
});

test("a destination's page says that its errors failed", async ({ world, visit }) => {
  const { page } = await visit();
  await page.route("**/v1/stats/errors?*", (route) => route.fulfill(REFUSED));
  await page.goto(`/destinations/${encodeURIComponent(world.receiver.origin)}`);
  await logIn(page);
  await panel(page, PANELS[1] as string)
    .getByText(en["error.title"])
    .waitFor();
  await noClaim(page);
});

test("a page whose file is slow to come says that it loads", async ({ enter }) => {
  const { page } = await enter("/");
  let go = (): void => {};
  const held = new Promise<void>((then) => {
    go = then;
  });
  await page.route("**/assets/Apps-*.js", async (route) => {
    await held;
    await route.continue();
  });
  await page.goto("/apps");
  await page.locator("main").getByText(en.loading).waitFor();
  go();
  await page.getByRole("button", { name: en["apps.new"] }).waitFor();
});

const AWAY = {
  ...REFUSED,
  status: 503,
  body: JSON.stringify({ code: "unavailable", title: "Not just now" }),
};

test("a part of the server that is away is its panel's own failure: the rest of the page is left alone", async ({
  world,
  enter,
}) => {
  const channel = { type: "webhook", url: world.receiver.url(), content: "{}" };
  const made = await world.api("POST", "/v1/webhooks", channel);
  assert.is(made.status, 201, made.text);
  const { page } = await enter("/tasks");
  const path = `/v1/webhooks/${made.json.id}`;
  const asked: string[] = [];
  page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  await page.route(`**${path}/history?*`, (route) => route.fulfill(AWAY));
  await page.goto(`/alarms/${made.json.id}`);
  const isHistory = (response: Response) => response.url().includes("/history");
  await page.waitForResponse(isHistory);
  // It asks again by itself.
  await page.waitForResponse(isHistory);
  assert.is(asked.filter((one) => one === path).length, 1);
  assert.is(await page.getByTestId("offline").count(), 0);
});

test("a late preview does not stand for the present choice", async ({ enter }) => {
  const { page, complaints } = await enter("/tasks");
  const answers: ((matched: number) => void)[] = [];
  const counted = { dryRun: true, expected: null, difference: null, changed: 0, skipped: {}, job: null };
  await page.route("**/v1/tasks/retry", async (route) => {
    const matched = await new Promise<number>((go) => {
      answers.push(go);
    });
    const preview = { looked: matched, atLeast: false, changed: matched, skipped: {}, states: [] };
    await route.fulfill({ json: { ...counted, matched, preview } }).catch(() => undefined);
  });
  // A request is seen a moment before it is routed.
  const answer = async (n: number, matched: number) =>
    (await until("the request to be held", () => answers[n]))(matched);
  const asked = () => page.waitForRequest("**/v1/tasks/retry");
  await page.getByRole("button", { name: "More", exact: true }).click();
  const [first] = await Promise.all([asked(), page.getByRole("menuitem", { name: "Retry…" }).click()]);
  const dialog = page.getByRole("dialog");
  assert.is(first.postDataJSON().schedule, undefined);
  const [second] = await Promise.all([asked(), dialog.getByLabel(en["schedule.whole"]).check()]);
  assert.is(second.postDataJSON().schedule, "whole");
  await answer(1, 7);
  await dialog.getByRole("button", { name: "Retry 7" }).waitFor();
  await answer(0, 900);
  // Another choice: the count of before goes.
  await Promise.all([asked(), dialog.getByLabel(en["schedule.once"]).check()]);
  const retry = dialog.getByRole("button", { name: "Retry", exact: true });
  await retry.waitFor();
  assert.ok(await retry.isDisabled());
  await answer(2, 8);
  await dialog.getByRole("button", { name: "Retry 8" }).waitFor();
  assert.equal(complaints, []);
});

test("a request from before an act does not take back its answer", async ({ world, enter }) => {
  await world.ended(await world.submit({ url: world.receiver.url(500), limitCallCount: 1 }));
  const { page, complaints } = await enter("/inbox");
  await page.locator("tr[data-raised] a.name", { hasText: "bad_status 500" }).click();
  await page.waitForURL("**/incidents/*");
  const path = `**/v1${new URL(page.url()).pathname}`;
  // The inbox has such a button too, and stands there until the incident has come.
  const mute = page
    .locator("section.subject")
    .getByRole("button", { name: en["incident.mute"], exact: true });
  await mute.waitFor();
  // The page asks by itself every few seconds; what it is told is from before the act.
  let isHeld = false;
  let go = () => {};
  const later = new Promise<void>((then) => {
    go = then;
  });
  await page.route(
    path,
    async (route) => {
      const before = await route.fetch();
      isHeld = true;
      await later;
      await route.fulfill({ response: before }).catch(() => undefined);
    },
    { times: 1 },
  );
  await until("a request to be held", () => isHeld);
  const renewed = page.waitForRequest(path);
  await mute.click();
  const request = await renewed;
  go();
  await request.response();
  await page.getByRole("button", { name: en["incident.unmute"], exact: true }).waitFor();
  assert.is(await mute.count(), 0);
  assert.equal(complaints, []);
});

test.run();
