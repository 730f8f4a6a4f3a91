/** Finding: one search that always finds, filters that fill themselves, views for everybody; walks with their numbers of actions. @takes 25 s */
import type { Page } from "playwright-core";
import * as assert from "uvu/assert";
import { en } from "../../ui/src/i18n/en.ts";
import { until } from "../e2e/kit/until.ts";
import { newUser, PASSWORD } from "../e2e/suite/access.ts";
import { axe } from "./kit/console.ts";
import { consoleSuite } from "./kit/suite.ts";

const test = consoleSuite("browser: finding");

/** What an operator does: every key, text or click is one. */
class Actions {
  count = 0;

  async do(action: Promise<unknown>): Promise<void> {
    this.count += 1;
    await action;
  }
}

const palette = (page: Page) => ({
  field: page.getByRole("combobox", { name: en["keys.palette"] }),
  option: (text: string | RegExp) => page.getByRole("option").filter({ hasText: text }),
  notes: page.getByRole("dialog").getByRole("status"),
});

test("where is order 4711: three actions, from anywhere", async ({ world, enter }) => {
  const app = await world.app("shop");
  await world.api("PATCH", `/v1/apps/${app.id}`, { businessKeyPath: "$.orderNo" });
  const url = world.receiver.url({ status: 503, body: "closed for today" });
  const taskId = await until("a task with its business key", async () => {
    const task = { url, requestParam: { orderNo: "4711" }, limitCallCount: 1 };
    const id = await world.submit(task, app.headers);
    return (await world.task(id)).businessKey === "4711" ? id : null;
  });
  await world.ended(taskId);
  const { page, complaints } = await enter("/destinations");
  await page.locator("tr[data-origin]").first().waitFor();
  const walk = new Actions();
  await walk.do(page.keyboard.press("Control+k"));
  await palette(page).field.waitFor();
  await walk.do(page.keyboard.type("4711"));
  // Enter waits for what is on its way.
  await walk.do(page.keyboard.press("Enter"));
  await page.waitForURL(`**/tasks/${taskId}`);
  await page.getByText("closed for today").first().waitFor();
  assert.is(walk.count, 3);
  await page.locator("dl.facts").getByText("4711").waitFor();
  assert.equal(complaints, []);
});

test("what failed since noon and why: five actions; two with a view that was saved", async ({
  world,
  enter,
}) => {
  const refused = await world.submit({ url: "http://127.0.0.1:9/", limitCallCount: 1 });
  const wrong = await world.submit({ url: world.receiver.url(502), limitCallCount: 1 });
  for (const id of [refused, wrong]) await world.ended(id);
  const { page, complaints } = await enter("/");
  await page.locator('[data-figure="exhausted"]').waitFor();
  const noon = await page.evaluate(() => {
    const at = new Date(Date.now() - 3_600_000 - new Date().getTimezoneOffset() * 60_000);
    return at.toISOString().slice(0, 16);
  });
  const walk = new Actions();
  await walk.do(page.locator('[data-figure="exhausted"] a, a[data-figure="exhausted"]').first().click());
  await page.waitForURL(/state=exhausted/);
  await walk.do(page.getByRole("button", { name: en["filter.add"], exact: true }).click());
  await walk.do(page.getByRole("menuitem", { name: en["field.finishedAt"] }).click());
  await walk.do(page.getByLabel(en["range.from"]).fill(noon));
  await walk.do(page.keyboard.press("Enter"));
  await page.waitForURL(/finishedFrom=/);
  for (const [id, code] of [
    [refused, "refused"],
    [wrong, "bad_status"],
  ])
    await page
      .locator(`tr[data-task="${id}"]`)
      .getByText(code as string, { exact: true })
      .waitFor();
  assert.is(walk.count, 5);

  // Only what was refused is counted for a retry.
  await page.getByRole("button", { name: en["filter.add"], exact: true }).click();
  await page.getByRole("menuitem", { name: en["field.errorCode"] }).click();
  await page.getByLabel("refused", { exact: true }).check();
  await page.keyboard.press("Escape");
  await page.locator(`tr[data-task="${wrong}"]`).waitFor({ state: "detached" });
  await page.getByRole("button", { name: en["tasks.all"], exact: true }).click();
  await page.getByRole("menuitem", { name: /^Retry/ }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByTestId("matched").getByText("1").waitFor();
  await dialog.getByText("refused", { exact: true }).waitFor();
  await page.keyboard.press("Escape");

  await world.api("POST", "/v1/views", {
    page: "tasks",
    name: "failed today",
    query: "state=exhausted&finishedFrom=-24h",
  });
  await page.goto("/tasks");
  const views = new Actions();
  const opened = page.getByRole("button", { name: en["views.title"] });
  await opened.waitFor();
  await views.do(opened.click());
  await views.do(page.getByRole("menuitem", { name: "failed today", exact: true }).click());
  await page.locator(`tr[data-task="${wrong}"]`).getByText("bad_status").first().waitFor();
  assert.is(views.count, 2);
  assert.equal(complaints, []);
});

test("answers come while one types, from every place; none is of what was typed before", async ({
  world,
  enter,
}) => {
  const tag = `x${Math.random().toString(36).slice(2, 8)}`;
  const url = `${world.receiver.url()}/${tag}-called`;
  const paid = await world.submit({
    url: `${url}/{no}`,
    requestParam: { no: 1, text: `${tag} 商店` },
    orderKey: `${tag}-order`,
  });
  await world.ended(paid);
  const { page, complaints } = await enter("/");
  await page.locator('[data-figure="exhausted"]').waitFor();
  await page.keyboard.press("Control+k");
  const { field, option, notes } = palette(page);
  const group = (name: string) => page.getByRole("group", { name, exact: true });
  for (const [text, place] of [
    [`${tag}-order`, "found.orderKey"],
    [`${tag}-called/1`, "found.url"],
    [`${tag} 商店`, "found.payload"],
    [`${paid.slice(0, 8)}…${paid.slice(-6)}`, "found.taskId"],
  ] as const) {
    await field.fill(text);
    await group(en[place]).getByRole("option").first().waitFor();
  }
  assert.equal(await axe(page), []);

  // An answer that is late belongs to what was typed then, and is not shown.
  const held: (() => void)[] = [];
  await page.route("**/v1/search?text=late*", async (route) => {
    await new Promise<void>((go) => held.push(go));
    await route
      .fulfill({
        json: {
          groups: [
            {
              place: "destination",
              items: [{ origin: "https://late.example" }],
              complete: true,
              unsearched: null,
            },
          ],
        },
      })
      .catch(() => undefined);
  });
  await Promise.all([page.waitForRequest(/text=late/), field.fill("late")]);
  await field.fill(`${tag}-order`);
  await group(en["found.orderKey"]).getByRole("option").first().waitFor();
  for (const go of held) go();
  await field.press("ArrowDown");
  assert.is(await option("late.example").count(), 0);

  // The end of a key finds nothing: how keys are looked for is said.
  await field.fill("-order");
  await notes
    .getByText(
      `${en["found.businessKey"]}, ${en["found.orderKey"]} (by its beginning); ${en["found.idempotencyKey"]} (typed whole)`,
    )
    .waitFor();

  // What cannot be searched is said, and so is where only a part was looked at.
  await page.route("**/v1/search?text=part*", (route) =>
    route.fulfill({
      json: {
        groups: [
          { place: "payload", items: [], complete: false, unsearched: "encrypted" },
          { place: "url", items: [], complete: false, unsearched: null },
          { place: "incident", items: [], complete: false, unsearched: "failed" },
        ],
      },
    }),
  );
  await field.fill("part");
  await notes.getByText(`payloads are encrypted here: ${en["found.payload"]}`).waitFor();
  await notes.getByText(`Could not be searched just now: ${en["found.incident"]}`).waitFor();
  await notes.getByText(/Only the newest tasks were looked at.*Called URL/).waitFor();
  await page.route("**/v1/search?text=away*", (route) =>
    route.fulfill({
      status: 503,
      contentType: "application/problem+json",
      json: { status: 503, code: "unavailable", title: "The database does not answer", errors: [] },
    }),
  );
  await field.fill("away");
  await notes.locator(".bad").waitFor();
  // The lists are offered in any case.
  await option(`“away” in the payload`).click();
  await page.waitForURL(/q=away/);
  assert.equal(complaints, []);
});

test("filters are filled in while one types; views of others are seen, not changed; this browser's own are shared", async ({
  world,
  enter,
}) => {
  const source = `source-${Math.random().toString(36).slice(2, 8)}`;
  const one = await world.submit({ url: world.receiver.url(), sourceAppName: source });
  await world.ended(one);
  const viewer = await newUser(world, "viewer");
  await world.api("POST", "/v1/views", { page: "tasks", name: "of admin", query: "state=exhausted" });
  const { page, complaints } = await enter("/tasks", { username: viewer.username, password: PASSWORD });
  await page.evaluate(() =>
    localStorage.setItem(
      "bida.views.tasks",
      JSON.stringify([{ name: "from before", query: "state=pending" }]),
    ),
  );
  await page.reload();
  await page.getByRole("button", { name: en["filter.add"], exact: true }).click();
  await page.getByRole("menuitem", { name: en["field.sourceAppName"] }).click();
  await page.getByLabel(en["field.sourceAppName"], { exact: true }).fill(source.slice(0, 9));
  await page.locator(`datalist option[value="${source}"]`).waitFor({ state: "attached" });
  await page.getByLabel(en["field.sourceAppName"], { exact: true }).fill(source);
  await page.keyboard.press("Enter");
  await page.locator(`tr[data-task="${one}"]`).waitFor();

  const views = page.getByRole("button", { name: en["views.title"] });
  await views.click();
  await page.getByRole("menuitem", { name: "of admin" }).first().waitFor();
  assert.is(await page.getByRole("menuitem", { name: "Remove “of admin”" }).count(), 0);
  await page.getByRole("menuitem", { name: "Share “from before” with everybody" }).click();
  await page.getByText("View “from before” saved").waitFor();
  const shared = (await world.api("GET", "/v1/views")).json.items as {
    name: string;
    owner: { name: string };
  }[];
  assert.is(shared.find(({ name }) => name === "from before")?.owner.name, viewer.username);
  assert.is(await page.evaluate(() => localStorage.getItem("bida.views.tasks")), "[]");
  await views.click();
  await page.getByRole("menuitem", { name: "Rename “from before”" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel(en["views.name"]).fill("of admin");
  await dialog.getByRole("button", { name: en["action.save"] }).click();
  await dialog.getByText("is taken").waitFor();
  await dialog.getByLabel(en["views.name"]).fill("since Monday");
  await dialog.getByRole("button", { name: en["action.save"] }).click();
  await page.getByText("View “since Monday” saved").waitFor();
  assert.equal(await axe(page), []);
  assert.equal(complaints, []);
});

test.run();
