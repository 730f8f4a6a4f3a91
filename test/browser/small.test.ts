/** Small things that would annoy: what was typed goes with a click, tabs that look alike, texts in the wrong language. @takes 20 s */
import * as assert from "uvu/assert";
import { en } from "../../ui/src/i18n/en.ts";
import { zh } from "../../ui/src/i18n/zh.ts";
import { until } from "../e2e/kit/until.ts";
import { consoleSuite } from "./kit/suite.ts";

const test = consoleSuite("browser: small");

test("leaving a changed form asks: by a link, by the browser's own button, and by closing a dialog", async ({
  world,
  enter,
}) => {
  const taskId = await world.submit({ url: world.receiver.url() });
  await world.ended(taskId);
  const { page, complaints } = await enter("/alarms");
  const dialog = page.getByRole("dialog", { name: en["leave.title"] });
  const [stay, leave] = [en["action.back"], en["leave.action"]].map((name) =>
    dialog.getByRole("button", { name }),
  );
  // The list's search has a label that begins with it.
  const name = page.getByLabel("Name", { exact: true });
  const tasks = page.getByRole("navigation").getByRole("link", { name: "Tasks", exact: true });

  await page.getByRole("link", { name: en["page.channelNew"] }).first().click();
  // Nothing was typed: nothing is asked.
  await name.waitFor();
  await page.goBack();
  await page.waitForURL("**/alarms");
  // What is typed into the form that is on its way out is gone with it.
  await name.waitFor({ state: "detached" });
  await page.goForward();
  await name.fill("on call");
  await tasks.click();
  await stay?.click();
  assert.is(await name.inputValue(), "on call");
  await page.goBack();
  await stay?.click();
  assert.match(page.url(), /\/alarms\/new$/);
  assert.is(await name.inputValue(), "on call");
  await page.goBack();
  await leave?.click();
  await page.waitForURL((to) => to.pathname === "/alarms");

  // A copy that was changed; one that was sent is not asked about.
  await page.goto(`/tasks/${taskId}/resend`);
  await page.getByLabel(en["field.expectResult"]).fill("SUCCESS");
  await tasks.click();
  await stay?.click();
  await page.getByLabel(en["field.expectResult"]).fill("ok");
  await page.getByRole("button", { name: en["new.resend"] }).click();
  await page.waitForURL(new RegExp(`/tasks/(?!${taskId})[0-9a-f-]{36}$`));

  await page.goto("/users");
  await page.getByRole("button", { name: en["users.new"] }).click();
  await page.getByLabel(en["login.username"]).fill("half a name");
  await page.keyboard.press("Escape");
  await stay?.click();
  assert.is(await page.getByLabel(en["login.username"]).inputValue(), "half a name");
  await page.keyboard.press("Escape");
  await leave?.click();
  await page.getByLabel(en["login.username"]).waitFor({ state: "detached" });
  assert.equal(complaints, []);
});

test("the tab says which task it shows; moments have their offset, and can be had in UTC", async ({
  world,
  enter,
}) => {
  const taskId = await world.submit({ url: `${world.receiver.url()}/orders` });
  await world.ended(taskId);
  const { page, complaints } = await enter(`/tasks/${taskId}`);
  await page.locator("[data-attempt]").first().waitFor();
  const title = await until("the task's title", async () => {
    const now = await page.title();
    return now.startsWith(taskId.slice(0, 8)) ? now : null;
  });
  assert.ok(title.includes("/orders"), title);
  const whole = () => page.locator("[data-attempt] time").first().getAttribute("title");
  assert.match((await whole()) ?? "", /(UTC|GMT)/);
  await page.goto("/settings");
  await page.getByRole("button", { name: "UTC", exact: true }).last().click();
  await page.goto(`/tasks/${taskId}`);
  await page.locator("[data-attempt]").first().waitFor();
  const { startedAt } = (await world.attempts(taskId))[0] as { startedAt: string };
  const day = new Date(startedAt).toLocaleDateString("en-GB", {
    ...({ day: "2-digit", month: "short", year: "numeric", timeZone: "UTC" } as const),
  });
  const time = startedAt.slice(11, 19);
  assert.is(await whole(), `${day}, ${time} UTC`);
  await page.goto("/tasks");
  await until("the list's title", async () => (await page.title()) === `${en["page.tasks"]} · Bida`);
  assert.equal(complaints, []);
});

test("what the server refuses is said in the reader's language: reasons, rules of fields, JSON", async ({
  world,
  enter,
}) => {
  const url = world.receiver.url(500);
  const taskId = await world.submit({ url, limitCallCount: 1 });
  await world.ended(taskId);
  const { page, complaints } = await enter("/tasks?state=exhausted", { language: "zh" });
  const row = page.locator(`tr[data-task="${taskId}"]`);
  await row.locator("input[type=checkbox]").click();
  await page.getByRole("toolbar").getByRole("button", { name: zh["act.resolve"] }).click();
  // Somebody else is quicker.
  await page.getByRole("dialog").waitFor();
  await world.api("POST", `/v1/tasks/${taskId}/resolve`);
  await page.getByRole("dialog").getByRole("button", { name: zh["act.resolve"] }).click();
  const reason = zh["reason.state"].replace("{state}", zh["state.resolved"]);
  await row.getByRole("alert").getByText(reason).waitFor();

  await page.goto("/users");
  await page.getByRole("button", { name: zh["users.new"] }).click();
  const dialog = page.getByRole("dialog", { name: zh["users.new"] });
  await dialog.getByLabel(zh["login.username"]).fill("admin");
  await dialog.getByLabel(zh["login.password"]).fill("long enough for anybody");
  await dialog.getByRole("button", { name: zh["action.save"] }).click();
  await dialog.getByText(zh["rule.taken"]).first().waitFor();

  await page.goto("/alarms/new");
  await page.getByLabel(zh["channel.own"]).check();
  await page.getByRole("textbox", { name: zh["channel.content"] }).fill('{\n  "a": 1\n  "b": 2\n}');
  const [line, column] = [3, 3];
  const said = zh["mistake.json"]
    .replace("{line}", String(line))
    .replace("{column}", String(column))
    .replace("{rule}", zh["json.member"]);
  await page.getByTestId("template-problem").getByText(said).waitFor();
  assert.equal(complaints, []);
});

test("older attempts are there at once, though the hand that asked for them is in the list", async ({
  world,
  enter,
}) => {
  const taskId = await world.submit({ url: world.receiver.url() });
  await world.ended(taskId);
  const { page, complaints } = await enter("/tasks");
  await page.route("**/attempts?*", async (route) => {
    const answer = await route.fetch();
    const [first] = (await answer.json()).items;
    const query = new URL(route.request().url()).searchParams;
    const newest = Number(query.get("cursor") ?? 61) - 1;
    const oldest = Math.max(1, newest - Number(query.get("limit")) + 1);
    const items = Array.from({ length: newest - oldest + 1 }, (_, i) => ({ ...first, n: newest - i }));
    await route.fulfill({ json: { items, nextCursor: oldest > 1 ? String(oldest) : null } });
  });
  await page.goto(`/tasks/${taskId}`);
  const rows = page.locator("[data-attempt]");
  await rows.nth(49).waitFor();
  await page.getByRole("button", { name: en["task.olderAttempts"] }).click();
  await rows.nth(59).waitFor();
  assert.is(await rows.count(), 60);
  assert.equal(complaints, []);
});

test("names of any script stand apart from the words around them", async ({ world, enter }) => {
  const name = "חנות\u202Eevil";
  const made = await world.api("POST", "/v1/apps", { name: "מלאי", ipAllow: [] });
  assert.is(made.status, 201, made.text);
  const taskId = await world.submit({
    url: world.receiver.url(),
    sourceAppName: name,
    targetAppName: "stock",
  });
  const { page, complaints } = await enter(`/tasks/${taskId}`);
  await page.locator("bdi", { hasText: "חנות" }).first().waitFor();
  await page.goto("/apps");
  await page.locator("bdi", { hasText: "מלאי" }).waitFor();
  assert.equal(complaints, []);
});

test("a body of 800 KB is opened, formatted and edited without a wait", async ({ world, enter }) => {
  const rows = Array.from({ length: 9_000 }, (_, i) => ({
    id: i,
    name: `item ${i}`,
    note: "库存".repeat(8),
    price: 1.5,
  }));
  const requestParam = { rows };
  assert.ok(Buffer.byteLength(JSON.stringify(requestParam)) > 800_000);
  const taskId = await world.submit({ url: world.receiver.url(), requestParam });
  await world.ended(taskId);
  const { page, complaints } = await enter("/tasks");
  await page.locator(`tr[data-task="${taskId}"]`).waitFor();
  const opened = async (path: string, shown: string): Promise<number> => {
    await page.goto(path);
    const handle = await page.waitForFunction((selector) => {
      // The answer of its call is in a shorter one.
      const all = [...document.querySelectorAll<HTMLTextAreaElement>(selector)];
      const shown = all.some((one) => (one.value ?? one.textContent ?? "").length > 3_000);
      return shown ? performance.now() : null;
    }, shown);
    return (await handle.jsonValue()) as number;
  };
  const times = {
    read: await opened(`/tasks/${taskId}`, "section pre"),
    edit: await opened(`/tasks/${taskId}/resend`, "textarea"),
  };
  if (process.env.TEST_TIMES) console.log(times);
  // A second on an idle machine; this one may have others at work.
  for (const [what, ms] of Object.entries(times)) assert.ok(ms < 5_000, `${what}: ${ms} ms`);
  // A key that is pressed in it is there before the next one.
  const area = page.locator("textarea").first();
  await area.focus();
  await page.evaluate(() => {
    const watch = globalThis as unknown as { typed: number };
    const from = { at: 0 };
    addEventListener("keydown", () => (from.at = performance.now()), true);
    addEventListener("input", () => {
      requestAnimationFrame(() => setTimeout(() => (watch.typed = performance.now() - from.at)));
    });
  });
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press(" ");
  const seen = await page.waitForFunction(() => (globalThis as unknown as { typed: number }).typed);
  const typed = await seen.jsonValue();
  if (process.env.TEST_TIMES) console.log({ typed });
  assert.ok(typed < 5_000, `a key took ${typed} ms`);
  assert.equal(complaints, []);
});

test("the first app: what it changes is said before, and what is wrong with it in the reader's language", async ({
  enter,
}) => {
  const { page, complaints } = await enter("/tasks", { language: "zh" });
  await page.route("**/v1/apps", (route) =>
    route.request().method() === "GET"
      ? route.fulfill({ json: { items: [], nextCursor: null } })
      : route.continue(),
  );
  await page.goto("/apps");
  await page.getByRole("button", { name: zh["apps.new"] }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("BIDA_EGRESS_ALLOW").waitFor();
  await dialog.getByLabel(zh["apps.name"]).fill("shop");
  await dialog.getByLabel(zh["apps.ipAllow"]).fill("10.1");
  await dialog.getByLabel(zh["apps.keyPath"]).fill("orderNo");
  await dialog.getByRole("button", { name: zh["action.save"] }).click();
  await dialog.getByText("“10.1”不是 IP 地址或 CIDR 网段").waitFor();
  await dialog.getByText(/^不是有效的 JSONPath：/).waitFor();
  assert.equal(complaints, []);
});

test.run();
