/** What operators are shown, before a backend of made-up answers: parts of what is too much, what is wrong, what is taken back. @takes 20 s */
import type { Browser } from "playwright-core";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { en } from "../../ui/src/i18n/en.ts";
import { axe, logIn, startBrowser, type Visit, visit } from "./kit/console.ts";
import * as data from "./mock/data.ts";
import { type Mock, startMock } from "./mock/server.ts";

const test = suite("browser: operators");
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

/** @param answers in place of the mock's own, by path */
async function enter(path: string, answers: Record<string, unknown> = {}): Promise<Visit> {
  const entered = await visit(browser, mock.url);
  visits.push(entered);
  for (const [url, json] of Object.entries(answers))
    await entered.page.route(
      ({ pathname }) => pathname === url,
      (route) => route.fulfill({ json }),
    );
  await entered.page.goto(path);
  await logIn(entered.page);
  mock.received.length = 0;
  return entered;
}

test("an incident of more tasks than are looked at says of how many it speaks, and can still be acted on", async () => {
  const outcome = { pending: 0, succeeded: 0, exhausted: 0, canceled: 0, resolved: 20_000 };
  const big = { ...data.incidents[0], tasks: 22_000, counted: 20_000, outcome };
  const { page, complaints } = await enter("/incidents/1", { "/v1/incidents/1": big });
  await page.getByTestId("part").getByText("of the oldest 20,000").waitFor();
  assert.ok(await page.getByRole("button", { name: `${en["incident.retry"]}…` }).isEnabled());
  assert.ok(await page.getByRole("button", { name: `${en["act.resolve"]}…` }).isEnabled());
  assert.equal(await axe(page), []);
  assert.equal(complaints, []);
});

test("an incident all of whose tasks were looked at says nothing of parts, and has nothing to retry", async () => {
  const outcome = { pending: 0, succeeded: 0, exhausted: 0, canceled: 0, resolved: 5 };
  const small = { ...data.incidents[0], tasks: 5, counted: 5, outcome };
  const { page } = await enter("/incidents/1", { "/v1/incidents/1": small });
  await page.getByTestId("outcome").waitFor();
  assert.is(await page.getByTestId("part").count(), 0);
  assert.ok(await page.getByRole("button", { name: `${en["incident.retry"]}…` }).isDisabled());
});

test("the first and the last answer of an incident: status and the beginning of the body, as text", async () => {
  const answers = {
    first: { n: 1, statusCode: 503, bodyStart: "<b>closed</b>\u202e", truncated: true },
    last: { n: 2, statusCode: null, bodyStart: null, truncated: false },
  };
  const { first, last, ...rest } = data.incidents[1];
  const one = {
    ...{ ...rest, first: { ...first, answer: answers.first }, last: { ...last, answer: answers.last } },
  };
  const { page, complaints } = await enter("/incidents/2", { "/v1/incidents/2": one });
  const panel = page.locator("section", { has: page.getByText(en["incident.answers"], { exact: true }) });
  await panel.getByTestId("status").getByText("503").waitFor();
  assert.is(await panel.getByTestId("answer").textContent(), "<b>closed</b>⟨U+202E⟩…");
  await panel.getByText(en["attempt.none"]).waitFor();
  assert.equal(await axe(page), []);
  assert.equal(complaints, []);
});

test("an acknowledgement is taken back, in the inbox and on the incident's page", async () => {
  const { page, complaints } = await enter("/incidents/2", {
    "/v1/incidents/2/acknowledge": { ...data.incidents[1], acknowledged: null },
  });
  await page.getByTestId("acknowledged").waitFor();
  const sent = page.waitForRequest((request) => request.method() === "DELETE");
  await page.getByRole("button", { name: en["incident.release"] }).click();
  assert.is(new URL((await sent).url()).pathname, "/v1/incidents/2/acknowledge");
  await page.locator(".toast", { hasText: en["incident.released"] }).waitFor();
  const raised = data.raised.find(({ id }) => id === 2);
  await page.route("**/v1/alarms/2/acknowledge", (route) =>
    route.fulfill({ json: { ...raised, acknowledged: null } }),
  );
  await page.goto("/inbox");
  const row = page.locator('tr[data-raised="2"]');
  const other = page.waitForRequest((request) => request.method() === "DELETE");
  await row.getByRole("button", { name: en["incident.release"] }).click();
  assert.is(new URL((await other).url()).pathname, "/v1/alarms/2/acknowledge");
  await row.getByText(en["incident.open"]).filter({ visible: true }).waitFor();
  assert.equal(complaints, []);
});

test("the audit log is searched by user, also by one with a dot in the name, unless it is an action", async () => {
  const { page, complaints } = await enter("/audit");
  const field = page.getByLabel(en["audit.search"]);
  await field.fill("john.doe");
  await field.press("Enter");
  await page.waitForURL("**/audit?actor=john.doe");
  await page.goto("/audit");
  await field.fill("view.create");
  await field.press("Enter");
  await page.waitForURL("**/audit?action=view.create");
  assert.equal(complaints, []);
});

test.run();
