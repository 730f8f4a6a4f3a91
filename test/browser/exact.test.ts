/** Payloads that no JavaScript value can hold, before a backend that keeps what it is sent: not a digit is lost. @takes 20 s */
import type { Browser, Page } from "playwright-core";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { axe, logIn, startBrowser, type Visit, type VisitOptions, visit } from "./kit/console.ts";
import { EXACT } from "./mock/exact.ts";
import { type Mock, startMock } from "./mock/server.ts";

const test = suite("browser: exact");
let mock: Mock;
let browser: Browser;
const visits: Visit[] = [];

test.before(async () => {
  [mock, browser] = await Promise.all([startMock(), startBrowser()]);
});
test.after.each(async () => {
  mock.received.length = 0;
  await Promise.all(visits.splice(0).map(({ context }) => context.close()));
});
test.after(async () => {
  await browser?.close();
  mock?.stop();
});

async function enter(path: string, options?: VisitOptions): Promise<Visit> {
  const entered = await visit(browser, mock.url, options);
  visits.push(entered);
  await entered.context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await entered.page.goto(path);
  await logIn(entered.page);
  mock.received.length = 0;
  return entered;
}

const copied = (page: Page) => page.evaluate(() => navigator.clipboard.readText());
const formatted = (lines: string[]) => lines.join("\n");
const PRETTY = formatted([
  "{",
  '  "orderId": 7088992364139642881,',
  '  "amount": 1.50,',
  '  "10": 1,',
  '  "9": 2',
  "}",
]);

/** What the mock was sent, once it was. */
async function sentBy(page: Page, press: () => Promise<void>): Promise<string> {
  await Promise.all([page.waitForResponse((answer) => answer.request().method() === "POST"), press()]);
  assert.is(mock.received.length, 1);
  return mock.received[0]?.body ?? "";
}

test("a task shows its payload, its proof and its answer digit by digit", async () => {
  const { page, complaints } = await enter(`/tasks/${EXACT.taskId}`);
  const body = page.locator("figure", { hasText: "Body" });
  assert.is(await body.locator("pre").textContent(), PRETTY);
  // The URL as it is called.
  await page.getByText("https://exact.example/orders/7088992364139642881").waitFor();
  await body.getByRole("button", { name: "As sent" }).click();
  assert.is(await body.locator("pre").textContent(), EXACT.requestParam);
  await body.getByRole("button", { name: "Copy" }).click();
  assert.is(await copied(page), EXACT.requestParam);
  const answer = page.locator("figure", { hasText: "Response" }).first();
  assert.is(
    await answer.locator("pre").textContent(),
    formatted(["{", '  "id": 9007199254740993,', '  "rate": 1.10,', '  "error": "no such order"', "}"]),
  );
  await page.getByRole("button", { name: "Copy as curl" }).click();
  assert.ok((await copied(page)).includes(`--data-raw '${EXACT.requestParam}'`));
  await page.getByRole("button", { name: "Rules" }).click();
  const proof = page.locator("figure", { hasText: "Proof of success" });
  await proof.getByText('"$.id": 9007199254740993,').waitFor();
  await proof.getByText('"$.rate": 1.10').waitFor();
  assert.equal(complaints, []);
});

test("lists show it too, also in the hint over a row", async () => {
  const { page, complaints } = await enter("/tasks?url=exact");
  const row = page.locator(`tr[data-task="${EXACT.taskId}"]`);
  await row.waitFor();
  await page.getByRole("button", { name: "Columns" }).click();
  await page.getByRole("menuitemcheckbox", { name: "Parameters" }).click();
  const cell = row.getByTitle(EXACT.requestParam);
  assert.is(await cell.textContent(), EXACT.requestParam);
  assert.equal(complaints, []);
});

test("a copy with another URL sends the URL only, and that its original is resolved by it", async () => {
  const { page, complaints } = await enter(`/tasks/${EXACT.taskId}/resend`);
  const param = page.getByLabel("Parameters", { exact: true });
  assert.is(await param.inputValue(), PRETTY);
  assert.is(await page.getByLabel("Give up at once after").inputValue(), "404");
  await page.locator("input[name=url]").fill("https://exact.example/orders");
  const body = await sentBy(page, () => page.getByRole("button", { name: "Send as a new task" }).click());
  assert.is(body, '{"url":"https://exact.example/orders","resolveOriginal":true}');
  assert.is(mock.received[0]?.path, `/v1/tasks/${EXACT.taskId}/resend`);
  assert.equal(complaints, []);
});

test("a copy with another amount sends the payload as it was, but for the amount", async () => {
  const { page, complaints } = await enter(`/tasks/${EXACT.taskId}/resend`);
  const param = page.getByLabel("Parameters", { exact: true });
  await param.fill(PRETTY.replace("1.50", "2.70"));
  await page.getByLabel("Note").fill("wrong amount");
  const body = await sentBy(page, () => page.getByRole("button", { name: "Send as a new task" }).click());
  assert.is(
    body,
    `{"requestParam":${EXACT.requestParam.replace("1.50", "2.70")},"note":"wrong amount","resolveOriginal":true}`,
  );
  assert.equal(complaints, []);
});

test("what was emptied is taken away; statuses that end a task change nothing of its proof", async () => {
  const { page } = await enter(`/tasks/${EXACT.taskId}/resend`);
  await page.getByLabel("Headers").fill("");
  await page.getByLabel("Give up at once after").fill("404, 410");
  const body = await sentBy(page, () => page.getByRole("button", { name: "Send as a new task" }).click());
  assert.is(
    body,
    '{"expect":{"json":{"$.id":9007199254740993,"$.rate":1.10},"stop":[404,410]},"headers":null,"resolveOriginal":true}',
  );
});

test("a new task posts what was typed, also after a reload", async () => {
  const { page, complaints } = await enter("/tasks/new");
  await page.locator("input[name=url]").fill("https://exact.example/orders");
  await page.getByLabel("Parameters", { exact: true }).fill(`${PRETTY}\n`);
  await page.getByLabel("Proof of success", { exact: true }).fill('{ "json": { "$.id": 9007199254740993 } }');
  await page.reload();
  assert.is(await page.getByLabel("Parameters", { exact: true }).inputValue(), `${PRETTY}\n`);
  const curl = page.locator("figure", { hasText: "The same with curl" }).locator("pre");
  assert.ok(((await curl.textContent()) ?? "").includes('"orderId": 7088992364139642881,'));
  const body = await sentBy(page, () => page.getByRole("button", { name: "Send task" }).click());
  assert.is(
    body,
    '{"url":"https://exact.example/orders","requestMethod":"POST","limitCallCount":10,' +
      `"requestParam":${EXACT.requestParam},"expect":{"json":{"$.id":9007199254740993}}}`,
  );
  assert.equal(complaints, []);
});

test("a mistake in JSON is said with its line and column, a key that stands twice by its name", async () => {
  const { page, complaints } = await enter("/tasks/new");
  const param = page.getByLabel("Parameters", { exact: true });
  await param.fill('{\n  "a": 1\n  "b": 2\n}');
  await page
    .getByText("This is not valid JSON yet. Line 3, column 3: it needs a comma or } after a value.")
    .waitFor();
  assert.is(await param.getAttribute("aria-invalid"), "true");
  await param.fill('{\n  "order": { "id": 1, "id": 2 }\n}');
  await page.getByText('The key "id" stands twice in one object: line 2, column 23.').waitFor();
  assert.ok(await page.getByRole("button", { name: "Send task" }).isDisabled());
  await page.getByLabel("Proof of success", { exact: true }).fill('{"json": {"$.a": 01}}');
  await page.getByText("Line 1, column 18: it has a number that JSON does not know.").waitFor();
  assert.equal(await axe(page), []);
  assert.equal(complaints, []);
});

test("the same in Chinese", async () => {
  const { page, complaints } = await enter("/tasks/new", { language: "zh" });
  const param = page.getByLabel("请求参数", { exact: true });
  await param.fill('{\n  "a": 1\n  "b": 2\n}');
  await page.getByText("还不是有效的 JSON。第 3 行第 3 列：值后面缺少逗号或 }。").waitFor();
  await param.fill('{"id": 1, "id": 2}');
  await page.getByText('同一对象中键 "id" 重复：第 1 行第 11 列。').waitFor();
  assert.equal(complaints, []);
});

test("bytes are typed or taken from a file; a form has its media type", async () => {
  const { page, complaints } = await enter("/tasks/new");
  await page.locator("input[name=url]").fill("https://exact.example/files");
  await page.getByRole("button", { name: "Bytes" }).click();
  const bytes = page.getByLabel("Bytes in base64");
  await bytes.fill("AP8");
  await page.getByText("This has to be base64").waitFor();
  assert.equal(await axe(page), []);
  const file = { name: "a.png", mimeType: "image/png", buffer: Buffer.from([0, 255, 13, 10]) };
  await page.getByLabel("From a file").setInputFiles(file);
  await page.getByText("4 B, sent byte for byte.").waitFor();
  assert.is(await bytes.inputValue(), "AP8NCg==");
  assert.is(await page.getByLabel("Content type").inputValue(), "image/png");
  const sent = await sentBy(page, () => page.getByRole("button", { name: "Send task" }).click());
  assert.ok(sent.includes('"bodyBase64":"AP8NCg==","contentType":"image/png"'), sent);
  mock.received.length = 0;

  // A draft is kept until the page has heard that it was sent.
  await page.waitForURL((to) => to.pathname !== "/tasks/new");
  await page.goto("/tasks/new");
  await page.locator("input[name=url]").fill("https://exact.example/form");
  await page.getByLabel("Parameters", { exact: true }).fill('{"id": 7088992364139642881}');
  await page.getByLabel("Content type").fill("application/x-www-form-urlencoded");
  await page.getByText("It is sent as a form").waitFor();
  const form = await sentBy(page, () => page.getByRole("button", { name: "Send task" }).click());
  assert.ok(
    form.includes(
      '"requestParam":{"id":7088992364139642881},"contentType":"application/x-www-form-urlencoded"',
    ),
    form,
  );
  assert.equal(complaints, []);
});

test("a file that is too large is not read", async () => {
  const { page } = await enter("/tasks/new");
  await page.getByRole("button", { name: "Bytes" }).click();
  const buffer = Buffer.alloc(3 * 1_048_576);
  await page.getByLabel("From a file").setInputFiles({ name: "a.bin", mimeType: "", buffer });
  await page.getByText("This file has 3 MB; 1 MB at most can be sent.").waitFor();
  assert.is(await page.getByLabel("Bytes in base64").inputValue(), "");
});

test.run();
