/** Every page in both languages, on a real Bida with real tasks: it shows itself, complains of nothing, and axe neither. @takes 115 s */
import type { Page } from "playwright-core";
import * as assert from "uvu/assert";
import { en } from "../../ui/src/i18n/en.ts";
import { until } from "../e2e/kit/until.ts";
import { axe, COLOR_RULES, DESKTOP, type Language, logIn, PHONE, picture, TABLET } from "./kit/console.ts";
import { consoleSuite } from "./kit/suite.ts";

const test = consoleSuite("browser: pages");
let failedTask: string;
let origin: string;
let jobId: string;
let channelId: number;

/** Path → what has to be seen there before it counts as shown, as a selector. */
const pages = (): [path: string, shown: string][] => [
  ["/", '[data-figure="exhausted"]'],
  ["/tasks", "tr[data-task]"],
  ["/tasks?state=exhausted&createdFrom=-24h", "tr[data-task]"],
  [`/tasks/${failedTask}`, "[data-attempt]"],
  [`/tasks/${failedTask}/resend`, "form"],
  ["/tasks/new", "form"],
  ["/waiting", "tr[data-task]"],
  ["/attempts", "tbody tr"],
  ["/incidents", "tr[data-incident]"],
  ["/incidents/1", "[data-testid=outcome]"],
  ["/inbox", "tr[data-raised]"],
  ["/inbox?view=mutes", "tr[data-mute]"],
  ["/jobs", "tbody tr"],
  [`/jobs/${jobId}`, "[data-outcome=succeeded]"],
  ["/destinations", "tr[data-origin]"],
  [`/destinations/${encodeURIComponent(origin)}`, "[data-testid=outage]"],
  ["/alarms", "main h2"],
  ["/alarms/new", "form"],
  [`/alarms/${channelId}`, "form"],
  ["/apps", "tbody tr"],
  ["/users", "tbody tr"],
  ["/audit", "tbody tr"],
  ["/settings", "#password"],
  ["/sessions", "tbody tr"],
];

test.before(async ({ world }) => {
  const app = { sourceAppName: "商城", targetAppName: "stock" };
  failedTask = await world.submit({
    url: world.receiver.url({ status: 500, body: "no" }),
    limitCallCount: 1,
    ...app,
  });
  const done = await world.submit({ url: world.receiver.url(), ...app });
  const waits = { strategy: "fixed", delayMs: 600_000 };
  const waiting = await world.submit({ url: world.receiver.url(503), retry: waits, ...app });
  // More than one: the page of the destination tells of an outage.
  const bad = world.receiver.url(500);
  for (let i = 0; i < 4; i++) await world.ended(await world.submit({ url: bad, limitCallCount: 1, ...app }));
  ({ origin } = world.receiver);
  await world.ended(failedTask);
  await world.ended(done);
  await until("an incident", async () => (await world.api("GET", "/v1/incidents")).json.items.length > 0);
  await world.when(waiting, ({ callCount }) => callCount === 1);
  const mute = { sourceAppName: "商城", errorCode: "timeout", minutes: 60, note: "搬家" };
  assert.is((await world.api("POST", "/v1/mutes", mute)).status, 201);
  const made = await world.api("POST", "/v1/apps", { name: "商城", ipAllow: ["127.0.0.0/8"] });
  assert.is(made.status, 201, made.text);
  const filter = { state: ["exhausted"], url: bad };
  jobId = (await world.api("POST", "/v1/tasks/retry", { filter, pace: 100 })).json.job.id;
  await until("the job's end", async () => {
    const { state, outcome } = (await world.api("GET", `/v1/jobs/${jobId}`)).json;
    return state === "finished" && outcome?.open === 0;
  });
  const channel = {
    type: "webhook",
    name: "值班",
    url: world.receiver.url(),
    filter: { kinds: ["backlog"] },
  };
  channelId = (await world.api("POST", "/v1/webhooks", channel)).json.id;
});

/** Keys of the catalogue that stand on the page as they are: a text that is missing. */
function rawKeys(text: string): string[] {
  const words = new Set(text.split(/[^\w.]+/));
  return Object.keys(en).filter((key) => words.has(key));
}

/** English in both themes at each size, of which the second is looked at for its colors; Chinese, whose words are shorter, once at each size, both themes among them. */
const LOOKS: Record<Language, [size: { width: number; height: number }, theme: "light" | "dark"][]> = {
  en: [DESKTOP, TABLET, PHONE].flatMap((size) => [
    [size, "light"],
    [size, "dark"],
  ]),
  zh: [
    [DESKTOP, "dark"],
    [TABLET, "light"],
    [PHONE, "dark"],
  ],
};

/** What axe finds on the page at each look, and what is wider than the screen. The page is left as it was. */
async function axeAtEach(page: Page, language: Language): Promise<string[]> {
  const found: string[] = [];
  for (const [size, theme] of LOOKS[language]) {
    await page.emulateMedia({ colorScheme: theme });
    await page.setViewportSize(size);
    const over = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    const look = `${size.width} px, ${theme}`;
    if (over > 0) found.push(`${look}: ${over} px wider than the screen`);
    const isKnown = language === "en" && theme === "dark";
    found.push(...(await axe(page, isKnown ? COLOR_RULES : undefined)).map((one) => `${look}: ${one}`));
  }
  await page.setViewportSize(DESKTOP);
  return found;
}

for (const language of ["en", "zh"] as Language[]) {
  const dark = language === "zh";
  test(`every page, ${language}`, async ({ visit }) => {
    const { page, complaints } = await visit({ language, dark });
    await page.goto("/");
    assert.equal(await axeAtEach(page, language), [], "login");
    await logIn(page);
    for (const [path, shown] of pages()) {
      await page.goto(path);
      await page.locator(shown).first().waitFor();
      // Numbers, dates and menus follow by themselves; the language is what was asked for.
      assert.is(await page.locator("html").getAttribute("lang"), language === "zh" ? "zh-CN" : "en-GB");
      // biome-ignore lint/performance/useDomNodeTextContent: the words of neighbouring elements have to stay apart
      assert.equal(rawKeys(await page.locator("body").innerText()), [], path);
      assert.equal(await axeAtEach(page, language), [], path);
      assert.equal(complaints, [], path);
      await picture(page, `${language}-${path.replace(/\W+/g, "_")}`);
    }
  });
}

test("the language changes at once, on the page that is shown", async ({ enter }) => {
  const { page } = await enter("/tasks");
  await page.getByRole("heading", { name: "Tasks", exact: true }).waitFor();
  await page.getByRole("button", { name: "Language" }).click();
  await page.getByRole("menuitemradio", { name: "中文" }).click();
  await page.getByRole("heading", { name: "全部任务" }).waitFor();
  await page.reload();
  await page.getByRole("heading", { name: "全部任务" }).waitFor();
});

test("the theme follows the system, and the choice outlives a reload", async ({ enter }) => {
  const { page } = await enter("/settings", { dark: true });
  const background = () =>
    page.evaluate(() => getComputedStyle(document.body.parentElement as Element).backgroundColor);
  const dark = await background();
  await page.getByRole("button", { name: "Light", exact: true }).click();
  await page.waitForFunction(
    (before) => getComputedStyle(document.documentElement).backgroundColor !== before,
    dark,
  );
  const light = await background();
  await page.reload();
  await page.getByRole("button", { name: "Light", exact: true }).waitFor();
  assert.is(await background(), light);
});

test("on a phone the menu leads everywhere", async ({ enter }) => {
  const { page, complaints } = await enter("/", { phone: true });
  await page.getByRole("button", { name: "Open the menu" }).click();
  assert.equal(await axe(page), []);
  await page.getByRole("navigation").getByRole("link", { name: "Destinations" }).click();
  await page.locator("tr[data-origin]").waitFor();
  assert.equal(complaints, []);
});

test.run();
