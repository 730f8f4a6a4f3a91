/** The page of a job over many tasks, the whole schedule, and copies that stand for their originals. @takes 30 s */
import * as assert from "uvu/assert";
import type { JobDetail } from "../../core/bulk.ts";
import { en } from "../../ui/src/i18n/en.ts";
import { until } from "../e2e/kit/until.ts";
import type { World } from "../e2e/kit/world.ts";
import { axe } from "./kit/console.ts";
import { consoleSuite } from "./kit/suite.ts";

const test = consoleSuite("browser: jobs");

/** Tasks whose only call failed. */
async function failed(world: World, n: number, url: string): Promise<string[]> {
  const ids: string[] = [];
  for (let i = 0; i < n; i++) ids.push(await world.submit({ url, limitCallCount: 1 }));
  for (const taskId of ids) await world.ended(taskId);
  return ids;
}

test("a job is followed, paused, made quicker and seen to its end; what it left out is named", async ({
  world,
  enter,
}) => {
  const { receiver } = world;
  const url = receiver.url(500);
  const ids = await failed(world, 25, url);
  receiver.answer(new URL(url).pathname, 200);
  const [replaced = ""] = ids;
  const copy = (await world.api("POST", `/v1/tasks/${replaced}/resend`, { url: receiver.url() })).json;
  await world.ended(copy.taskId);

  const { page, complaints } = await enter(`/tasks?url=${encodeURIComponent(url)}`);
  await page.locator("tr[data-task]").first().waitFor();
  await page.getByRole("button", { name: "More", exact: true }).click();
  await page.getByRole("menuitem", { name: "Retry…" }).click();
  const dialog = page.getByRole("dialog");
  // What would be changed, and why the rest would not.
  await dialog.getByTestId("matched").getByText("24", { exact: true }).waitFor();
  await dialog.getByTestId("matched").getByText("of 25 that match").waitFor();
  await dialog.getByTestId("skipped").getByText(en["reason.copySucceeded"]).waitFor();
  await dialog.getByLabel(en["schedule.whole"]).check();
  await dialog.getByLabel(en["job.pace.label"]).fill("1");
  assert.equal(await axe(page), []);
  await dialog.getByRole("button", { name: "Retry 24" }).click();
  const bar = page.getByTestId("job");
  await bar.locator("summary").click();
  await bar.getByRole("link", { name: en["job.retry"] }).click();
  await page.waitForURL("**/jobs/*");
  const jobId = new URL(page.url()).pathname.split("/").at(-1) as string;
  const job = async () => (await world.api("GET", `/v1/jobs/${jobId}`)).json as JobDetail;
  await page.getByText(url).waitFor();
  await page.getByText(en["schedule.whole"]).waitFor();
  await page.getByTestId("pace").getByText("at most 1 per second").waitFor();

  await page.getByRole("button", { name: en["job.pause"], exact: true }).click();
  await page.getByTestId("paused").getByText("admin").waitFor();
  const { done } = await job();
  assert.ok(done < 25, String(done));
  await page.locator("[data-job-state=paused]").waitFor();
  assert.equal(await axe(page), []);
  await page.getByLabel(en["job.pace.label"]).fill("0");
  await page.getByText("must be 1 to 1000").waitFor();
  // The typed pace stays where it could not be set.
  await page.getByLabel(en["job.pace.label"]).fill("5");
  const busy = { status: 503, json: { code: "unavailable", title: "Not just now", errors: [] } };
  await page.route(`**/v1/jobs/${jobId}`, (route) =>
    route.request().method() === "PATCH" ? route.fulfill(busy) : route.fallback(),
  );
  await page.getByRole("button", { name: en["job.pace.set"] }).click();
  await page.getByRole("alert").waitFor();
  assert.is(await page.getByLabel(en["job.pace.label"]).inputValue(), "5");
  await page.unroute(`**/v1/jobs/${jobId}`);
  await page.getByLabel(en["job.pace.label"]).fill("");
  await page.getByRole("button", { name: en["job.pace.set"] }).click();
  await page.getByTestId("pace").getByText(en["job.pace.none"]).waitFor();
  assert.is((await job()).done, done);
  await page.getByRole("button", { name: en["job.resume"], exact: true }).click();
  await page.locator("[data-job-state=finished]").waitFor();
  await page.locator("[data-outcome=succeeded]").getByText("24").waitFor();
  const skipped = page.getByTestId("skipped");
  await skipped.getByText(en["reason.copySucceeded"]).waitFor();
  await skipped.getByRole("link").click();
  await page.waitForURL(`**/tasks/${replaced}`);
  await page.getByTestId("replaced").getByText(en["copy.succeeded"]).waitFor();

  await page.getByRole("link", { name: en["page.jobs"], exact: true }).click();
  const row = page.locator(`tr[data-job="${jobId}"]`);
  await row.getByText("25 / 25").waitFor();
  assert.equal(await axe(page), []);
  await page.getByRole("button", { name: en["job.open"], exact: true }).click();
  await page.getByText(en["job.noneOf"]).waitFor();
  await page.getByRole("button", { name: en["job.ended"], exact: true }).click();
  await row.getByRole("link").click();
  await page.getByText(en["audit.job.pause"]).waitFor();
  assert.equal(complaints, []);
});

test("a job is stopped from its page, which asks; one that there is not is told of", async ({
  world,
  enter,
}) => {
  const url = world.receiver.url(500);
  await failed(world, 8, url);
  const filter = { state: ["exhausted"], url };
  const { json } = await world.api("POST", "/v1/tasks/retry", { filter, pace: 1 });
  await world.api("PATCH", `/v1/jobs/${json.job.id}`, { paused: true });
  const { page, complaints } = await enter(`/jobs/${json.job.id}`);
  await page.getByRole("button", { name: `${en["job.stop"]}…` }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel(en["field.note"]).fill("the wrong filter");
  await dialog.getByRole("button", { name: en["job.stop"] }).click();
  await page.locator("[data-job-state=stopped]").waitFor();
  await page.getByText("the wrong filter").waitFor();
  await page.goto(new URL("/jobs/0199aeb6-6c00-7c3f-9d4e-5b8f0c2a1d37", page.url()).href);
  await page.getByText(en["missing.job"]).waitFor();
  assert.equal(
    complaints.filter((complaint) => !complaint.includes("404")),
    [],
  );
});

test("a task is called with its whole schedule; its numbers go on", async ({ world, enter }) => {
  const url = world.receiver.url(500);
  const retry = { strategy: "fixed", delayMs: 0 };
  const taskId = await world.submit({ url, limitCallCount: 2, retry });
  await world.ended(taskId);
  const { page, complaints } = await enter(`/tasks/${taskId}`);
  await page.getByRole("button", { name: `${en["act.retryWhole"]}…` }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText(en["confirm.whole.title"]).waitFor();
  await dialog.getByRole("button", { name: en["act.retry"] }).click();
  await world.when(taskId, ({ callCount, state }) => callCount === 4 && state === "exhausted");
  await page.getByText("4 / 2").waitFor();
  assert.equal(complaints, []);
});

test("a copy has succeeded: its original is offered to be resolved, on the pages of both", async ({
  world,
  enter,
}) => {
  const url = world.receiver.url(500);
  const [first = "", second = ""] = await failed(world, 2, url);
  const copies: string[] = [];
  for (const id of [first, second]) {
    const { json } = await world.api("POST", `/v1/tasks/${id}/resend`, { url: world.receiver.url() });
    copies.push(json.taskId);
    await world.ended(json.taskId);
  }
  const { page, complaints } = await enter(`/tasks/${copies[0]}`);
  const resolve = async () => {
    await page.getByRole("button", { name: en["copy.resolve"] }).click();
    await page.getByRole("dialog").getByRole("button", { name: en["act.resolve"] }).click();
  };
  await page.getByTestId("original").waitFor();
  assert.equal(await axe(page), []);
  await resolve();
  await page.getByTestId("original").waitFor({ state: "detached" });
  await world.when(first, ({ state }) => state === "resolved");
  await page.goto(new URL(`/tasks/${second}`, page.url()).href);
  await page.getByTestId("replaced").getByText(en["copy.left"]).waitFor();
  await resolve();
  await page.locator('[data-state="resolved"]').first().waitFor();
  assert.equal(complaints, []);

  // Asked for in the form, it happens by itself.
  const [third = ""] = await failed(world, 1, url);
  await page.goto(new URL(`/tasks/${third}/resend`, page.url()).href);
  await page.getByLabel("URL").fill(world.receiver.url());
  assert.is(await page.getByLabel(en["new.resolveOriginal"]).isChecked(), true);
  await page.getByRole("button", { name: en["new.resend"] }).click();
  await until("the original to be resolved", async () => (await world.task(third)).state === "resolved");
});

test.run();
