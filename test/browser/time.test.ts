/** A task's time and the overview: what was called when, what is to come, what differs, and what to do first. @takes 85 s */
import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { promisify } from "node:util";
import type { Page } from "playwright-core";
import * as assert from "uvu/assert";
import { listen } from "../../cli/commands/listen.ts";
import { publicName } from "../../core/public-actions.ts";
import { en } from "../../ui/src/i18n/en.ts";
import { zh } from "../../ui/src/i18n/zh.ts";
import { RECEIVER, RECEIVER_URL } from "../../ui/src/lib/first-steps.ts";
import { until } from "../e2e/kit/until.ts";
import { axe, DESKTOP, type Language, PHONE, picture } from "./kit/console.ts";
import { consoleSuite } from "./kit/suite.ts";

const test = consoleSuite("browser: time");
const ROOT = resolve(import.meta.dirname, "../..");
/** Both themes and three sizes, without every one of their pairs. */
const LOOKS = [
  [DESKTOP, "light"],
  [{ width: 820, height: 1180 }, "dark"],
  [PHONE, "light"],
  [DESKTOP, "dark"],
] as const;
const sh = async (command: string): Promise<string> => {
  const env = { ...process.env, BIDA_PASSWORD: "admin" };
  return (await promisify(execFile)("sh", ["-c", command], { cwd: ROOT, env })).stdout.trim();
};

/** What axe finds in them, and what is wider than its window. */
async function looksWell(page: Page): Promise<string[]> {
  const found: string[] = [];
  for (const [size, colorScheme] of LOOKS) {
    await page.setViewportSize(size);
    await page.emulateMedia({ colorScheme });
    found.push(...(await axe(page)).map((one) => `${size.width} ${colorScheme} ${one}`));
    const { scrollWidth, clientWidth } = await page.evaluate(() => document.documentElement);
    if (scrollWidth > clientWidth) found.push(`${size.width}: wider than the window`);
    await picture(page, `time-${new URL(page.url()).pathname.replace(/\W+/g, "_")}-${size.width}`);
  }
  await page.setViewportSize(DESKTOP);
  await page.emulateMedia({ colorScheme: "light" });
  return found;
}

test("an empty installation says what to do first, and each way works as it stands there", async ({
  world,
  enter,
}) => {
  const { page, complaints } = await enter("/");
  const first = page.getByTestId("first-steps");
  await first.waitFor();
  await page.locator('[data-warning="channels"]').waitFor();
  await page.locator('[data-period="calls"]').waitFor();
  assert.equal(await looksWell(page), []);
  const text = async (name: "rest" | "kkbida" | "cli" | "rpc") => {
    await first.getByRole("button", { name: en[`first.${name}`], exact: true }).click();
    return (await first.getByTestId("first").textContent()) ?? "";
  };
  // A receiver for trying is said, where it listens; another target stands in every command.
  assert.ok(listen.options.port?.help.includes(new URL(RECEIVER_URL).port));
  await first.getByText(RECEIVER).waitFor();
  const target = world.receiver.url({ body: "ok" });
  await first.getByLabel(en["first.target"]).fill(target);
  await first.getByText(RECEIVER).waitFor({ state: "detached" });
  const rpc = await text("rpc");
  assert.ok(rpc.includes(`"${publicName("scheduler.submit")}"`), rpc);
  const kkbida = await sh((await text("kkbida")).replace("curl", "curl -s"));
  // curl would ask for the password.
  const rest = JSON.parse(await sh((await text("rest")).replace("curl -u admin", "curl -s -u admin:admin")));
  const cli = /[0-9a-f-]{36}/.exec(await sh(await text("cli")))?.[0] ?? "";
  for (const taskId of [kkbida, rest.taskId, cli]) {
    const { state, url } = await world.ended(taskId);
    assert.equal([state, url], ["succeeded", target]);
  }
  // It stays while it is read, and is not there any more at the next visit.
  await page.locator('[data-figure="calls"]', { hasText: "3" }).waitFor();
  assert.is(await first.count(), 1);
  await page.reload();
  await page.locator('[data-figure="calls"]').waitFor();
  assert.is(await first.count(), 0);

  const made = await world.api("POST", "/v1/webhooks", { type: "webhook", name: "x", url: target });
  assert.is(made.status, 201, made.text);
  await page.reload();
  await page.locator('[data-figure="calls"]').waitFor();
  await page.locator('[data-warning="channels"]').waitFor({ state: "detached" });
  assert.equal(complaints, []);
});

test("a task's time: calls, pauses and planned calls to scale and as a table; the phases of each call", async ({
  world,
  enter,
}) => {
  const retry = { strategy: "schedule", delaysMs: [50, 600_000, 3_600_000] };
  const url = world.receiver.url({ status: 503, body: '{"reason":"closed"}' }, { status: 500, body: "{}" });
  const taskId = await world.submit({ url, retry, limitCallCount: 4 });
  await world.when(taskId, ({ callCount }) => callCount === 2);
  const task = await world.task(taskId);
  assert.is(task.plannedCalls?.length, 2);
  assert.is(task.plannedCalls?.[0], task.nextCallAt);
  const attempts = await world.attempts(taskId);
  assert.ok(attempts.every(({ phases }) => (phases?.firstByte ?? null) !== null));

  for (const language of ["en", "zh"] as Language[]) {
    const words = { en, zh }[language];
    const { page, complaints } = await enter(`/tasks/${taskId}`, { language });
    const line = page.getByTestId("timeline");
    await line.locator(".scale .call").nth(3).waitFor();
    assert.is(await line.locator(".scale .call").count(), 4);
    // To scale: the two calls of now at the beginning, the planned ones after 10 min and 70 min.
    const left = async (nth: number) => {
      const box = await line.locator(".scale .call").nth(nth).boundingBox();
      const scale = await line.locator(".scale").boundingBox();
      return ((box?.x ?? 0) - (scale?.x ?? 0)) / (scale?.width ?? 1);
    };
    assert.ok((await left(1)) < 0.05, `${await left(1)}`);
    assert.ok(Math.abs((await left(2)) - 1 / 7) < 0.03, `${await left(2)}`);
    await line.getByRole("button", { name: words["timeline.soFar"] }).click();
    assert.is(await line.locator(".scale .call").count(), 2);
    await line.getByRole("button", { name: words["timeline.table"] }).click();
    assert.is(await line.locator("tbody tr").count(), 4);
    const phases = page.locator("[data-attempt]").first().getByTestId("phases");
    await phases.locator('[data-phase="firstByte"]').getByText("ms").waitFor();
    assert.equal(await looksWell(page), []);
    assert.equal(complaints, []);
  }
  await world.api("POST", `/v1/tasks/${taskId}/cancel`);
});

test("words are found in request and answers, also where a call is closed; two answers are compared", async ({
  world,
  enter,
}) => {
  const many = Array.from({ length: 600 }, (_, i) => ({ line: i, text: `item ${i}` }));
  const body = (more: object) => JSON.stringify({ rows: many, ...more });
  const url = world.receiver.url(
    { status: 500, body: body({ error: "Out of Stock" }) },
    { status: 500, body: body({ error: "closed" }) },
  );
  const retry = { strategy: "fixed", delayMs: 0 };
  const requestParam = { note: "the stock of the shop" };
  const taskId = await world.submit({ url, requestParam, retry, limitCallCount: 2 });
  await world.ended(taskId);
  const { page, complaints } = await enter(`/tasks/${taskId}`);
  await page.locator("[data-attempt]").nth(1).waitFor();

  const field = page.getByRole("searchbox", { name: en["find.hint"] });
  await page.keyboard.press("/");
  await field.fill("stock");
  // One in the request, one behind the shown part of an answer that was closed.
  await page.locator("mark").nth(1).waitFor();
  const said = page.getByRole("search").getByRole("status");
  await said.getByText("2 found").waitFor();
  await page.locator('[data-attempt="1"] mark', { hasText: "Stock" }).waitFor();
  await page.keyboard.press("Enter");
  await said.getByText("1 of 2").waitFor();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Enter");
  await said.getByText("1 of 2").waitFor();
  assert.is(await page.locator("mark.at").count(), 1);
  assert.equal(await axe(page), []);
  await field.fill("no such words (.*");
  await said.getByText(en["find.none"]).waitFor();
  await page.keyboard.press("Escape");
  assert.is(await field.inputValue(), "");
  assert.is(await page.locator("mark").count(), 0);

  await page.getByRole("button", { name: en["compare.open"] }).click();
  const dialog = page.getByRole("dialog");
  const diff = dialog.getByRole("region", { name: en["compare.body"] });
  await diff.locator(".gone", { hasText: "Out of Stock" }).waitFor();
  await diff.locator(".new", { hasText: "closed" }).waitFor();
  // What is equal is left out, but for what stands around the difference.
  assert.ok((await diff.locator("p").count()) < 20);
  await diff.getByText(/equal lines/).waitFor();
  assert.equal(await looksWell(page), []);
  await dialog.getByLabel(en["compare.right"]).selectOption("1");
  await dialog.getByText(en["compare.same"]).nth(1).waitFor();
  assert.equal(complaints, []);
});

test("the next and the previous task of the list that it was opened from, with its filters; going back leads to it", async ({
  world,
  enter,
}) => {
  const url = world.receiver.url(500);
  const ids: string[] = [];
  for (let i = 0; i < 4; i++) {
    ids.push(await world.submit({ url, limitCallCount: 1, targetAppName: i === 2 ? "other" : "mine" }));
    await world.ended(ids[i] as string);
  }
  const [oldest, middle, , newest] = ids as [string, string, string, string];
  const list = `/tasks?targetAppName=mine&state=exhausted&url=${encodeURIComponent(url)}`;
  const { page, complaints } = await enter(list);
  await page.locator(`tr[data-task="${middle}"] a.url`).click();
  const beside = (name: "previous" | "next") => page.locator(`[data-beside="${name}"]`);
  await beside("next").waitFor();
  assert.equal(await axe(page), []);
  // It leaves the list meanwhile; its place in it stays.
  await world.api("POST", `/v1/tasks/${middle}/resolve`);
  await page.locator('.subject [data-state="resolved"]').waitFor();
  await page.locator('[data-beside="previous"]:enabled').waitFor();
  await page.keyboard.press("k");
  await page.waitForURL(`**/tasks/${newest}`);
  await page.locator('[data-beside="previous"]:disabled').waitFor();
  // Past the one of another app, and past the one that was resolved.
  await page.locator('[data-beside="next"]:enabled').waitFor();
  await page.keyboard.press("j");
  await page.waitForURL(`**/tasks/${oldest}`);
  await page.locator('[data-beside="next"]:disabled').waitFor();
  await page.reload();
  await page.locator('[data-beside="previous"]:enabled').waitFor();
  await page.keyboard.press("u");
  await page.waitForURL((to) => to.pathname === "/tasks" && to.searchParams.get("targetAppName") === "mine");
  await page.locator(`tr[data-task="${newest}"]`).waitFor();

  // From elsewhere there is no list.
  await page.goto(`/tasks/${oldest}`);
  await page.locator("[data-attempt]").first().waitFor();
  assert.is(await beside("next").count(), 0);
  assert.equal(complaints, []);
});

test("the overview: figures say their period, a stretch is drawn and leads to its calls; without data it says so", async ({
  world,
  enter,
}) => {
  await until("a whole minute's calls", async () => {
    await world.ended(await world.submit({ url: world.receiver.url() }));
    const { json } = await world.api("GET", "/v1/stats/summary");
    return json.lastHour.calls > 0;
  });
  const { page, complaints } = await enter("/?range=1h");
  for (const figure of ["throughput", "pending", "exhausted", "calls"])
    assert.ok(
      [en["period.now"], en["period.ever"], en["period.minute"]].includes(
        (await page.locator(`[data-figure="${figure}"] .when`).textContent()) ?? "",
      ),
      figure,
    );
  const plot = page.locator(".u-over").first();
  await plot.waitFor();
  await plot.scrollIntoViewIfNeeded();
  const box = await plot.boundingBox();
  assert.ok(box);
  await page.mouse.move(box.x + box.width * 0.5, box.y + 40);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.9, box.y + 60, { steps: 4 });
  await page.mouse.up();
  const bar = page.getByTestId("brushed");
  const calls = bar.getByRole("link", { name: en["brush.calls"] });
  await calls.waitFor();
  const query = new URL(page.url()).searchParams;
  const [from, to] = [query.get("from") ?? "", query.get("to") ?? ""];
  const minutes = (Date.parse(to) - Date.parse(from)) / 60_000;
  assert.ok(minutes >= 20 && minutes <= 30, `${from} to ${to}`);
  assert.ok((await page.locator(".u-select").first().boundingBox())?.width);
  assert.equal(await looksWell(page), []);
  await page.reload();
  await calls.click();
  await page.waitForURL((url) => url.pathname === "/attempts" && url.searchParams.get("from") === from);
  assert.is(new URL(page.url()).searchParams.get("to"), to);

  // By the keyboard.
  await page.goto("/?range=1h");
  await bar.getByRole("button", { name: en["brush.type"] }).click();
  await bar.getByLabel(en["brush.from"]).fill(local(Date.now() - 600_000));
  await bar.getByLabel(en["brush.from"]).press("Enter");
  await bar.getByRole("link", { name: en["brush.tasks"] }).waitFor();
  await bar.getByRole("button", { name: en["brush.clear"] }).click();
  await page.waitForURL((url) => !url.searchParams.has("from"));
  assert.equal(complaints, []);

  await page.route("**/v1/stats/**", (route) =>
    route.fulfill({ status: 500, json: { code: "internal", status: 500, detail: "x", errors: [] } }),
  );
  await page.reload();
  await page.getByRole("alert").nth(1).waitFor();
  assert.equal(await axe(page), []);
});

/** As a `datetime-local` field has it. */
function local(at: number): string {
  const date = new Date(at);
  return new Date(at - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

test.run();
