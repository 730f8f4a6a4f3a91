/** From the console through a real Bida to the receiver: the bytes that were meant; and what the server refuses. @takes 20 s */
import * as assert from "uvu/assert";
import { axe } from "./kit/console.ts";
import { consoleSuite } from "./kit/suite.ts";

const test = consoleSuite("browser: payloads");

const PAYLOAD = '{"orderId":7088992364139642881,"amount":1.50,"10":1,"9":2}';

test("a payload is edited and resent: the receiver gets it to the last digit", async ({ world, enter }) => {
  const url = world.receiver.url(500, 200);
  const made = await world.api(
    "POST",
    "/v1/tasks",
    `{"url":"${url}","requestMethod":"POST","limitCallCount":1,"requestParam":${PAYLOAD},"expect":{"stop":[410]}}`,
  );
  const { taskId } = made.json as { taskId: string };
  await world.ended(taskId);
  const { page, complaints } = await enter(`/tasks/${taskId}`);
  await page.locator("pre", { hasText: '"amount": 1.50' }).waitFor();
  await page.getByRole("link", { name: "Edit and resend" }).click();
  const param = page.getByLabel("Parameters", { exact: true });
  await param.fill((await param.inputValue()).replace("1.50", "-0"));
  await page.getByRole("button", { name: "Send as a new task" }).click();
  await page.waitForURL((address) => !address.pathname.includes(taskId));
  await page.locator('[data-state="succeeded"]').first().waitFor();
  const path = new URL(url).pathname;
  const bodies = world.receiver.ledger.filter((call) => call.path === path).map(({ body }) => String(body));
  assert.equal(bodies, [PAYLOAD, PAYLOAD.replace("1.50", "-0")]);
  assert.equal(complaints, []);
});

test("bytes and a form go out as they were typed", async ({ world, enter }) => {
  const { page, complaints } = await enter("/tasks/new");
  const url = world.receiver.url();
  await page.locator("input[name=url]").fill(url);
  await page.getByRole("button", { name: "Bytes" }).click();
  await page.getByLabel("Bytes in base64").fill("AP8NCg==");
  await page.getByLabel("Content type").fill("application/octet-stream");
  await page.getByRole("button", { name: "Send task" }).click();
  await page.locator('[data-state="succeeded"]').first().waitFor();
  await page.getByText("Body in base64 (4 B)").waitFor();

  await page.goto("/tasks/new");
  await page.locator("input[name=url]").fill(url);
  await page.getByLabel("Parameters", { exact: true }).fill('{"id": 7088992364139642881, "rate": 1.10}');
  await page.getByLabel("Content type").fill("application/x-www-form-urlencoded");
  await page.getByRole("button", { name: "Send task" }).click();
  await page.locator('[data-state="succeeded"]').first().waitFor();
  // What the page says is sent, and what was.
  const form = "id=7088992364139642881&rate=1.10";
  await page.locator("pre", { hasText: form }).waitFor();
  const calls = world.receiver.ledger.filter((call) => call.path === new URL(url).pathname);
  assert.equal(
    calls.map(({ body, headers }) => [body.toString("base64"), headers["content-type"]]),
    [
      ["AP8NCg==", "application/octet-stream"],
      [Buffer.from(form).toString("base64"), "application/x-www-form-urlencoded"],
    ],
  );
  assert.equal(complaints, []);
});

test("what the server refuses is said beside the field that it is about", async ({ world, enter }) => {
  const { page } = await enter("/tasks/new");
  await page.locator("input[name=url]").fill(world.receiver.url());
  await page.getByLabel("Parameters", { exact: true }).fill('{"order": {"id": 1}}');
  await page.getByLabel("Content type").fill("application/x-www-form-urlencoded");
  await page.getByLabel("Give up at once after").fill("2xx");
  await page.getByRole("button", { name: "Send task" }).click();
  await page.getByText("2 fields were refused; the reason stands beside each.").waitFor();
  for (const [label, said] of [
    ["Parameters", /^order cannot be nested in a form/],
    ["Give up at once after", /^must not hold 200/],
  ] as const) {
    const field = page.getByLabel(label, { exact: true });
    assert.is(await field.getAttribute("aria-invalid"), "true", label);
    const [described = ""] = ((await field.getAttribute("aria-describedby")) ?? "").split(" ").toReversed();
    assert.match((await page.locator(`[id="${described}"]`).textContent()) ?? "", said);
  }
  assert.is(await page.getByLabel("Proof of success", { exact: true }).getAttribute("aria-invalid"), null);
  assert.equal(await axe(page), []);
});

test.run();
