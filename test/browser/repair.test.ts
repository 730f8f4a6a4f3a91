/** Three in the morning: something failed. Log in, find it, see why, repair the far side, retry, watch it succeed. @takes 25 s */
import * as assert from "uvu/assert";
import { axe, logIn } from "./kit/console.ts";
import { consoleSuite } from "./kit/suite.ts";

const test = consoleSuite("browser: repair");

test("a wrong password is said beside its field; the default one is hinted at", async ({ visit }) => {
  const { page, complaints } = await visit();
  await page.goto("/");
  await page.getByLabel("Username").fill("admin");
  await page.getByLabel("Password").fill("wrong");
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByText("The username or the password is wrong.").waitFor();
  assert.is(await page.getByLabel("Password").getAttribute("aria-invalid"), "true");
  await logIn(page);
  await page.getByText("The password is still the one that everybody knows.").waitFor();
  await page.getByRole("button", { name: "Account" }).click();
  await page.getByRole("menuitem", { name: "Log out" }).click();
  await page.getByRole("button", { name: "Log in" }).waitFor();
  assert.equal(complaints, []);
});

test("a failed task is found, read, retried, and seen to succeed without a reload", async ({
  world,
  enter,
}) => {
  const url = world.receiver.url({ status: 500, body: '{"error":"库存服务不可用"}' });
  const taskId = await world.submit({
    url,
    requestParam: { city: "上海" },
    sourceAppName: "shop",
    targetAppName: "stock",
  });
  await world.when(taskId, ({ state }) => state === "exhausted");

  // A deep link survives the login.
  const { page, complaints } = await enter("/tasks?state=exhausted");
  const row = page.locator(`tr[data-task="${taskId}"]`);
  await row.getByText("bad_status").waitFor();
  await row.locator("a").first().click();
  await page.waitForURL(`**/tasks/${taskId}`);

  // Both calls stand there, the newest open, its answer readable.
  await page.locator('[data-attempt="1"]').waitFor();
  await page.locator('[data-attempt="2"]').getByText("库存服务不可用").waitFor();
  assert.equal(await axe(page), []);

  await page.evaluate(() => {
    (globalThis as { sameDocument?: boolean }).sameDocument = true;
  });
  world.receiver.answer(new URL(url).pathname, 200);
  await page.getByRole("button", { name: "Retry now" }).click();
  await page.locator('[data-state="succeeded"]').first().waitFor();
  await page.locator('[data-attempt="3"]').waitFor();
  await page.getByText("The task is called now").waitFor();
  assert.ok(await page.evaluate(() => (globalThis as { sameDocument?: boolean }).sameDocument), "no reload");
  assert.is((await world.task(taskId)).state, "succeeded");
  // What the operator did is on record, with the name.
  await page.getByText("retried a task").waitFor();
  assert.equal(complaints, []);
});

test("a task that is delivered while it is looked at changes by itself", async ({ world, enter }) => {
  let let_through = () => {};
  const held = new Promise<void>((done) => {
    let_through = done;
  });
  const url = world.receiver.url(async (res) => {
    await held;
    res.end("ok");
  });
  const taskId = await world.submit({ url });
  await world.receiver.waitForCalls(taskId, 1);
  const { page, complaints } = await enter(`/tasks/${taskId}`);
  await page.locator('[data-state="delivering"]').first().waitFor();
  let_through();
  await page.locator('[data-state="succeeded"]').first().waitFor();
  assert.equal(complaints, []);
});

test("a countdown runs to the next call, and canceling asks first", async ({ world, enter }) => {
  const url = world.receiver.url(503);
  const taskId = await world.submit({ url, retry: { strategy: "fixed", delayMs: 600_000 } });
  await world.when(taskId, ({ callCount }) => callCount === 1);
  const { page, complaints } = await enter(`/tasks/${taskId}`);
  const countdown = page.getByTestId("countdown");
  await countdown.getByText(/in 9 min|in 10 min/).waitFor();
  const before = await countdown.textContent();
  await page.waitForFunction(
    (text) => document.querySelector('[data-testid="countdown"]')?.textContent !== text,
    before,
  );
  await page.getByRole("button", { name: "Cancel", exact: true }).click();
  const dialog = page.getByRole("dialog");
  // It names what will happen.
  await dialog.getByText(url).waitFor();
  assert.equal(await axe(page), []);
  await page.keyboard.press("Escape");
  assert.is((await world.task(taskId)).state, "pending");
  await page.getByRole("button", { name: "Cancel", exact: true }).click();
  await dialog.getByLabel("Note").fill("partner is shut down");
  await dialog.getByRole("button", { name: "Cancel", exact: true }).click();
  await page.locator('[data-state="canceled"]').first().waitFor();
  await page.getByText("partner is shut down").waitFor();
  assert.equal(complaints, []);
});

test("somebody else was quicker: the refusal stands on the page, which shows what is", async ({
  world,
  enter,
}) => {
  const taskId = await world.submit({ url: world.receiver.url(500), limitCallCount: 1 });
  await world.when(taskId, ({ state }) => state === "exhausted");
  const { page, complaints } = await enter(`/tasks/${taskId}`);
  await page.getByRole("button", { name: "Resolve" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Note").fill("repaired by hand");
  await world.api("POST", `/v1/tasks/${taskId}/resolve`);
  await dialog.getByRole("button", { name: "Resolve" }).click();
  await page
    .getByRole("alert")
    .getByText(/It is Resolved by now/)
    .waitFor();
  await page.locator('[data-state="resolved"]').first().waitFor();
  assert.equal(complaints, []);
});

test("a deep link to a task that does not exist says so", async ({ enter }) => {
  const { page, complaints } = await enter("/tasks/0199b3c2-7d1e-7a40-9c55-2f8f0f6f8b11");
  await page.getByText("There is no such task").waitFor();
  await page.goto("/no/such/page");
  await page.getByText("There is no page /no/such/page.").waitFor();
  assert.equal(complaints, []);
});

test.run();
