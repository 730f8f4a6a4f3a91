/** What operators are shown, before a backend of made-up answers: parts of what is too much, what is wrong, what is taken back. @takes 20 s */
import type { Browser } from "playwright-core";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { CHANNEL_TEST_LIMIT } from "../../core/request-limits.ts";
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

const REFUSED = {
  ...{ type: "about:blank", title: "The query is not valid", status: 400, code: "invalid_query" },
  errors: [{ field: "destination", message: "must be an origin such as https://host:8443" }],
};

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
  const free = data.raised.map((one) => (one.id === 2 ? { ...one, acknowledged: null } : one));
  await page.route("**/v1/alarms/2/acknowledge", async (route) => {
    await page.route("**/v1/alarms?*", (list) => list.fulfill({ json: { items: free, nextCursor: null } }));
    await route.fulfill({ json: free.find(({ id }) => id === 2) });
  });
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

test("a filter that the server refuses is said beside it, in place of the list's failure", async () => {
  const { page, complaints } = await enter("/tasks");
  await page.route(
    ({ pathname, searchParams }) => pathname === "/v1/tasks" && searchParams.has("destination"),
    (route) => route.fulfill({ status: 400, json: REFUSED }),
  );
  await page.goto("/tasks?destination=127.0.0.1");
  await page.locator('[data-wrong="destination"]').getByText("must be an origin such as").waitFor();
  await page.getByText(en["filter.refused"]).waitFor();
  assert.is(await page.getByText(en["error.title"]).count(), 0);
  assert.equal(await axe(page), []);
  assert.equal(complaints, []);
});

test("destinations and error codes are suggested for calls and in the inbox; a host finds its destination", async () => {
  const origin = "https://hooks.partner.example";
  const { page, complaints } = await enter("/inbox", { "/v1/tasks/suggestions": { items: [origin] } });
  const search = async (label: string, text: string) => {
    await page.getByLabel(label).fill(text);
    await page.getByLabel(label).press("Enter");
  };
  const asked = (path: string, name: string, value: string) =>
    page.waitForURL(({ pathname, searchParams }) => pathname === path && searchParams.get(name) === value);
  await search(en["inbox.search"], "hooks.partner.example");
  await asked("/inbox", "destination", origin);
  await page.goto("/inbox");
  await search(en["inbox.search"], "timeout");
  await asked("/inbox", "errorCode", "timeout");
  await page.goto("/inbox?errorCode=x&destination=y");
  for (const [label, value] of [
    [en["mute.errorCode"], "refused"],
    [en["mute.destination"], origin],
  ] as const) {
    await page.locator(".chip-text", { hasText: label }).click();
    await page.locator(`datalist option[value="${value}"]`).waitFor({ state: "attached" });
    await page.keyboard.press("Escape");
  }
  await page.goto("/attempts?destination=y");
  await page.locator(".chip-text", { hasText: en["field.destination"] }).click();
  await page.locator(`datalist option[value="${origin}"]`).waitFor({ state: "attached" });
  await page.keyboard.press("Escape");
  await search(en["attempts.search"], "HOOKS.partner.example/paid");
  await asked("/attempts", "destination", origin);
  assert.equal(complaints, []);
});

test("the list of destinations has open tasks, not only those that are due, exhausted ones of a period, and percentiles", async () => {
  const { page, complaints } = await enter("/destinations");
  const one = data.health[3];
  const row = page.locator(`tr[data-origin="${one.destination}"]`);
  await row.locator("[data-open]").getByText(/^\d+$/).waitFor();
  const ready = data.destinations.find(({ origin }) => origin === one.destination);
  const open = Math.max(one.open.count, ready.ready + ready.inFlight);
  assert.is(await row.locator("[data-open]").textContent(), open.toLocaleString("en-GB"));
  for (const head of [
    "p50",
    "p95",
    "p99",
    en["dest.openShort"],
    `${en["state.exhausted"]}, ${en["dest.short24"]}`,
  ])
    await page.getByRole("columnheader", { name: head }).waitFor();
  await page.getByRole("columnheader", { name: "p99" }).getByRole("button").click();
  await page.waitForURL("**/destinations?sort=p99");
  await page
    .getByRole("columnheader", { name: en["dest.openShort"], exact: true })
    .getByRole("button")
    .click();
  await page.waitForURL("**/destinations?sort=open");
  assert.equal(await axe(page), []);
  assert.equal(complaints, []);
});

test("a template without the keyword that is set is warned of, in the preview and when it is saved", async () => {
  const sent = { body: "{}", bytes: 2, sizes: [], shortened: false };
  const preview = { single: sent, digest: sent, warnings: ["keyword"] };
  const { page } = await enter("/alarms/new", { "/v1/webhooks/preview": preview });
  await page.locator('[data-warning="keyword"]').getByText(en["channel.lacksKeyword"]).waitFor();
  await page.route("**/v1/webhooks", (route) =>
    route.request().method() === "POST"
      ? route.fulfill({ status: 201, json: { id: 1, name: "on call", warnings: ["keyword"] } })
      : route.fallback(),
  );
  await page.getByLabel("Name", { exact: true }).fill("on call");
  await page.getByLabel("Address").fill("https://oapi.dingtalk.com/robot/send?access_token=x");
  await page.getByRole("button", { name: "Save" }).click();
  await page.locator(".toast", { hasText: en["channel.lacksKeyword"] }).waitFor();
});

const problem = (status: number, code: string) => ({ status, json: { code, title: code, errors: [] } });

test("tasks that were not tried after a refusal stay selected, and do not count as done", async () => {
  const { page, complaints } = await enter("/tasks?state=exhausted");
  const first = await page.locator("tr[data-task]").first().getAttribute("data-task");
  await page.route("**/v1/tasks/*/retry", async (route) => {
    const { pathname } = new URL(route.request().url());
    if (pathname !== `/v1/tasks/${first}/retry`) return route.fulfill(problem(403, "forbidden"));
    await route.fulfill({ response: await page.request.get(`${mock.url}/v1/tasks/${first}`) });
  });
  await page.getByLabel(en["select.page"]).check();
  const all = await page.locator("tbody input:checked").count();
  assert.ok(all > 10, "more than are tried at once");
  await page.getByRole("toolbar").getByRole("button", { name: en["act.retry"] }).click();
  await page.getByRole("dialog").getByRole("button", { name: en["act.retry"] }).click();
  await page.locator(".toast", { hasText: "1 task is called now" }).waitFor();
  await page
    .getByRole("toolbar")
    .getByText(`${all - 1} selected`)
    .waitFor();
  await page.locator(".toast", { hasText: /were not tried/ }).waitFor();
  assert.equal(complaints, []);
});

test("refused tasks of a page that was left are not selected on the one that is shown", async () => {
  const { page, complaints } = await enter("/tasks?state=exhausted");
  const held: (() => void)[] = [];
  await page.route("**/v1/tasks/*/retry", async (route) => {
    await new Promise<void>((go) => held.push(go));
    await route.fulfill(problem(409, "state_conflict"));
  });
  await page.locator("tbody input[type=checkbox]").first().check();
  await page.getByRole("toolbar").getByRole("button", { name: en["act.retry"] }).click();
  const asked = page.waitForRequest("**/v1/tasks/*/retry");
  await page.getByRole("dialog").getByRole("button", { name: en["act.retry"] }).click();
  await asked;
  await page
    .getByRole("navigation", { name: en["field.state"] })
    .getByRole("button", { name: en["state.pending"] })
    .click();
  await page.waitForURL("**/tasks?state=pending");
  for (const go of held) go();
  await page.locator(".toast", { hasText: "1 was refused" }).waitFor();
  await page.getByRole("toolbar").waitFor({ state: "detached" });
  assert.equal(complaints, []);
});

test("forms send the fields that were changed, and an undo takes back those alone", async () => {
  const { page, complaints } = await enter("/apps");
  const sent = async (press: () => Promise<void>) => {
    const [request] = await Promise.all([page.waitForRequest((one) => one.method() === "PATCH"), press()]);
    return request.postDataJSON();
  };
  const dialog = page.getByRole("dialog");
  const save = () => dialog.getByRole("button", { name: en["action.save"] }).click();
  await page.getByRole("button", { name: en["action.edit"] }).first().click();
  await dialog.getByLabel(en["apps.rate"]).fill("77");
  assert.equal(await sent(save), { ratePerSecond: 77 });

  await page.goto("/destinations");
  await page
    .getByRole("button", { name: /^More for/ })
    .first()
    .click();
  await page.getByRole("menuitem", { name: en["dest.limits"] }).click();
  await dialog.getByLabel(en["dest.concurrency"]).fill("9");
  assert.equal(await sent(save), { concurrency: 9 });
  const undo = page.getByRole("button", { name: en["action.undo"] });
  assert.equal(Object.keys(await sent(() => undo.click())), ["concurrency"]);
  assert.equal(complaints, []);
});

test("the test of a channel is waited for as long as the server may take for it", async () => {
  const { page, complaints } = await enter("/alarms");
  await page.addInitScript(() => {
    const limits: number[] = [];
    const timeout = AbortSignal.timeout.bind(AbortSignal);
    AbortSignal.timeout = (ms) => timeout(limits[limits.push(ms) - 1] ?? ms);
    Object.assign(globalThis, { limits });
  });
  await page.goto(`/alarms/${data.channels[0].id}`);
  await page.getByRole("button", { name: en["channel.test"] }).click();
  await page.getByTestId("test-answer").waitFor();
  const limits = await page.evaluate(() => (globalThis as unknown as { limits: number[] }).limits);
  assert.ok(Math.max(...limits) > CHANNEL_TEST_LIMIT, `${limits}`);
  assert.equal(complaints, []);
});

test.run();
