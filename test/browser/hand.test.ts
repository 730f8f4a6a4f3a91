/** Nothing moves under a hand: it aims and clicks in every list while 50 tasks a second flow. @takes 195 s */
import { setTimeout as pause } from "node:timers/promises";
import type { Page } from "playwright-core";
import * as assert from "uvu/assert";
import { en } from "../../ui/src/i18n/en.ts";
import { Hand } from "./kit/aim.ts";
import { axe } from "./kit/console.ts";
import { consoleSuite } from "./kit/suite.ts";

const test = consoleSuite("browser: hand");

const HITS = 200;
/** So often the hand leaves the list, which then goes on; */
const LEAVES = 4;
/** and so often it rests in the list until that was loaded again. */
const RESTS = 8;

const BATCH = 10;
/** Ten tasks every so often, in ms: 50 a second. */
const EVERY = 200;

let flowing = true;
let flow: Promise<void> = Promise.resolve();
let broken: Error | null = null;

test.before(async ({ world }) => {
  const [good, bad] = [world.receiver.url(200), world.receiver.url(500)];
  const once = { requestMethod: "POST", limitCallCount: 1 };
  let n = 0;
  const batch = () =>
    Array.from({ length: BATCH }, () => {
      n++;
      // Half of them at once, every fifth of those in vain; the others within a minute.
      return n % 2
        ? { ...once, url: n % 5 ? good : bad }
        : { ...once, url: good, delayMs: 2_000 + ((n * 337) % 58_000) };
    });
  // What is there before anybody looks.
  for (let i = 0; i < 10; i++) await world.batch(batch());
  flow = (async () => {
    while (flowing) await Promise.all([world.batch(batch()), pause(EVERY)]);
  })().catch((error: Error) => {
    // Of the end of the world too, which is stopped before this.
    broken = error;
  });
});
test.after(async () => {
  flowing = false;
  await flow;
});

/** Aims and clicks; returns what was hit instead of what was aimed at. */
async function wrongHits(
  page: Page,
  {
    name,
    path,
    flows,
    rests = RESTS,
    click,
  }: {
    /** The attribute that names a row. */
    name: string;
    /** What the list is loaded from. */
    path: string;
    /** Its rows follow the server while nobody is at work in it. */
    flows: boolean;
    rests?: number;
    click(x: number, y: number): Promise<void>;
  },
): Promise<string[]> {
  await page.locator(`tr[${name}]`).nth(5).waitFor();
  const hand = await Hand.before(page, name);
  const loaded = () =>
    page.waitForResponse((answer) => new URL(answer.url()).pathname === path && answer.ok());
  const wrong: string[] = [];
  for (let n = 0; n < HITS; n++) {
    if (n % (HITS / LEAVES) === 0 && flows) {
      const before = await hand.ids();
      await page.mouse.move(20, 500);
      await hand.movedOn(before);
      // The hand begins to move.
      await page.mouse.move(22, 502);
    }
    const aimedAt = performance.now();
    let aim = await hand.aim(n * 7);
    if (flows) await page.mouse.move(aim.x, aim.y, { steps: 3 });
    // So slow a hand rested on its way, and the list went on: in the list it aims once more.
    if (flows && performance.now() - aimedAt > 1_000) {
      aim = await hand.aim(n * 7);
      await page.mouse.move(aim.x, aim.y);
    }
    if (n % (HITS / rests) === 1) await loaded();
    await click(aim.x, aim.y);
    const hit = await hand.hit();
    if (hit !== aim.id) wrong.push(`${n}: ${hit} instead of ${aim.id}`);
  }
  assert.is(broken, null, "the flow of tasks");
  return wrong;
}

const LISTS = [
  { page: "/tasks", name: "data-task", path: "/v1/tasks" },
  { page: "/waiting", name: "data-task", path: "/v1/tasks" },
  { page: "/attempts", name: "data-attempt", path: "/v1/attempts" },
];

for (const list of LISTS) {
  test(`${list.page}: ${HITS} clicks hit what they are aimed at`, async ({ enter }) => {
    const { page, complaints } = await enter(list.page);
    const wrong = await wrongHits(page, { ...list, flows: true, click: (x, y) => page.mouse.click(x, y) });
    assert.equal(wrong, []);
    // What came meanwhile waits, and is shown when it is asked for.
    await page.locator("button.fresh").waitFor();
    assert.equal(complaints, []);
  });
}

test(`a phone: ${HITS} taps hit what they are aimed at, though no finger is seen before it touches`, async ({
  enter,
}) => {
  const { page, complaints } = await enter("/tasks", { phone: true, touch: true });
  const tap = (x: number, y: number) => page.touchscreen.tap(x, y);
  const wrong = await wrongHits(page, { ...(LISTS[0] as (typeof LISTS)[0]), flows: false, click: tap });
  assert.equal(wrong, []);
  assert.is(await heights(page), 1, "rows with and without an error");
  assert.equal(complaints, []);
});

/** How many different heights the rows of the list have; the last one has no line below it. */
const heights = (page: Page): Promise<number> =>
  page
    .locator("tr[data-task]:not(:last-child)")
    .evaluateAll((rows) => new Set(rows.map((row) => row.getBoundingClientRect().height)).size);

/** Destinations as a bad hour has them: with every answer others are the worst. */
async function badHour(page: Page): Promise<string[]> {
  const origins = Array.from({ length: 12 }, (_, i) => `https://partner-${i}.example`);
  let turn = 0;
  await page.route(/\/v1\/destinations(\?|$)/, async (route) => {
    turn++;
    const items = origins.map((origin, i) => ({
      origin,
      concurrency: null,
      ratePerSecond: null,
      keepAlive: true,
      paused: false,
      breaker: {
        enabled: true,
        state: (i + turn) % 3 ? "closed" : "open",
        failures: i + turn,
        openedAt: null,
        probeAt: null,
      },
      inFlight: 0,
      ready: 0,
    }));
    await route.fulfill({ json: { items: items.toSorted(() => (turn % 2 ? 1 : -1)), nextCursor: null } });
  });
  await page.route(/\/v1\/destinations\/./, (route) => route.fulfill({ json: {} }));
  return origins;
}

test(`/destinations: ${HITS} clicks hit what they are aimed at, and nothing is sorted again`, async ({
  enter,
}) => {
  const { page, complaints } = await enter("/settings");
  await badHour(page);
  await page.getByRole("link", { name: "Destinations" }).click();
  const wrong = await wrongHits(page, {
    name: "data-origin",
    path: "/v1/destinations",
    flows: false,
    // It is loaded every five seconds.
    rests: 4,
    click: (x, y) => page.mouse.click(x, y),
  });
  assert.equal(wrong, []);
  assert.equal(complaints, []);
});

const NOW = new Date().toISOString();

/** Each answer has something new on top, and the others in another order. */
const STIRRED: { name: string; page: string; path: string; item: (id: number) => object }[] = [
  {
    ...{ name: "data-incident", page: "/incidents", path: "/v1/incidents" },
    item: (id) => ({
      ...{
        id,
        destination: `https://partner-${id}.example`,
        errorCode: "timeout",
        statusCode: null,
        tasks: id,
      },
      ...{ firstAt: NOW, lastAt: NOW, first: { taskId: "", error: "" }, last: { taskId: "", error: "" } },
      ...{ muted: false, mutedUntil: null, acknowledged: null, endedAt: null },
    }),
  },
  {
    ...{ name: "data-raised", page: "/inbox", path: "/v1/alarms" },
    item: (id) => ({
      ...{
        id,
        kind: "breaker",
        severity: "warning",
        destination: `https://partner-${id}.example`,
        alarms: id,
      },
      ...{ errorCode: null, statusCode: null, channel: null, firstAt: NOW, lastAt: NOW, lastError: null },
      ...{ lastTaskId: null, told: 1, acknowledged: null, mutes: [], endedAt: null },
    }),
  },
  {
    ...{ name: "data-audit", page: "/audit", path: "/v1/audit" },
    item: (id) => ({
      ...{ id: String(id), at: NOW, actor: { kind: "user", id: 1, name: "admin" }, sourceIp: "127.0.0.1" },
      ...{
        action: "task.retry",
        target: { type: "task", id: String(id), name: null },
        before: null,
        after: null,
      },
      ...{ note: null, requestPath: "POST /v1/tasks", group: null },
    }),
  },
];
for (const list of STIRRED)
  test(`${list.page}: ${HITS} clicks hit what they are aimed at, while others come on top`, async ({
    enter,
  }) => {
    const { page, complaints } = await enter("/settings");
    let turn = 0;
    await page.route(
      (url) => url.pathname === list.path,
      async (route) => {
        turn++;
        const known = Array.from({ length: 12 }, (_, i) => ((i * 5 + turn) % 12) + 1);
        const items = [1_000 + turn, ...known].map(list.item);
        await route.fulfill({ json: { items, nextCursor: null } });
      },
    );
    await page.goto(list.page);
    await page.locator(`tr[${list.name}]`).nth(5).waitFor();
    // The hand is in the list before it aims.
    await page.mouse.move(700, 500);
    const wrong = await wrongHits(page, {
      ...{ ...list, flows: false, rests: 2 },
      click: (x, y) => page.mouse.click(x, y),
    });
    assert.equal(wrong, []);
    await page.locator("button.fresh").waitFor();
    assert.equal(complaints, []);
  });

test("a destination is paused that was aimed at, one after another at the same place; none moves", async ({
  enter,
}) => {
  const { page, complaints } = await enter("/settings");
  await badHour(page);
  await page.getByRole("link", { name: "Destinations" }).click();
  const rows = page.locator("tr[data-origin]");
  await rows.nth(11).waitFor();
  const order = () => rows.evaluateAll((all) => all.map((row) => row.getAttribute("data-origin")));
  const before = await order();
  for (let i = 0; i < 12; i += 3) {
    const asked = page.waitForRequest((request) => request.method() === "PATCH");
    const again = page.waitForResponse((answer) => /\/v1\/destinations(\?|$)/.test(answer.url()));
    await rows.nth(i).getByRole("button", { name: en["dest.pause"], exact: true }).click();
    assert.is(decodeURIComponent((await asked).url().split("/").at(-1) ?? ""), before[i]);
    await again;
    assert.equal(await order(), before);
  }
  // Undoing is about what was done, not about where it stood.
  const undone = page.waitForRequest((request) => request.method() === "PATCH");
  await page
    .locator(".toast", { hasText: before[9] ?? "" })
    .getByRole("button", { name: en["action.undo"] })
    .click();
  assert.is(decodeURIComponent((await undone).url().split("/").at(-1) ?? ""), before[9]);
  assert.equal(complaints, []);
});

test("what is selected, what waits and what was refused have their room: no row moves", async ({ enter }) => {
  const { page, complaints } = await enter("/tasks");
  const rows = page.locator("tr[data-task]");
  await rows.nth(20).waitFor();
  await page.mouse.move(600, 500);
  const fourth = (await rows.nth(4).getAttribute("data-task")) as string;
  const row = page.locator(`tr[data-task="${fourth}"]`);
  const place = () => row.evaluate((one) => one.getBoundingClientRect().top);
  const before = await place();
  await page.locator("button.fresh").waitFor();
  assert.is(await place(), before, "rows that wait");
  await row.locator("input").click();
  await page.getByRole("toolbar").getByText("1 selected").waitFor();
  assert.is(await place(), before, "a selection");
  assert.is(await heights(page), 1, "rows with and without an error");
  assert.equal(await axe(page), []);
  assert.equal(complaints, []);
});

test("tasks are selected in /waiting too, and canceled together", async ({ world, enter }) => {
  const url = world.receiver.url();
  const later = { url, requestMethod: "POST", limitCallCount: 1, delayMs: 3_600_000 };
  await world.batch([later, later, later, later]);
  const { page, complaints } = await enter(`/waiting?url=${encodeURIComponent(url)}`);
  const boxes = page.locator("tbody input[type=checkbox]");
  await boxes.nth(3).waitFor();
  await boxes.nth(0).click();
  await boxes.nth(2).click({ modifiers: ["Shift"] });
  const bar = page.getByRole("toolbar");
  await bar.getByText("3 selected").waitFor();
  await bar.getByRole("button", { name: en["act.cancel"] }).click();
  await page.getByRole("dialog").getByRole("button", { name: en["act.cancel"] }).click();
  await page.getByText("3 tasks canceled").waitFor();
  // They stay where they are, and say what they are now.
  await page.waitForFunction(() => document.querySelectorAll('tr [data-state="canceled"]').length > 0);
  assert.equal(complaints, []);
});

test("back leads to the same rows, the same cursor and the same place of the page", async ({ enter }) => {
  const { page, complaints } = await enter("/tasks");
  await page.locator("tr[data-task]").nth(40).waitFor();
  await page.mouse.move(700, 500);
  await page.mouse.wheel(0, 700);
  await page.waitForFunction(() => scrollY > 600);
  const look = () =>
    page.evaluate(() => ({
      scrolled: scrollY,
      rows: [...document.querySelectorAll("tr[data-task]")].map((row) => row.getAttribute("data-task")),
    }));
  const before = await look();
  const opened = before.rows[20] as string;
  const loadedAgain = () =>
    page.waitForResponse((answer) => new URL(answer.url()).pathname === "/v1/tasks" && answer.ok());
  for (const way of ["browser", "key"] as const) {
    await page
      .locator(`tr[data-task="${opened}"] td`)
      .last()
      .click({ position: { x: 2, y: 2 } });
    await page.waitForURL(`**/tasks/${opened}`);
    await page.locator("main h2.mono").waitFor();
    assert.is(await page.evaluate(() => scrollY), 0, "a new page begins at its top");
    await (way === "browser" ? page.goBack() : page.keyboard.press("u"));
    await page.locator(`tr.cursor[data-task="${opened}"]`).waitFor();
    await page.waitForFunction((y) => scrollY === y, before.scrolled);
    await loadedAgain();
    assert.equal(await look(), before);
  }
  // Also to the page of the list that one was on.
  await page.getByRole("button", { name: en["pager.next"] }).click();
  await page.waitForFunction(
    (first) => document.querySelector("tr[data-task]")?.getAttribute("data-task") !== first,
    before.rows[0],
  );
  const second = await look();
  assert.is(second.scrolled, 0);
  await page
    .locator("tr[data-task] td")
    .last()
    .click({ position: { x: 2, y: 2 } });
  await page.waitForURL(/\/tasks\/[0-9a-f-]{36}$/);
  await page.goBack();
  await page.waitForFunction(
    (first) => document.querySelector("tr[data-task]")?.getAttribute("data-task") === first,
    second.rows[0],
  );
  assert.equal((await look()).rows, second.rows);
  assert.equal(complaints, []);
});

test.run();
