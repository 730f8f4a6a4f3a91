// `npm run screenshots [-- folder [words]]`: every page of the console over made-up data, light and dark, desktop and
// phone. Without a folder, the four of docs/images are made again.
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { destinations, endedJob, tasks } from "../test/browser/mock/data.ts";
import { startMock } from "../test/browser/mock/server.ts";
import { needProgram } from "../test/servers/binaries.ts";

interface Shot {
  name: string;
  path: string;
  prepare?: (page: Page) => Promise<unknown>;
  loggedOut?: boolean;
  /** While a job is at work. */
  job?: boolean;
  /** Where no task was ever handed over. */
  empty?: boolean;
}
const HOUR = 3_600_000;
/** One that failed for a while, and was answered something. */
const failed = tasks.find(
  ({ state, callCount, createdAt, lastError }) =>
    state === "exhausted" &&
    callCount > 3 &&
    lastError.code === "bad_status" &&
    Date.parse(createdAt) < Date.now() - HOUR,
).taskId;

const failing = destinations.find(({ breaker }) => breaker.state === "open").origin;
const paused = destinations.find((one) => one.paused).origin;

const SHOTS: Shot[] = [
  { name: "login", path: "/", loggedOut: true },
  { name: "overview", path: "/" },
  { name: "overview-empty", path: "/", empty: true },
  { name: "tasks", path: "/tasks" },
  {
    name: "tasks-selected",
    path: "/tasks?state=exhausted&createdFrom=-7d",
    prepare: async (page) => {
      const boxes = page.locator("tbody input[type=checkbox]");
      await boxes.nth(0).click();
      await boxes.nth(4).click({ modifiers: ["Shift"] });
    },
  },
  {
    name: "bulk",
    path: "/tasks?state=exhausted&url=partner",
    job: true,
    prepare: async (page) => {
      await page.locator("[role=search] .end button").last().click();
      await page.getByRole("menuitem").first().click();
      await page.getByTestId("matched").waitFor();
    },
  },
  { name: "task", path: `/tasks/${failed}` },
  {
    name: "compare",
    path: `/tasks/${failed}`,
    prepare: async (page) => {
      await page.getByRole("button", { name: /^(Compare answers|比较响应)$/ }).click();
      await page.getByRole("dialog").waitFor();
    },
  },
  { name: "resend", path: `/tasks/${failed}/resend` },
  { name: "new", path: "/tasks/new" },
  { name: "waiting", path: "/waiting" },
  { name: "attempts", path: "/attempts" },
  { name: "destinations", path: "/destinations" },
  { name: "jobs", path: "/jobs" },
  { name: "job", path: `/jobs/${endedJob.id}` },
  { name: "incidents", path: "/incidents" },
  { name: "incident", path: "/incidents/2" },
  { name: "inbox", path: "/inbox" },
  { name: "mutes", path: "/inbox?view=mutes" },
  { name: "destination", path: `/destinations/${encodeURIComponent(failing)}` },
  { name: "destination-paused", path: `/destinations/${encodeURIComponent(paused)}` },
  {
    name: "replay",
    path: "/destinations",
    prepare: async (page) => {
      await page.locator("tr[data-origin] button.icon").first().click();
      await page.getByRole("menuitem").last().click();
      await page.getByTestId("matched").waitFor();
    },
  },
  {
    name: "alarms",
    path: "/alarms",
    prepare: async (page) => {
      await page.locator("[data-channel] button").first().click();
      await page.locator("[role=dialog] button[type=submit]").click();
      await page.getByTestId("test-answer").waitFor();
    },
  },
  { name: "channel", path: "/alarms/1" },
  { name: "channel-new", path: "/alarms/new" },
  { name: "apps", path: "/apps" },
  { name: "users", path: "/users" },
  { name: "audit", path: "/audit" },
  {
    name: "audit-open",
    path: "/audit",
    prepare: async (page) => {
      await page.locator("tbody tr").nth(3).locator("button[aria-expanded]").click();
      await page.getByTestId("audit-group").waitFor();
    },
  },
  { name: "settings", path: "/settings" },
  { name: "sessions", path: "/sessions" },
  { name: "palette", path: "/tasks", prepare: (page) => page.keyboard.press("Control+k") },
  {
    name: "palette-found",
    path: "/tasks",
    prepare: async (page) => {
      await page.keyboard.press("Control+k");
      await page.getByRole("dialog").getByRole("combobox").fill("partner");
      await settled(page);
    },
  },
  { name: "help", path: "/tasks", prepare: (page) => page.keyboard.press("?") },
  { name: "missing", path: "/tasks/0199b3c2-7d1e-7a40-9c55-2f8f0f6f8b12" },
];

/** Those of the README. */
const KEPT: [name: string, language: string, theme: string, device: string][] = [
  ["overview", "en", "light", "desktop"],
  ["tasks", "zh", "light", "desktop"],
  ["task", "en", "dark", "desktop"],
  ["alarms", "zh", "light", "phone"],
];

const SIZES = { desktop: { width: 1400, height: 900 }, phone: { width: 390, height: 844 } };

/** Nothing new was loaded for a while. The event stream never ends: "networkidle" would not come. */
async function settled(page: Page): Promise<void> {
  let [seen, since] = [-1, 0];
  while (since < 4) {
    await page.waitForTimeout(150);
    const now = await page.evaluate(
      () => performance.getEntriesByType("resource").length + (document.fonts.status === "loaded" ? 0 : 1),
    );
    since = now === seen ? since + 1 : 0;
    seen = now;
  }
}

async function shoot(
  browser: Browser,
  url: string,
  file: string,
  shot: Shot,
  language: string,
  theme: string,
  device: string,
  whole: boolean,
) {
  const context = await browser.newContext({
    viewport: SIZES[device as keyof typeof SIZES],
    deviceScaleFactor: device === "phone" ? 2 : 1,
    colorScheme: theme as "light" | "dark",
    locale: language === "zh" ? "zh-CN" : "en-GB",
    timezoneId: "Asia/Shanghai",
  });
  if (!shot.loggedOut) await context.addCookies([{ name: "mock", value: "1", url }]);
  for (const name of ["job", "empty"] as const)
    if (shot[name]) await context.addCookies([{ name, value: "1", url }]);
  const page = await context.newPage();
  page.on("console", (message) => {
    if (message.type() === "error") console.log(`${shot.name}: ${message.text()}`);
  });
  page.on("pageerror", (error) => console.log(`${shot.name}: ${error.message}`));
  await page.goto(url + shot.path);
  await page.locator("main").waitFor();
  await settled(page);
  await shot.prepare?.(page);
  await page.waitForTimeout(300);
  await page.screenshot({ path: file, fullPage: whole && !(await page.getByRole("dialog").isVisible()) });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  if (wide > 0) console.log(`${shot.name} ${device}: ${wide} px wider than the window`);
  await context.close();
}

const [folder, ...words] = process.argv.slice(2);
const mock = await startMock();
const browser = await chromium.launch({ executablePath: needProgram("chromium"), args: ["--no-sandbox"] });
try {
  if (folder) {
    mkdirSync(folder, { recursive: true });
    for (const shot of SHOTS.filter(({ name }) => words.length === 0 || words.includes(name))) {
      for (const [language, theme, device] of [
        ["zh", "light", "desktop"],
        ["en", "dark", "desktop"],
        ["en", "light", "phone"],
        ["zh", "dark", "phone"],
      ] as const) {
        await shoot(
          browser,
          mock.url,
          join(folder, `${shot.name}-${device}-${theme}.png`),
          shot,
          language,
          theme,
          device,
          true,
        );
      }
    }
  } else {
    const images = resolve(import.meta.dirname, "../docs/images");
    mkdirSync(images, { recursive: true });
    for (const [name, language, theme, device] of KEPT) {
      const shot = SHOTS.find((one) => one.name === name) as Shot;
      await shoot(
        browser,
        mock.url,
        join(images, `${name}-${device}-${theme}.png`),
        shot,
        language,
        theme,
        device,
        false,
      );
    }
  }
} finally {
  await browser.close();
  mock.stop();
}
