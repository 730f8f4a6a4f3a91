/** What failed and why: the incident stands first on the overview; it is taken in hand, muted, retried, and ends well. @takes 20 s */
import * as assert from "uvu/assert";
import type { MuteView } from "../../core/alarm/inbox.ts";
import type { IncidentView } from "../../core/incident.ts";
import { en } from "../../ui/src/i18n/en.ts";
import { until } from "../e2e/kit/until.ts";
import { axe } from "./kit/console.ts";
import { consoleSuite } from "./kit/suite.ts";

const test = consoleSuite("browser: incident");

test("without failures the overview speaks of none", async ({ enter }) => {
  const { page, complaints } = await enter("/");
  await page.locator('[data-figure="exhausted"]').waitFor();
  assert.is(await page.getByTestId("incidents").count(), 0);
  await page.goto("/incidents");
  await page.getByText(en["incident.none"]).waitFor();
  assert.equal(complaints, []);
});

test("what failed, and why: one action; in hand, muted, retried as a group, and what became of it", async ({
  world,
  enter,
}) => {
  const failing = world.receiver.url({ status: 503, body: "closed for today" });
  const tasks: string[] = [];
  for (let i = 0; i < 3; i++) tasks.push(await world.submit({ url: failing, limitCallCount: 1 }));
  for (const taskId of tasks) await world.ended(taskId);
  const one = await until("the incident", async () => {
    const { items } = (await world.api("GET", "/v1/incidents")).json;
    return items[0]?.tasks === 3 ? items[0] : null;
  });

  const { page, complaints } = await enter("/");
  const row = page.getByTestId("incidents").locator(`tr[data-incident="${one.id}"]`);
  await row.getByText("bad_status 503").waitFor();
  assert.equal(await axe(page), []);
  await row.locator("a").click();
  await page.waitForURL(`**/incidents/${one.id}`);
  await page.getByText(/503/).first().waitFor();
  await page.locator('[data-outcome="exhausted"] dd').getByText("3").waitFor();
  assert.ok((await page.title()).startsWith(`bad_status 503 ${world.receiver.origin}`));

  await page.getByRole("button", { name: `${en["incident.acknowledge"]}…` }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel(en["field.note"]).fill("they open at nine");
  await dialog.getByRole("button", { name: en["incident.acknowledge"] }).click();
  const hand = page.getByTestId("acknowledged");
  await hand.getByText("they open at nine").waitFor();
  await hand.getByText("admin").waitFor();
  // Muting can be taken back.
  await page.getByRole("button", { name: en["incident.mute"], exact: true }).click();
  await page.getByRole("button", { name: en["incident.unmute"], exact: true }).waitFor();
  await page
    .locator(".toast", { hasText: en["incident.wasMuted"] })
    .getByRole("button", { name: en["action.undo"] })
    .click();
  await page.getByRole("button", { name: en["incident.mute"], exact: true }).waitFor();
  assert.is((await world.api("GET", `/v1/incidents/${one.id}`)).json.muted, false);
  assert.equal(await axe(page), []);

  world.receiver.answer(new URL(failing).pathname, 200);
  await page.getByRole("button", { name: `${en["incident.retry"]}…` }).click();
  await dialog.getByTestId("matched").getByText("3").waitFor();
  await dialog.getByRole("button", { name: "Retry 3" }).click();
  await page.locator('[data-outcome="succeeded"] dd').getByText("3").waitFor();
  await page.locator('[data-outcome="exhausted"] dd').getByText("0").waitFor();
  // Its tasks, as a list.
  await page.locator('[data-outcome="succeeded"] a').click();
  await page.locator("tr[data-task]").nth(2).waitFor();
  assert.is(await page.locator("tr[data-task]").count(), 3);
  assert.equal(complaints, []);
});

test("who retried all that: one entry of the audit log, with its tasks inside; filters suggest", async ({
  enter,
}) => {
  const { page, complaints } = await enter("/audit");
  const row = page.locator("tr[data-audit]", { hasText: en["audit.bulk.retry"] });
  await row.getByText("admin").filter({ visible: true }).waitFor();
  assert.is(await page.locator("tr[data-audit]", { hasText: en["audit.task.retry"] }).count(), 0);
  await row.getByRole("button", { name: en["audit.detail"] }).click();
  const inside = page.getByTestId("audit-group").getByRole("listitem");
  await inside.nth(2).waitFor();
  assert.is(await inside.count(), 3);
  assert.equal(await axe(page), []);
  await page.getByRole("button", { name: en["filter.add"] }).click();
  await page.getByRole("menuitem", { name: en["audit.action"] }).click();
  await page.locator('datalist option[value="bulk.retry"]').waitFor({ state: "attached" });
  await page.locator("form.editor input").fill("bulk.retry");
  await page.getByRole("button", { name: en["action.apply"] }).click();
  await page.getByText(en["audit.bulk.retry"], { exact: true }).first().waitFor();
  await page.waitForURL("**/audit?action=bulk.retry");
  assert.equal(complaints, []);
});

test("the inbox: what was raised is taken in hand and muted for a time, which is listed and lifted", async ({
  world,
  enter,
}) => {
  const failing = world.receiver.url({ status: 502, body: "gone" });
  await world.ended(await world.submit({ url: failing, limitCallCount: 1 }));
  const { page, complaints } = await enter("/inbox");
  const row = page.locator("tr[data-raised]", { hasText: "bad_status 502" });
  await row.waitFor();
  await row.getByText(en["inbox.untold"]).filter({ visible: true }).waitFor();
  await row.getByRole("button", { name: en["incident.acknowledge"] }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel(en["field.note"]).fill("mine");
  await dialog.getByRole("button", { name: en["incident.acknowledge"] }).click();
  await row.getByText("admin").filter({ visible: true }).waitFor();
  await row.getByRole("button", { name: en["incident.mute"] }).click();
  await dialog.getByLabel(en["mute.only"]).uncheck();
  assert.is(await dialog.getByLabel(en["mute.destination"]).inputValue(), world.receiver.origin);
  await dialog.getByLabel(en["mute.for"]).selectOption({ label: en["mute.480"] });
  assert.equal(await axe(page), []);
  await dialog.getByRole("button", { name: en["action.save"] }).click();
  await row.getByText(en["incident.muted"]).filter({ visible: true }).waitFor();
  await page.getByRole("button", { name: en["inbox.mutes"] }).click();
  const mute = page.locator("tr[data-mute]", { hasText: world.receiver.origin });
  await mute.getByText("bad_status").filter({ visible: true }).waitFor();
  assert.equal(await axe(page), []);
  await mute.getByRole("button", { name: en["incident.unmute"] }).click();
  await page.getByText(en["mute.none"]).waitFor();
  // A row leads to what it is about.
  await page.getByRole("button", { name: en["inbox.open"] }).click();
  await row.locator("a.name").click();
  await page.waitForURL("**/incidents/*");
  await page.getByText("mine").first().waitFor();
  assert.equal(complaints, []);
});

test("an incident that a wider mute covers is not unmuted: the page says so and leads to that mute", async ({
  world,
  enter,
}) => {
  const failing = world.receiver.url({ status: 504, body: "late" });
  await world.ended(await world.submit({ url: failing, limitCallCount: 1 }));
  const one = await until("the incident", async () => {
    const { items } = (await world.api("GET", "/v1/incidents")).json as { items: IncidentView[] };
    return items.find(({ statusCode }) => statusCode === 504);
  });
  const wide = await world.api("POST", "/v1/mutes", { destination: world.receiver.origin, minutes: 30 });
  const { page, complaints } = await enter(`/incidents/${one.id}`);
  const unmute = page.getByRole("button", { name: en["incident.unmute"], exact: true });
  await unmute.click();
  const refusal = page.getByRole("alert");
  await refusal.getByText(`#${wide.json.id} ${world.receiver.origin}`).waitFor();
  assert.is(await page.locator(".toast", { hasText: en["incident.wasUnmuted"] }).count(), 0);
  assert.equal(await axe(page), []);
  await refusal.getByRole("link", { name: en["mute.list"] }).click();
  const row = page.locator(`tr[data-mute="${wide.json.id}"]`);
  await row.getByRole("button", { name: en["incident.unmute"] }).click();
  await row.waitFor({ state: "detached" });

  // Undone, it is muted as it was.
  const path = `/v1/incidents/${one.id}/mute`;
  await world.api("POST", path, { muted: true, minutes: 90, note: "until they are back" });
  await page.goto(`/incidents/${one.id}`);
  await unmute.click();
  await page
    .locator(".toast", { hasText: en["incident.wasUnmuted"] })
    .getByRole("button", { name: en["action.undo"] })
    .click();
  await unmute.waitFor();
  const [mute] = (await world.api("GET", "/v1/mutes")).json.items as MuteView[];
  assert.equal([mute?.incident, mute?.note], [one.id, "until they are back"]);
  const left = (Date.parse(mute?.until ?? "") - Date.now()) / 60_000;
  assert.ok(left > 80 && left <= 90, `${left} minutes`);
  assert.equal(complaints, []);
});

test.run();
