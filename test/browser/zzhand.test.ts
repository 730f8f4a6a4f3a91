/** Nothing moves under a hand: it aims and clicks in every list while 50 tasks a second flow. @takes 120 s */
import { setTimeout as pause } from "node:timers/promises";
import type { Page } from "playwright-core";
import * as assert from "uvu/assert";
import { en } from "../../ui/src/i18n/en.ts";
import { Hand } from "./kit/aim.ts";
import { axe } from "./kit/console.ts";
import { consoleSuite } from "./kit/suite.ts";

const test = consoleSuite("browser: hand");

const HITS = 200;
/** So often the hand leaves the list, which then goes on; */
const LEAVES = 4;
/** and so often it rests in the list until that was loaded again. */
const RESTS = 8;

const BATCH = 10;
/** Ten tasks every so often, in ms: 50 a second. */
const EVERY = 200;

let flowing = true;
let flow: Promise<void> = Promise.resolve();
let broken: Error | null = null;

test.before(async ({ world }) => {
  const [good, bad] = [world.receiver.url(200), world.receiver.url(500)];
  const once = { requestMethod: "POST", limitCallCount: 1 };
  let n = 0;
  const batch = () =>
    Array.from({ length: BATCH }, () => {
      n++;
      // Half of them at once, every fifth of those in vain; the others within a minute.
      return n % 2
        ? { ...once, url: n % 5 ? good : bad }
        : { ...once, url: good, delayMs: 2_000 + ((n * 337) % 58_000) };
    });
  // What is there before anybody looks.
  for (let i = 0; i < 10; i++) await world.batch(batch());
  flow = (async () => {
    while (flowing) await Promise.all([world.batch(batch()), pause(EVERY)]);
  })().catch((error: Error) => {
    // Of the end of the world too, which is stopped before this.
    broken = error;
  });
});
test.after(async () => {
  flowing = false;
  await flow;
});

/** Aims and clicks; returns what was hit instead of what was aimed at. */
async function wrongHits(
  page: Page,
  {
    name,
    path,
    flows,
    rests = RESTS,
    click,
  }: {
    /** The attribute that names a row. */
    name: string;
    /** What the list is loaded from. */
    path: string;
    /** Its rows follow the server while nobody is at work in it. */
    flows: boolean;
    rests?: number;
    click(x: number, y: number): Promise<void>;
  },
): Promise<string[]> {
  await page.locator(`tr[${name}]`).nth(5).waitFor();
  const hand = await Hand.before(page, name);
  const loaded = () =>
    page.waitForResponse((answer) => new URL(answer.url()).pathname === path && answer.ok());
  const wrong: string[] = [];
  for (let n = 0; n < HITS; n++) {
    if (n % (HITS / LEAVES) === 0 && flows) {
      const before = await hand.ids();
      await page.mouse.move(20, 500);
      await hand.movedOn(before);
      // The hand begins to move.
      await page.mouse.move(22, 502);
    }
    const aim = await hand.aim(n * 7);
    if (flows) await page.mouse.move(aim.x, aim.y, { steps: 3 });
    if (n % (HITS / rests) === 1) await loaded();
    await click(aim.x, aim.y);
    const hit = await hand.hit();
    if (hit !== aim.id) wrong.push(`${n}: ${hit} instead of ${aim.id}`);
  }
  assert.is(broken, null, "the flow of tasks");
  return wrong;
}

const LISTS_ = [
  { page: "/tasks", name: "data-task", path: "/v1/tasks" },
  { page: "/waiting", name: "data-task", path: "/v1/tasks" },
  { page: "/attempts", name: "data-attempt", path: "/v1/attempts" },
];

const NOW = new Date().toISOString();

/** Each answer has something new on top, and the others in another order. */
const STIRRED: { name: string; page: string; path: string; item: (id: number) => object }[] = [
  {
    ...{ name: "data-incident", page: "/incidents", path: "/v1/incidents" },
    item: (id) => ({
      ...{
        id,
        destination: `https://partner-${id}.example`,
        errorCode: "timeout",
        statusCode: null,
        tasks: id,
      },
      ...{ firstAt: NOW, lastAt: NOW, first: { taskId: "", error: "" }, last: { taskId: "", error: "" } },
      ...{ muted: false, mutedUntil: null, acknowledged: null, endedAt: null },
    }),
  },
  {
    ...{ name: "data-raised", page: "/inbox", path: "/v1/alarms" },
    item: (id) => ({
      ...{
        id,
        kind: "breaker",
        severity: "warning",
        destination: `https://partner-${id}.example`,
        alarms: id,
      },
      ...{ errorCode: null, statusCode: null, channel: null, firstAt: NOW, lastAt: NOW, lastError: null },
      ...{ lastTaskId: null, told: 1, acknowledged: null, mutes: [], endedAt: null },
    }),
  },
  {
    ...{ name: "data-audit", page: "/audit", path: "/v1/audit" },
    item: (id) => ({
      ...{ id: String(id), at: NOW, actor: { kind: "user", id: 1, name: "admin" }, sourceIp: "127.0.0.1" },
      ...{
        action: "task.retry",
        target: { type: "task", id: String(id), name: null },
        before: null,
        after: null,
      },
      ...{ note: null, requestPath: "POST /v1/tasks", group: null },
    }),
  },
];
for (const list of STIRRED)
  test(`${list.page}: ${HITS} clicks hit what they are aimed at, while others come on top`, async ({
    enter,
  }) => {
    const { page, complaints } = await enter("/settings");
    let turn = 0;
    await page.route(
      (url) => url.pathname === list.path,
      async (route) => {
        turn++;
        const known = Array.from({ length: 12 }, (_, i) => ((i * 5 + turn) % 12) + 1);
        const items = [1_000 + turn, ...known].map(list.item);
        await route.fulfill({ json: { items, nextCursor: null } });
      },
    );
    await page.goto(list.page);
    const wrong = await wrongHits(page, {
      ...{ ...list, flows: false, rests: 2 },
      click: (x, y) => page.mouse.click(x, y),
    });
    assert.equal(wrong, []);
    await page.locator("button.fresh").waitFor();
    assert.equal(complaints, []);
  });


test.run();
