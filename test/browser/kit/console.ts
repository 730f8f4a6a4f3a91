/** A browser before a Bida's console, as a person would use it; and what no page may do. */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { PATIENCE } from "../../e2e/kit/until.ts";
import { needProgram } from "../../servers/binaries.ts";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const BUILT = resolve(import.meta.dirname, "../../../ui/dist/index.html");

export const DESKTOP = { width: 1400, height: 900 };
export const TABLET = { width: 820, height: 1180 };
export const PHONE = { width: 390, height: 844 };

export type Language = "en" | "zh";

export async function startBrowser(): Promise<Browser> {
  if (!existsSync(BUILT)) throw new Error("the console is not built: run `node scripts/prepare.mjs`");
  return chromium.launch({ executablePath: needProgram("chromium"), args: ["--no-sandbox"] });
}

export interface Visit {
  page: Page;
  context: BrowserContext;
  /** What the browser complained of: scripts that failed, what the Content-Security-Policy stopped. */
  complaints: string[];
}

export interface VisitOptions {
  language?: Language;
  phone?: boolean;
  /** Fingers instead of a mouse. */
  touch?: boolean;
  dark?: boolean;
}

/** A fresh browser profile that looks at `baseUrl`; nobody is logged in. */
export async function visit(browser: Browser, baseUrl: string, options: VisitOptions = {}): Promise<Visit> {
  const context = await browser.newContext({
    baseURL: baseUrl,
    locale: options.language === "zh" ? "zh-CN" : "en-GB",
    colorScheme: options.dark ? "dark" : "light",
    viewport: options.phone ? PHONE : DESKTOP,
    reducedMotion: "reduce",
    hasTouch: options.touch ?? false,
    isMobile: options.touch ?? false,
  });
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.stack ?? error.message));
  page.on("console", (message) => {
    // Refusals are part of many tests; the network itself fails in those that stop the server.
    const expected = /^Failed to load resource/.test(message.text());
    if (message.type() === "error" && !expected) complaints.push(message.text());
  });
  return { page, context, complaints };
}

/** Logs in by the form, in either language. */
export async function logIn(page: Page, username = "admin", password = "admin"): Promise<void> {
  await page.locator("input[name=username]").fill(username);
  await page.locator("input[name=password]").fill(password);
  await page.locator("form button[type=submit]").click();
  await page.locator("#main").waitFor();
}

const ALL_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
/** The rules of axe-core that look at colors: nothing else of a page changes with its theme. */
export const COLOR_RULES = ["color-contrast", "link-in-text-block"];

/**
 * What axe-core finds, however slight, in words; empty where all is well.
 * @param rules tags of rules, or their names
 */
export async function axe(page: Page, rules: string[] = ALL_RULES): Promise<string[]> {
  // Evaluated, not added as a script: that the page's Content-Security-Policy forbids.
  // Half a megabyte: once for each page that was loaded, however often it is looked at.
  if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(await sourceOfAxe());
  const found = await page.evaluate(async (runOnly) => {
    const tools = (
      globalThis as unknown as { axe: { run(options: object): Promise<{ violations: Violation[] }> } }
    ).axe;
    interface Violation {
      id: string;
      impact: string;
      help: string;
      nodes: { html: string; failureSummary: string }[];
    }
    const { violations } = await tools.run({
      runOnly,
      // Of what it passes, nothing is worked out.
      resultTypes: ["violations"],
      // Style sheets and media, for rules that are not among these, or pages with sound.
      preload: false,
    });
    return violations.map(
      ({ id, impact, help, nodes }) =>
        `${id} (${impact}): ${help}\n  ${nodes
          .slice(0, 3)
          .map(
            ({ html, failureSummary }) =>
              `${html.slice(0, 200)}\n    ${failureSummary.replaceAll("\n", " ").slice(0, 260)}`,
          )
          .join("\n  ")}`,
    );
  }, rules);
  return found;
}

let axeSource: Promise<string> | undefined;
function sourceOfAxe(): Promise<string> {
  axeSource ??= import("node:fs/promises").then(({ readFile }) => readFile(AXE, "utf8"));
  return axeSource;
}

/** Where a failed test leaves what it saw: only when asked for. */
export async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env.TEST_PICTURES;
  if (folder) await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}
