/** The keyboard, saved views, and what this browser remembers: columns, pages that were walked through. @takes 20 s */
import * as assert from "uvu/assert";
import { en } from "../../ui/src/i18n/en.ts";
import { axe } from "./kit/console.ts";
import { consoleSuite } from "./kit/suite.ts";

const test = consoleSuite("browser: keys");
let url: string;

test.before(async ({ world }) => {
  url = world.receiver.url(500);
  const task = { url, requestMethod: "POST", limitCallCount: 1 };
  const { json } = await world.api("POST", "/v1/tasks/batch", { tasks: [task, task, task, task, task] });
  for (const { taskId } of json.results as { taskId: string }[]) await world.ended(taskId);
});

test("lists by the keyboard: down, up, select, select to here, retry, open, search", async ({
  world,
  enter,
}) => {
  const { page, complaints } = await enter(`/tasks?url=${encodeURIComponent(url)}`);
  const rows = page.locator("tr[data-task]");
  await rows.nth(4).waitFor();
  const at = () => page.locator("tr.cursor").getAttribute("data-task");
  for (const key of ["j", "j", "j", "k"]) await page.keyboard.press(key);
  assert.is(await at(), await rows.nth(1).getAttribute("data-task"));
  await page.keyboard.press("x");
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await page.keyboard.press("Shift+X");
  await page.getByRole("toolbar").getByText("3 selected").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("toolbar").waitFor({ state: "detached" });

  // `r` asks, and calls the task under the cursor again; the row shows how it went.
  world.receiver.answer(new URL(url).pathname, 200);
  for (const key of ["j", "j", "r"]) await page.keyboard.press(key);
  await page.getByRole("dialog").getByText(en["confirm.retry.title"]).waitFor();
  await page.keyboard.press("Enter");
  const retried = (await rows.nth(1).getAttribute("data-task")) as string;
  await page.locator(`tr[data-task="${retried}"] [data-state="succeeded"]`).first().waitFor();
  await page.keyboard.press("o");
  await page.waitForURL(`**/tasks/${retried}`);
  await page.locator("[data-attempt]").first().waitFor();
  // Back in the list, the cursor is where it was.
  await page.keyboard.press("u");
  await page.locator(`tr.cursor[data-task="${retried}"]`).waitFor();

  // `/` searches; a task's id leads straight to it. While typing, letters are letters.
  await page.keyboard.press("/");
  await page.keyboard.type(retried);
  await page.keyboard.press("Enter");
  await page.locator("[data-attempt]").first().waitFor();
  await Promise.all([page.keyboard.press("g"), page.keyboard.press("t")]);
  await page.waitForURL("**/tasks");
  await page.keyboard.press("n");
  await page.waitForURL("**/tasks/new");
  assert.equal(complaints, []);
});

test("the palette goes anywhere, finds tasks, and switches language; help lists what is in force", async ({
  enter,
}) => {
  const { page, complaints } = await enter("/");
  await page.locator('[data-figure="exhausted"]').waitFor();
  await page.keyboard.press("Control+k");
  const field = page.getByRole("combobox");
  await field.waitFor();
  assert.equal(await axe(page), []);
  await page.keyboard.type("desti");
  await page.keyboard.press("Enter");
  await page.waitForURL("**/destinations");
  await page.locator("tr[data-origin]").first().waitFor();
  // Also out of a field, and with the address of a target.
  await page.keyboard.press("/");
  await page.keyboard.press("Control+k");
  await field.fill(new URL(url).host);
  await page.getByRole("option", { name: /in the URL/ }).click();
  await page.waitForURL(/\/tasks\?url=/);
  await page.locator("tr[data-task]").first().waitFor();
  await page.keyboard.press("?");
  const help = page.getByRole("dialog", { name: "Keyboard shortcuts" });
  await help.getByText("Next row").waitFor();
  const leads = (await help.locator("section").first().locator("dt").allInnerTexts()).map((keys) =>
    keys.replace(/\s/g, ""),
  );
  assert.is(new Set(leads).size, leads.length, "two pages have the same keys");
  assert.equal(await axe(page), []);
  await page.keyboard.press("Escape");
  await help.waitFor({ state: "detached" });
  await page.keyboard.press("Control+k");
  await field.fill("中文");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "全部任务" }).waitFor();
  assert.equal(complaints, []);
});

test("filters are saved as a view; taking it away can be undone; columns are remembered", async ({
  world,
  enter,
}) => {
  const { page, complaints } = await enter("/tasks");
  await page.getByRole("button", { name: "Filter", exact: true }).click();
  await page.getByRole("menuitem", { name: "URL contains" }).click();
  await page.getByRole("textbox", { name: "URL contains" }).fill(url);
  await page.keyboard.press("Enter");
  await page.waitForURL(/url=/);
  const address = page.url();
  const views = page.getByRole("button", { name: "Views" });
  await views.click();
  await page.getByRole("menuitem", { name: "Save these filters" }).click();
  await page.getByRole("dialog").getByLabel("Name").fill("stock is down");
  await page.keyboard.press("Enter");
  await page.getByText("View “stock is down” saved").waitFor();
  const { items } = (await world.api("GET", "/v1/views")).json;
  assert.equal(
    items.map(({ name, owner }: { name: string; owner: { name: string } }) => [name, owner.name]),
    [["stock is down", "admin"]],
  );

  // Chips take filters away one by one.
  await page.getByRole("button", { name: "Remove filter: URL contains" }).click();
  await page.waitForURL((to) => !to.search.includes("url="));
  await page.reload();
  await views.click();
  await page.getByRole("menuitem", { name: "stock is down", exact: true }).click();
  await page.waitForURL(address);
  await views.click();
  await page.getByRole("menuitem", { name: "Remove “stock is down”" }).click();
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByText("Undone").waitFor();
  await views.click();
  await page.getByRole("menuitem", { name: "stock is down", exact: true }).waitFor();
  await page.keyboard.press("Escape");

  const header = page.getByRole("columnheader", { name: "Order key" });
  assert.is(await header.count(), 0);
  await page.getByRole("button", { name: "Columns" }).click();
  await page.getByRole("menuitemcheckbox", { name: "Order key" }).click();
  await header.waitFor();
  await page.reload();
  await header.waitFor();
  assert.equal(complaints, []);
});

test("pages of a list are walked through forwards and back, by keys, and by the browser's own button", async ({
  enter,
}) => {
  const { page, complaints } = await enter(`/tasks?limit=2&url=${encodeURIComponent(url)}`);
  const ids = () =>
    page.locator("tr[data-task]").evaluateAll((rows) => rows.map((row) => row.getAttribute("data-task")));
  await page.locator("tr[data-task]").nth(1).waitFor();
  const first = await ids();
  const changed = (than: (string | null)[]) =>
    page.waitForFunction(
      (former) => document.querySelector("tr[data-task]")?.getAttribute("data-task") !== former,
      than[0],
    );
  await page.keyboard.press("]");
  await changed(first);
  const second = await ids();
  assert.is(new Set([...first, ...second]).size, 4);
  await page.getByRole("button", { name: "Next page" }).click();
  await changed(second);
  assert.is((await ids()).length, 1);
  await page.keyboard.press("[");
  await page.waitForFunction(
    (id) => document.querySelector("tr[data-task]")?.getAttribute("data-task") === id,
    second[0],
  );
  // The browser's own button takes back the last step.
  await page.goBack();
  await changed(second);
  assert.equal(complaints, []);
});

test.run();
