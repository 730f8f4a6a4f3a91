/** A hand before a list: it aims at rows, and what its clicks really hit is kept. */
import type { Page } from "playwright-core";

/** Where it aims, and at what. */
export interface Aim {
  id: string;
  x: number;
  y: number;
}

export class Hand {
  readonly #page: Page;
  /** Selects the rows. */
  readonly #rows: string;
  /** The attribute that names a row. */
  readonly #name: string;

  private constructor(page: Page, name: string) {
    this.#page = page;
    this.#rows = `tr[${name}]`;
    this.#name = name;
  }

  /** From now on clicks are kept, and do nothing else. */
  static async before(page: Page, name: string): Promise<Hand> {
    await page.evaluate((attribute) => {
      const hits: string[] = [];
      (globalThis as unknown as { hits: string[] }).hits = hits;
      addEventListener(
        "click",
        (event) => {
          const at = event.target as Element;
          hits.push(at.closest(`tr[${attribute}]`)?.getAttribute(attribute) ?? at.outerHTML.slice(0, 80));
          event.preventDefault();
          event.stopImmediatePropagation();
        },
        true,
      );
    }, name);
    return new Hand(page, name);
  }

  /** The `nth` of the rows that are whole in the window, round and round; at a cell where nothing can have the focus. */
  async aim(nth: number): Promise<Aim> {
    return this.#page.evaluate(
      ([rows, name, at]) => {
        const seen = [...document.querySelectorAll(rows)].flatMap((row) => {
          const cells = [...row.querySelectorAll("td")].filter(({ offsetWidth }) => offsetWidth > 0);
          const { left, width } = (cells.at(-2) as Element).getBoundingClientRect();
          const { top, bottom, height } = row.getBoundingClientRect();
          const whole = top > 130 && bottom < innerHeight;
          return whole
            ? [{ id: row.getAttribute(name) ?? "", x: left + width / 2, y: top + height / 2 }]
            : [];
        });
        return seen[at % seen.length] as Aim;
      },
      [this.#rows, this.#name, nth] as const,
    );
  }

  /** What the last click hit. */
  hit(): Promise<string | undefined> {
    return this.#page.evaluate(() => (globalThis as unknown as { hits: string[] }).hits.at(-1));
  }

  ids(): Promise<(string | null)[]> {
    return this.#page
      .locator(this.#rows)
      .evaluateAll((rows, name) => rows.map((row) => row.getAttribute(name)), this.#name);
  }

  /** Resolves once the list shows another first row than `ids` begins with. */
  async movedOn(ids: (string | null)[]): Promise<void> {
    await this.#page.waitForFunction(
      ([rows, name, first]) => document.querySelector(rows)?.getAttribute(name) !== first,
      [this.#rows, this.#name, ids[0] ?? null] as const,
    );
  }
}
