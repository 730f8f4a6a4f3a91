/** What kkbida's users look for in the console. @takes 25 s */
import { readFileSync } from "node:fs";
import * as assert from "uvu/assert";
import { consoleSuite } from "./kit/suite.ts";

const test = consoleSuite("browser: kkbida");

const TASK = {
  requestMethod: "GET",
  requestParam: { city: "上海" },
  sourceAppName: "shop",
  targetAppName: "stock",
  expectResult: "成功",
  limitCallCount: 1,
};

test("kkbida's columns in both lists, its tasks' profile, and a time limit for a destination", async ({
  world,
  enter,
}) => {
  const url = `${world.receiver.url({ body: "处理成功了" })}?city={city}`;
  const reply = await world.api(
    "POST",
    "/api/addTask",
    { ...TASK, url },
    { username: "admin", password: "admin" },
  );
  assert.is((await world.ended(reply.text)).state, "succeeded");
  const { page, complaints } = await enter("/tasks");
  await page.getByRole("button", { name: "Columns" }).click();
  await page.getByRole("menuitem", { name: "kkbida columns" }).click();
  for (const name of ["Parameters", "Source IP", "Method"])
    await page.getByRole("columnheader", { name }).waitFor();
  assert.is(await page.getByRole("columnheader", { name: "Source app" }).count(), 0);
  await page.getByText('{"city":"上海"}').first().waitFor();
  await page.goto("/attempts");
  await page.getByRole("columnheader", { name: "Answer" }).waitFor();
  await page.getByRole("cell", { name: "处理成功了" }).waitFor();

  await page.goto(`/tasks/${reply.text}`);
  await page
    .getByText(`${new URL(url).pathname}?city=%E4%B8%8A%E6%B5%B7`)
    .first()
    .waitFor();
  await page.getByRole("button", { name: "Rules" }).click();
  await page.getByText("kkbida called", { exact: true }).waitFor();
  assert.equal(complaints, []);
});

test("a chart is saved as an image", async ({ world, enter }) => {
  await world.ended(await world.submit({ url: world.receiver.url() }));
  const { page } = await enter("/");
  const saving = page.waitForEvent("download");
  await page.getByRole("button", { name: "Save as image" }).first().click();
  const download = await saving;
  assert.match(download.suggestedFilename(), /^bida-\d{4}-\d\d-\d\d\.png$/);
  const bytes = readFileSync(await download.path());
  assert.is(bytes.subarray(0, 8).toString("hex"), "89504e470d0a1a0a");
  assert.ok(bytes.length > 2_000, `${bytes.length} bytes`);
});

test.run();
