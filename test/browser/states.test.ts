/** What a panel or chart says while it loads, where it failed, and where it shows only part of what there is. @takes 30 s */
import type { Page } from "playwright-core";
import * as assert from "uvu/assert";
import { en } from "../../ui/src/i18n/en.ts";
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
    await again.click();
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

test.run();
