/** A suite before the console of one real Bida: both it and the browser begin before the first test and end after the last. */
import type { Browser } from "playwright-core";
import { suite, type Test } from "uvu";
import { startEmbedded } from "../../e2e/kit/embedded.ts";
import type { World } from "../../e2e/kit/world.ts";
import { logIn, startBrowser, type Visit, type VisitOptions, visit } from "./console.ts";

/** What each test of the suite is given. */
export interface Before {
  world: World;
  /** A fresh browser profile before the console; nobody is logged in, and nothing is open. Ends with the test. */
  visit(options?: VisitOptions): Promise<Visit>;
  /** A visit that begins at `path`, logged in: as the admin, where nothing else is said. */
  enter(path: string, options?: VisitOptions & { username?: string; password?: string }): Promise<Visit>;
}

/** @returns a suite as uvu's; hooks that are added find the world started */
export function consoleSuite(name: string): Test<Before> {
  let browser: Browser | undefined;
  const visits: Visit[] = [];
  const test = suite<Before>(name);

  test.before(async (before) => {
    [before.world, browser] = await Promise.all([startEmbedded(), startBrowser()]);
    const opened = browser;
    before.visit = async (options) => {
      const made = await visit(opened, before.world.baseUrl, options);
      visits.push(made);
      return made;
    };
    before.enter = async (path, { username, password, ...options } = {}) => {
      const entered = await before.visit(options);
      await entered.page.goto(path);
      await logIn(entered.page, username, password);
      return entered;
    };
  });
  test.after.each(async () => {
    await Promise.all(visits.splice(0).map(({ context }) => context.close()));
  });
  test.after(async ({ world }) => {
    await browser?.close();
    await world?.stop();
  });
  return test;
}
