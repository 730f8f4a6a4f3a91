/** What is called is named: by questions, headings, tabs and calls; and links lead to the tasks that were counted. @takes 20 s */
import * as assert from "uvu/assert";
import { en } from "../../ui/src/i18n/en.ts";
import { until } from "../e2e/kit/until.ts";
import { consoleSuite } from "./kit/suite.ts";

const test = consoleSuite("browser: called URLs");

test("a task whose URL has placeholders is named by the URL that is called, everywhere", async ({
  world,
  enter,
}) => {
  const url = `${world.receiver.url(500)}?order={orderNo}`;
  const called = url.replace("{orderNo}", "A-4711");
  const taskId = await world.submit({ url, limitCallCount: 1, requestParam: { orderNo: "A-4711" } });
  await world.ended(taskId);

  const { page, complaints } = await enter("/tasks");
  await page.locator(`tr[data-task="${taskId}"]`).getByRole("button", { name: en["act.retry"] }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText(en["confirm.retry.text"].replace("{url}", called)).waitFor();
  await dialog.getByRole("button", { name: en["action.back"] }).click();

  await page.goto(`/tasks/${taskId}`);
  await page.locator("main h2.mono", { hasText: called }).waitFor();
  const title = await until("the task's title", async () => {
    const now = await page.title();
    return now.startsWith(taskId.slice(0, 8)) ? now : null;
  });
  assert.ok(title.includes("order=A-4711"), title);
  await page.getByRole("button", { name: en["act.resolve"] }).click();
  await dialog.getByText(called).waitFor();
  await dialog.getByRole("button", { name: en["action.back"] }).click();

  await page.goto("/attempts");
  const link = page.locator(`tr[data-attempt^="${taskId}"] a`).first();
  await link.waitFor();
  assert.is(await link.getAttribute("title"), called);
  assert.ok((await link.textContent())?.endsWith("?order=A-4711"));
  assert.equal(complaints, []);
});

test("a secret in the URL is masked in its task's heading, and shown where it is asked for", async ({
  world,
  enter,
}) => {
  const url = world.receiver.url();
  const taskId = await world.submit({ url, requestMethod: "GET", requestParam: { token: "s3cret-v4lue" } });
  await world.ended(taskId);
  const { page, complaints } = await enter(`/tasks/${taskId}`);
  const heading = page.locator("main h2.mono");
  await heading.getByText("token=******").waitFor();
  await page.getByRole("button", { name: en["reveal.action"] }).click();
  const dialog = page.getByRole("dialog");
  await dialog.locator("button[type=submit]").click();
  await heading.getByText("token=s3cret-v4lue").waitFor();
  assert.equal(complaints, []);
});

test("a destination's counts lead to just these tasks: none of another port, none that only names it", async ({
  world,
  enter,
}) => {
  const { receiver } = world;
  const mine = await world.submit({ url: receiver.url(500), limitCallCount: 1 });
  await world.ended(mine);
  const waits = { delayMs: 3_600_000 };
  const open = await world.submit({ url: receiver.url(), ...waits });
  const names = encodeURIComponent(receiver.origin);
  const other = await world.submit({ url: `https://elsewhere.example/?at=${receiver.origin}`, ...waits });

  const { page, complaints } = await enter(`/destinations/${names}`);
  const counted = page.locator('a[href^="/waiting?"]');
  await counted.click();
  await page.waitForURL((to) => to.searchParams.get("destination") === receiver.origin);
  await page.locator(`tr[data-task="${open}"]`).waitFor();
  assert.is(await page.locator(`tr[data-task="${other}"]`).count(), 0);
  await page.goBack();
  const count = Number(await page.locator('a[href^="/tasks?state=exhausted&"]').textContent());
  await page.locator('a[href^="/tasks?state=exhausted&"]').click();
  await page.locator(`tr[data-task="${mine}"]`).waitFor();
  assert.is(await page.locator("tr[data-task]").count(), count);
  assert.equal(complaints, []);
});

test.run();
