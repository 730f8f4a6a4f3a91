/** What must not go wrong: foreign text acts, something typed is lost, a refusal stands far from its cause. @takes 25 s */
import * as assert from "uvu/assert";
import { axe } from "./kit/console.ts";
import { consoleSuite } from "./kit/suite.ts";

const test = consoleSuite("browser: guard");

const EVIL = `<script>window.pwned=1</script><img src=x onerror="window.pwned=1"><svg onload="window.pwned=1">`;

test("what the far side answers is text, whatever it is: nothing executes, and the page stays quick", async ({
  world,
  enter,
}) => {
  const bodies: [name: string, body: string | Buffer, seen: string][] = [
    [
      "HTML with scripts",
      `<!doctype html><h1>Bad gateway</h1>${EVIL}`,
      "<h1>Bad gateway</h1><script>window.pwned=1",
    ],
    ["one long line", "x".repeat(65_536), "x".repeat(2_000)],
    [
      "invalid UTF-8",
      Buffer.from([0x61, 0xff, 0xfe, 0xc3, 0x28, 0x62, 0x00, 0x63]),
      "a\ufffd\ufffd\ufffd(b\u2400c",
    ],
    [
      "emoji, and signs that turn the direction",
      "库存不足 🙁👩‍👩‍👧 \u202Etxt.exe",
      "库存不足 🙁👩‍👩‍👧 ⟨U+202E⟩txt.exe",
    ],
    [
      "JSON with a number that no double holds",
      '{"id":12345678901234567890,"s":"</pre><script>window.pwned=1</script>"}',
      '"id": 12345678901234567890',
    ],
  ];
  const ids = await Promise.all(
    bodies.map(([, body]) =>
      world.submit({
        url: `${world.receiver.url({ status: 500, body, headers: { "x-evil": EVIL, "content-type": "text/html" } })}?q=<script>`,
        limitCallCount: 1,
        sourceAppName: EVIL.slice(0, 64),
        requestParam: { evil: EVIL },
      }),
    ),
  );
  for (const id of ids) await world.ended(id);

  const { page, complaints } = await enter("/tasks");
  await page
    .locator("tr[data-task]")
    .nth(ids.length - 1)
    .waitFor();
  for (const [i, [name, , seen]] of bodies.entries()) {
    await page.goto(`/tasks/${ids[i]}`);
    const shown = page.locator('[data-attempt="1"] pre').first();
    await shown.waitFor();
    assert.ok((await shown.textContent())?.includes(seen), `${name}: ${await shown.textContent()}`);
    // A long one is shown in part until it is asked for.
    assert.ok(((await shown.textContent()) ?? "").length < 6_000, name);
    await page.getByRole("button", { name: /response header/ }).click();
    await page.locator('[data-attempt="1"] pre').nth(1).getByText("x-evil").waitFor();
    // Nothing of it has become an element.
    assert.is(await page.locator("#main script, #main [onerror], #main [onload]").count(), 0, name);
  }
  await page.goto(`/tasks/${ids[1]}`);
  await page.getByRole("button", { name: /^Show all/ }).click();
  await page.waitForFunction(
    () => (document.querySelector("[data-attempt] pre")?.textContent?.length ?? 0) >= 65_535,
  );
  await page.getByText("Cut here: Bida keeps the first 65,535 bytes of an answer.").waitFor();
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "it wraps");
  assert.equal(await axe(page), []);
  assert.is(await page.evaluate(() => (globalThis as { pwned?: number }).pwned), undefined);
  assert.equal(complaints, []);
});

test("the Content-Security-Policy stops what would get into the page all the same", async ({ enter }) => {
  const { page, complaints } = await enter("/settings");
  await page.evaluate(async (evil) => {
    const stopped: string[] = [];
    Object.assign(globalThis, { stopped });
    document.addEventListener("securitypolicyviolation", ({ effectiveDirective }) =>
      stopped.push(effectiveDirective),
    );
    const script = document.createElement("script");
    script.textContent = "window.pwned = 1";
    document.body.append(script);
    document.body.insertAdjacentHTML("beforeend", evil);
    await fetch("https://example.com/").catch(() => undefined);
  }, EVIL);
  // Told in their own time.
  await page.waitForFunction(() => {
    const { stopped } = globalThis as unknown as { stopped: string[] };
    return ["script-src-elem", "script-src-attr", "connect-src"].every((one) => stopped.includes(one));
  });
  assert.is(await page.evaluate(() => (globalThis as { pwned?: number }).pwned), undefined);
  assert.ok(complaints.length > 0);
});

test("a session that ends asks for the password on the page itself; what was typed is sent after that", async ({
  world,
  enter,
}) => {
  const { page, context, complaints } = await enter("/tasks/new");
  const url = world.receiver.url();
  await page.locator("input[name=url]").fill(url);
  await page.getByLabel("Parameters", { exact: true }).fill('{"typed": "for ten minutes"}');
  await context.clearCookies();
  await page.getByRole("button", { name: "Send task" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("Your session has ended").waitFor();
  assert.equal(await axe(page), []);
  // It cannot be closed by mistake, and a wrong password costs nothing.
  await page.keyboard.press("Escape");
  await dialog.getByLabel("Password").fill("wrong");
  await dialog.getByRole("button", { name: "Log in", exact: true }).click();
  await dialog.getByText("The username or the password is wrong.").waitFor();
  assert.is(await page.locator("input[name=url]").inputValue(), url);
  await dialog.getByLabel("Password").fill("admin");
  await dialog.getByRole("button", { name: "Log in", exact: true }).click();
  // The request that was refused goes on by itself.
  await page.waitForURL(/\/tasks\/[0-9a-f-]{36}$/);
  await page.locator('[data-state="succeeded"]').first().waitFor();
  const sent = await world.task(new URL(page.url()).pathname.split("/").at(-1) as string);
  assert.equal(sent.requestParam, { typed: "for ten minutes" });
  assert.equal(complaints, []);
});

test("a draft outlives a reload; what is refused is said beside its field, which gets the focus", async ({
  enter,
}) => {
  const { page, complaints } = await enter("/tasks/new");
  await page.locator("input[name=url]").fill("ftp://example.com/orders");
  await page.locator("input[name=limitCallCount]").fill("1000");
  await page.reload();
  assert.is(await page.locator("input[name=url]").inputValue(), "ftp://example.com/orders");
  // What is not even JSON is said while it is typed, and cannot be sent.
  await page.getByLabel("Parameters", { exact: true }).fill('{"a": ');
  await page.getByText("This is not valid JSON yet.").waitFor();
  assert.ok(await page.getByRole("button", { name: "Send task" }).isDisabled());
  await page.getByLabel("Parameters", { exact: true }).fill('{"a": 1}');
  await page.getByRole("button", { name: "Send task" }).click();
  await page.getByText("2 fields were refused; the reason stands beside each.").waitFor();
  for (const label of ["url", "limitCallCount"]) {
    const field = page.locator(`input[name=${label}]`);
    assert.is(await field.getAttribute("aria-invalid"), "true", label);
    const [described = ""] = ((await field.getAttribute("aria-describedby")) ?? "").split(" ").toReversed();
    assert.ok(((await page.locator(`[id="${described}"]`).textContent()) ?? "").length > 5, label);
  }
  await page.waitForFunction(() => document.activeElement?.getAttribute("name") === "url");
  assert.equal(await axe(page), []);
  assert.equal(complaints, []);
});

test("who may no longer do it is told so where it was tried", async ({ world, enter }) => {
  const password = "long enough for anybody";
  const made = await world.api("POST", "/v1/users", { username: "night", password, role: "operator" });
  assert.is(made.status, 201, made.text);
  const taskId = await world.submit({ url: world.receiver.url(500), limitCallCount: 1 });
  await world.ended(taskId);
  const { page, complaints } = await enter(`/tasks/${taskId}`, {
    username: "night",
    password,
  });
  await page.getByRole("button", { name: "Retry now" }).waitFor();
  // An operator may see who did what to a task.
  await page.getByText("No operator action yet.").waitFor();
  await world.api("PATCH", `/v1/users/${made.json.id}`, { role: "viewer" });
  await page.getByRole("button", { name: "Retry now" }).click();
  await page.getByRole("alert").getByText("Your role does not allow this.").waitFor();
  assert.is((await world.task(taskId)).callCount, 1);
  assert.equal(complaints, []);
});

test("the default password is pointed out until it is changed", async ({ enter }) => {
  const { page, complaints } = await enter("/");
  const hint = page.getByText("The password is still the one that everybody knows.");
  await hint.waitFor();
  await page.getByRole("link", { name: "Change password" }).click();
  await page.getByLabel("Current password").fill("not this one");
  await page.locator("input[autocomplete=new-password]").nth(0).fill("a long one for the night");
  await page.locator("input[autocomplete=new-password]").nth(1).fill("a long one for the nigth");
  await page.getByText("The two differ.").waitFor();
  await page.locator("input[autocomplete=new-password]").nth(1).fill("a long one for the night");
  await page.getByRole("button", { name: "Change password" }).click();
  await page.locator('input[aria-invalid="true"]').waitFor();
  await page.getByLabel("Current password").fill("admin");
  await page.getByRole("button", { name: "Change password" }).click();
  await page.getByText("The password was changed.").waitFor();
  await page.getByRole("link", { name: "Overview" }).click();
  await page.locator('[data-figure="exhausted"]').waitFor();
  assert.is(await hint.count(), 0);
  assert.equal(complaints, []);
});

test.run();
