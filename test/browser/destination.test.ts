/** The page of a destination: how it is, since when it fails, who paused it, and what it missed is sent again. @takes 25 s */
import * as assert from "uvu/assert";
import { en } from "../../ui/src/i18n/en.ts";
import { axe } from "./kit/console.ts";
import { consoleSuite } from "./kit/suite.ts";

const test = consoleSuite("browser: destination");

test("this partner was down, send what it missed: three actions from the overview", async ({
  world,
  enter,
}) => {
  const { receiver } = world;
  await world.ended(await world.submit({ url: receiver.url() }));
  const failing = receiver.url(500);
  const missed: string[] = [];
  for (let i = 0; i < 6; i++) missed.push(await world.submit({ url: failing, limitCallCount: 1 }));
  for (const taskId of missed) await world.ended(taskId);

  const { page, complaints } = await enter("/");
  // 1: the destination, among those that fail.
  await page.locator("td.origin a", { hasText: receiver.origin }).click();
  const outage = page.getByTestId("outage");
  await outage.getByText("6 of 7 calls failed.").waitFor();
  await outage.getByText(en["outage.missed"].split("|")[1]?.replace("{n}", "6") ?? "").waitFor();
  assert.equal(await axe(page), []);
  // Never healthy beside calls that failed.
  assert.is(await page.locator("[data-verdict]").getAttribute("data-verdict"), "failing");
  receiver.answer(new URL(failing).pathname, 200);
  // 2: what it missed, 3: the window is filled in, and counted; go.
  await outage.getByRole("button", { name: en["outage.replay"] }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByTestId("matched").getByText("6").waitFor();
  await dialog.getByRole("button", { name: en["dest.replay"] }).click();
  await page.getByText("6 tasks are sent again").waitFor();
  for (const taskId of missed) await world.when(taskId, ({ state }) => state === "succeeded");
  assert.equal(complaints, []);
});

test("the same, slowly, and what became of it: five actions from the overview", async ({ world, enter }) => {
  const { receiver } = world;
  const failing = receiver.url(500);
  const missed: string[] = [];
  for (let i = 0; i < 6; i++) missed.push(await world.submit({ url: failing, limitCallCount: 1 }));
  for (const taskId of missed) await world.ended(taskId);
  const { page, complaints } = await enter("/");
  // 1: the destination, 2: what it missed, 3: how many per second, 4: go.
  await page.locator("td.origin a", { hasText: receiver.origin }).click();
  receiver.answer(new URL(failing).pathname, 200);
  await page.getByTestId("outage").getByRole("button", { name: en["outage.replay"] }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByTestId("matched").getByText("6").waitFor();
  await dialog.getByLabel(en["job.pace.label"]).fill("20");
  await dialog.getByRole("button", { name: en["dest.replay"] }).click();
  // 5: the job, from the notice of its end. What became of the tasks stands on its page.
  await page.locator(".toast", { hasText: "6 tasks are sent again" }).getByRole("link").click();
  await page.waitForURL("**/jobs/*");
  await page.locator("[data-outcome=succeeded]").getByText("6").waitFor();
  await page.getByText(receiver.origin).first().waitFor();
  assert.equal(await axe(page), []);
  assert.equal(complaints, []);
});

test("who paused this, and why: it stands on its page", async ({ world, enter }) => {
  const { origin } = world.receiver;
  const { page, complaints } = await enter("/destinations");
  await page.locator(`tr[data-origin="${origin}"] a`).click();
  await page.waitForURL(`**/destinations/${encodeURIComponent(origin)}`);
  await page.getByRole("button", { name: `${en["dest.pause"]}…` }).click();
  await page.getByRole("dialog").getByLabel(en["field.note"]).fill("they deploy until noon");
  await page.getByRole("dialog").getByRole("button", { name: en["dest.pause"] }).click();
  const note = page.getByTestId("paused");
  await note.getByText("admin").waitFor();
  await note.getByText("they deploy until noon").waitFor();
  assert.ok((await page.title()).startsWith(origin.replace("http://", "")));
  // Resuming can be taken back, and is here.
  await page.getByRole("button", { name: en["dest.resume"] }).click();
  const resumed = page.locator(".toast", { hasText: en["dest.resumed"] });
  await resumed.getByRole("button", { name: en["action.undo"] }).click();
  await page.getByText(en["toast.undone"]).waitFor();
  assert.is((await world.api("GET", `/v1/destinations/${encodeURIComponent(origin)}`)).json.paused, true);
  await page.getByRole("button", { name: en["dest.resume"] }).click();
  await note.waitFor({ state: "detached" });
  assert.equal(complaints, []);
});

test("the list is sorted by the column that is asked for, both ways; the address keeps it", async ({
  world,
  enter,
}) => {
  for (const origin of ["https://a.example", "https://b.example", "https://c.example"])
    await world.api("PATCH", `/v1/destinations/${encodeURIComponent(origin)}`, { concurrency: 2 });
  const { page, complaints } = await enter("/destinations");
  const rows = page.locator("tr[data-origin]");
  await rows.nth(3).waitFor();
  const first = () => rows.first().getAttribute("data-origin");
  const name = page.getByRole("columnheader", { name: en["field.destination"] });
  await name.getByRole("button").click();
  await page.waitForURL(/sort=name/);
  const named = await rows.evaluateAll((all) => all.map((row) => row.getAttribute("data-origin") ?? ""));
  assert.equal(named, named.toSorted());
  assert.is(await name.getAttribute("aria-sort"), "ascending");
  await page.getByRole("columnheader", { name: en["dest.calls24"] }).getByRole("button").click();
  await page.waitForURL(/sort=calls/);
  await page.waitForFunction(
    (origin) => document.querySelector("tr[data-origin]")?.getAttribute("data-origin") === origin,
    world.receiver.origin,
  );
  await page.getByRole("columnheader", { name: en["dest.calls24"] }).getByRole("button").click();
  await page.waitForURL(/sort=-calls/);
  await page.waitForFunction(
    (origin) => document.querySelector("tr[data-origin]")?.getAttribute("data-origin") !== origin,
    world.receiver.origin,
  );
  await page.reload();
  await rows.nth(3).waitFor();
  assert.is.not(await first(), world.receiver.origin);
  assert.equal(complaints, []);
});

test("a destination that nobody knows is told of", async ({ enter }) => {
  const { page, complaints } = await enter(`/destinations/${encodeURIComponent("https://nobody.example")}`);
  await page.getByText(en["missing.destination"]).waitFor();
  assert.equal(complaints, []);
});

test.run();
