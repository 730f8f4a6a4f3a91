/** Around the tasks: a channel that tells of failures, a viewer who may only look, and a server that goes away. @takes 30 s */
import * as assert from "uvu/assert";
import { en } from "../../ui/src/i18n/en.ts";
import { startAgain } from "../e2e/kit/embedded.ts";
import { ROBOTS, SECRET } from "../e2e/kit/robots.ts";
import { axe } from "./kit/console.ts";
import { consoleSuite } from "./kit/suite.ts";

const test = consoleSuite("browser: watch");

test("a DingTalk channel is tried, repaired and saved, and tells of a task that is exhausted", async ({
  world,
  enter,
}) => {
  const { page, complaints } = await enter("/alarms/new");
  await page.getByLabel("Name", { exact: true }).fill("on call");
  await page.getByLabel("Address").fill(world.receiver.url(ROBOTS.dingtalk.right));
  await page.getByLabel("Signing secret").fill("SECnot-the-right-one");
  await page.getByRole("button", { name: "Test" }).click();
  // The platform's own words: what is wrong is the secret.
  await page.getByText("sign not match").first().waitFor();
  await page.getByText("The platform refused it").waitFor();
  await page.getByLabel("Signing secret").fill(SECRET);
  // The keyword stands in what is sent, in the channel's language, and how long that is.
  await page.getByLabel(en["channel.title"]).fill("[值班]");
  const preview = page.getByTestId("message-preview");
  await preview.getByText("[值班] 回调失败").first().waitFor();
  await preview.getByText("/ 20,000 bytes").waitFor();
  await page.getByRole("button", { name: "Test" }).click();
  await page.getByText("The platform accepted it").waitFor();
  await page
    .getByTestId("test-answer")
    .getByText(/^body [\d,]+ \/ 20,000 bytes$/)
    .waitFor();
  assert.equal(await axe(page), []);
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Channel “on call” saved").waitFor();

  await world.ended(await world.submit({ url: world.receiver.url(500), limitCallCount: 1 }));
  await page.locator("[data-channel] h2 a", { hasText: "on call" }).click();
  await page.locator("section", { hasText: "Alarms sent" }).getByText("Sent", { exact: true }).waitFor();
  assert.equal(complaints, []);
});

test("a channel's address that is refused is said beside its field", async ({ enter }) => {
  const { page } = await enter("/alarms/new");
  await page.getByLabel("Address").fill("ftp://example.com/robot");
  await page.getByRole("button", { name: "Save" }).click();
  await page.locator('input[aria-invalid="true"]').waitFor();
  assert.is(await page.getByLabel("Address").getAttribute("aria-invalid"), "true");
  assert.is(
    await page.getByLabel("Address").inputValue(),
    "ftp://example.com/robot",
    "nothing typed is lost",
  );
});

test("a viewer sees everything and can change nothing; nor does a form lead anywhere", async ({
  world,
  enter,
}) => {
  const made = await world.api("POST", "/v1/users", {
    username: "auditor",
    password: "long enough for a viewer",
    role: "viewer",
  });
  assert.is(made.status, 201, made.text);
  const taskId = await world.submit({ url: world.receiver.url(500), limitCallCount: 1 });
  await world.ended(taskId);

  const { page, complaints } = await enter(`/tasks/${taskId}`, {
    username: "auditor",
    password: "long enough for a viewer",
  });
  await page.locator("[data-attempt]").first().waitFor();
  const acts = /^(Retry|Retry now|Cancel|Resolve|Edit and resend|New task|New channel|Test|Pause|Turn off)$/;
  const shown: [path: string, selector: string][] = [
    [`/tasks/${taskId}`, "[data-attempt]"],
    ["/tasks", `tr[data-task="${taskId}"]`],
    ["/destinations", "tr[data-origin]"],
    ["/alarms", "main h2"],
  ];
  for (const [path, selector] of shown) {
    await page.goto(path);
    await page.locator(selector).first().waitFor();
    assert.is(await page.locator("main").getByRole("button", { name: acts }).count(), 0, path);
    assert.is(await page.getByRole("link", { name: acts }).count(), 0, path);
    assert.is(await page.locator("tbody input[type=checkbox]").count(), 0, path);
    for (const name of ["Users", "Apps", "Audit log"]) {
      assert.is(await page.getByRole("link", { name }).count(), 0, name);
    }
    assert.equal(await axe(page), [], path);
  }
  // Keys and addresses neither.
  await page.goto(`/tasks/${taskId}`);
  await page.locator("[data-attempt]").first().waitFor();
  await page.keyboard.press("r");
  await page.goto("/users");
  await page.locator("#main").waitFor();
  assert.is(await page.locator("tbody tr").count(), 0);
  assert.is((await world.task(taskId)).callCount, 1);
  assert.equal(complaints, []);
});

test("an answer that is no text is told of, shown as far as it can be read, and its bytes can be had", async ({
  world,
  enter,
}) => {
  const bytes = Buffer.concat([Buffer.from("PNG: "), Buffer.from([0x89, 0xff, 0x00, 0x0d])]);
  const url = world.receiver.url({ status: 500, body: bytes });
  const taskId = await world.submit({ url, limitCallCount: 1 });
  await world.ended(taskId);
  const { page, complaints } = await enter(`/tasks/${taskId}`);
  const attempt = page.locator("[data-attempt]").first();
  await attempt.getByText(en["attempt.bytes"]).waitFor();
  assert.match((await attempt.locator("pre").first().textContent()) ?? "", /^PNG: \ufffd/);
  const [file] = await Promise.all([
    page.waitForEvent("download"),
    attempt.getByRole("button", { name: en["attempt.download"] }).click(),
  ]);
  assert.is(file.suggestedFilename(), "answer-1.bin");
  const chunks: Buffer[] = [];
  for await (const chunk of await file.createReadStream()) chunks.push(chunk as Buffer);
  assert.ok(Buffer.concat(chunks).equals(bytes));
  assert.equal(complaints, []);
});

test("keep-alive of a destination is turned off in the console", async ({ world, enter }) => {
  const taskId = await world.submit({ url: world.receiver.url() });
  await world.ended(taskId);
  const { origin } = world.receiver;
  const { page, complaints } = await enter("/destinations");
  const row = page.locator(`tr[data-origin="${origin}"]`);
  await row.getByRole("button", { name: en["dest.more"].replace("{origin}", origin) }).click();
  await page.getByRole("menuitem", { name: en["dest.limits"] }).click();
  await page.getByLabel(en["dest.keepAlive"]).uncheck();
  await page.getByRole("dialog").getByRole("button", { name: en["action.save"] }).click();
  await row.getByText(en["dest.noKeepAlive"]).waitFor();
  const path = `/v1/destinations/${encodeURIComponent(origin)}`;
  assert.is((await world.api("GET", path)).json.keepAlive, false);
  assert.equal(complaints, []);
});

test("the server goes and comes back: what was shown stays, marked as old, and goes on by itself", async ({
  world,
  enter,
}) => {
  const taskId = await world.submit({ url: world.receiver.url() });
  await world.ended(taskId);
  const { page } = await enter("/tasks");
  await page.locator(`tr[data-task="${taskId}"]`).waitFor();
  await world.nodes[0]?.kill();
  await page.getByText("No connection to the server.").waitFor();
  // Still readable, and marked as old.
  await page.locator(`.stale tr[data-task="${taskId}"]`).waitFor();
  await page.locator('[data-status="lost"]').waitFor();
  assert.equal(await axe(page), []);
  await startAgain(world);
  await page.getByTestId("offline").waitFor({ state: "detached" });
  await page.locator('[data-status="live"]').waitFor();
  await page.locator(".stale").first().waitFor({ state: "detached" });
  // News come again: a task of now appears without anybody's doing.
  const later = await world.submit({ url: world.receiver.url() });
  await page.locator(`tr[data-task="${later}"]`).or(page.locator("button.fresh")).first().waitFor();
});

test.run();
