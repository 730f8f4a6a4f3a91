/** Secrets of tasks, and sessions, in the console. @takes 20 s */
import * as assert from "uvu/assert";
import { en } from "../../ui/src/i18n/en.ts";
import { newUser, PASSWORD } from "../e2e/suite/access.ts";
import { axe, logIn } from "./kit/console.ts";
import { consoleSuite } from "./kit/suite.ts";
import { job } from "./mock/data.ts";

const test = consoleSuite("browser: secrets");
const SECRET = "s3cr3t-token";
const ANSWERED = "s3cr3t-answer";
let taskId: string;

test.before(async ({ world }) => {
  taskId = await world.submit({
    url: `${world.receiver.url({ status: 500, headers: { "set-cookie": [`sid=${ANSWERED}`] } })}?access_token=${SECRET}`,
    headers: { authorization: `Bearer ${SECRET}` },
    limitCallCount: 1,
  });
  await world.ended(taskId);
});

test("a viewer sees masks, and no way to more", async ({ world, enter }) => {
  const { username } = await newUser(world, "viewer");
  const { page, complaints } = await enter(`/tasks/${taskId}`, { username, password: PASSWORD });
  await page.getByText("authorization:").waitFor();
  assert.not.match(await page.content(), SECRET);
  assert.match(await page.content(), "access_token=******");
  assert.is(await page.getByRole("button", { name: "Show secrets" }).count(), 0);
  assert.equal(complaints, []);
});

for (const language of ["en", "zh"] as const) {
  test(`an operator is asked, looks, and hides them again; it is on record (${language})`, async ({
    world,
    enter,
  }) => {
    const { username } = await newUser(world, "operator");
    const [show, hide] =
      language === "en" ? ["Show secrets", "Hide secrets"] : ["显示机密信息", "隐藏机密信息"];
    const { page, complaints } = await enter(`/tasks/${taskId}`, { username, password: PASSWORD, language });
    await page.getByRole("button", { name: show }).click();
    const dialog = page.getByRole("dialog").or(page.getByRole("alertdialog"));
    await dialog.locator("input, textarea").first().fill("a customer asks");
    await dialog.getByRole("button", { name: show }).click();
    await page.getByText(`Bearer ${SECRET}`).waitFor();
    assert.match((await page.locator("h2.mono").textContent()) ?? "", SECRET);
    await page.getByRole("button", { name: hide }).click();
    await page.getByText(`Bearer ${SECRET}`).waitFor({ state: "detached" });
    assert.not.match(await page.content(), SECRET);
    const answer = page.locator("[data-attempt='1']");
    await answer.getByRole("button", { name: language === "en" ? /headers/i : /响应头/ }).click();
    await answer.getByText("set-cookie: ******").waitFor();
    await answer.getByRole("button", { name: show }).click();
    await dialog.getByRole("button", { name: show }).click();
    await answer.getByText(`set-cookie: sid=${ANSWERED}`).waitFor();
    assert.equal(await axe(page), []);
    await answer.getByRole("button", { name: hide }).click();
    await answer.getByText("set-cookie: ******").waitFor();
    assert.not.match(await page.content(), ANSWERED);
    const { items } = (await world.api("GET", `/v1/audit?action=task.reveal&actor=${username}`)).json;
    assert.equal(
      items.map(({ note, after }: { note: string; after: unknown }) => [note, after]),
      [
        [null, { attempt: 1 }],
        ["a customer asks", null],
      ],
    );
    assert.equal(complaints, []);
  });
}

test("where one is logged in: another session ends, then all do", async ({ world, enter }) => {
  const { username } = await newUser(world, "viewer");
  const who = { username, password: PASSWORD, ownSession: true } as const;
  const [here, there] = [await enter("/sessions", who), await enter("/", who)];
  const rows = here.page.locator("tbody tr");
  await here.page.reload();
  await rows.nth(1).waitFor();
  assert.equal(await axe(here.page), []);
  await here.page.getByRole("button", { name: "Log out", exact: true }).click();
  await rows.nth(1).waitFor({ state: "detached" });
  await there.page.goto("/tasks");
  await there.page.locator("input[name=password]").waitFor();
  await here.page.getByRole("button", { name: "Log out everywhere" }).click();
  await here.page
    .getByRole("dialog")
    .or(here.page.getByRole("alertdialog"))
    .getByRole("button", { name: "Log out everywhere" })
    .click();
  await here.page.locator("input[name=password]").waitFor();
  assert.equal(here.complaints, []);
});

test("who logs in after somebody else finds nothing of theirs: rows, a draft, work under way, messages", async ({
  world,
  visit,
}) => {
  const [one, other] = [await newUser(world, "operator"), await newUser(world, "operator")];
  const { page, complaints } = await visit();
  await page.clock.install();
  const isJobs = ({ pathname }: URL) => pathname === "/v1/jobs";
  const paused = { ...job, state: "paused" };
  await page.route(isJobs, (route) => route.fulfill({ json: { items: [paused], nextCursor: null } }));
  await page.goto("/tasks/new");
  await logIn(page, one.username, PASSWORD);
  await page.locator("input[name=url]").fill("https://mine.example/");
  await page.getByTestId("job").waitFor();
  await page.locator("nav").getByRole("link", { name: en["page.tasks"], exact: true }).click();
  await page.locator(`tr[data-task="${taskId}"]`).waitFor();
  const logOut = async () => {
    await page.getByRole("button", { name: en["nav.account"] }).click();
    await page.getByRole("menuitem", { name: en["nav.logout"] }).click();
    await page.locator("input[name=password]").waitFor();
  };
  await logOut();
  const asked: string[] = [];
  page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  await page.clock.fastForward(12_000);
  assert.not.ok(asked.includes("/v1/jobs"), "nobody asks for work any more");

  // A request of theirs is answered late, with a refusal.
  await logIn(page, one.username, PASSWORD);
  await page.getByTestId("job").waitFor();
  let refuse = () => {};
  const late = new Promise<void>((go) => {
    refuse = go;
  });
  await page.route(isJobs, async (route) => {
    await late;
    await route.fulfill({ status: 401, json: { code: "unauthorized", errors: [] } });
  });
  await Promise.all([page.waitForRequest("**/v1/jobs?*"), page.clock.fastForward(6_000)]);
  await logOut();
  await page.route(isJobs, (route) => route.continue());
  await page.route("**/v1/tasks?*", () => undefined);
  await logIn(page, other.username, PASSWORD);
  await page.getByRole("status", { name: en.loading }).waitFor();
  assert.is(await page.locator("tr[data-task]").count(), 0);
  await Promise.all([page.waitForResponse((response) => response.status() === 401), refuse()]);
  await page.keyboard.press("n");
  const url = page.locator("input[name=url]");
  await url.waitFor();
  assert.is(await url.inputValue(), "");
  assert.is(await page.getByText(en["login.expired"]).count(), 0);
  assert.equal(complaints, []);
});

test("a tab whose browser was logged in at as somebody else becomes theirs when it is looked at", async ({
  world,
  enter,
}) => {
  const [one, other] = [await newUser(world, "operator"), await newUser(world, "operator")];
  const { page, context, complaints } = await enter("/tasks/new", {
    ...{ username: one.username, password: PASSWORD },
  });
  const url = page.locator("input[name=url]");
  await url.fill("https://mine.example/");
  const second = await context.newPage();
  await second.goto("/");
  await second.getByRole("button", { name: en["nav.account"] }).click();
  await second.getByRole("menuitem", { name: en["nav.logout"] }).click();
  await logIn(second, other.username, PASSWORD);
  const look = () => page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
  await Promise.all([page.waitForResponse("**/v1/session"), look()]);
  await page.waitForFunction(() => document.querySelector<HTMLInputElement>("input[name=url]")?.value === "");
  await page.getByRole("button", { name: en["nav.account"] }).click();
  await page.getByRole("menu").getByText(other.username).waitFor();
  assert.equal(complaints, []);
});

test.run();
