/** A suite before the console of one real Bida: both it and the browser begin before the first test and end after the last. */
import type { Browser, Cookie } from "playwright-core";
import { suite, type Test } from "uvu";
import { startEmbedded } from "../../e2e/kit/embedded.ts";
import type { World } from "../../e2e/kit/world.ts";
import { logIn, startBrowser, type Visit, type VisitOptions, visit } from "./console.ts";

export interface EnterOptions extends VisitOptions {
  username?: string;
  password?: string;
  /** A session of its own. Otherwise a user's visits share one: each login costs a password's hash and a page. */
  ownSession?: true;
}

/** What each test of the suite is given. */
export interface Before {
  world: World;
  /** A fresh browser profile before the console; nobody is logged in, and nothing is open. Ends with the test. */
  visit(options?: VisitOptions): Promise<Visit>;
  /** A visit that begins at `path`, logged in: as the admin, where nothing else is said. */
  enter(path: string, options?: EnterOptions): Promise<Visit>;
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
    const cookies = new Map<string, Cookie[]>();
    before.enter = async (path, { username = "admin", password = "admin", ownSession, ...options } = {}) => {
      const entered = await before.visit(options);
      const { page, context } = entered;
      const known = ownSession ? undefined : cookies.get(username);
      if (known) await context.addCookies(known);
      await page.goto(path);
      const [main, form] = [page.locator("#main"), page.locator("input[name=username]")];
      await main.or(form).first().waitFor();
      // A test may have ended the session.
      if (await form.isVisible()) {
        await logIn(page, username, password);
        if (!ownSession) cookies.set(username, await context.cookies());
      }
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
