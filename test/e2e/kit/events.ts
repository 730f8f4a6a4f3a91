/** A client of the event stream. */
import type { StatsNow, TaskChange } from "../../../core/contract.ts";
import { ADMIN, type World } from "./world.ts";

export class EventReader {
  readonly changes: TaskChange[] = [];
  readonly stats: (StatsNow & { perSecond: object | null })[] = [];
  dropped = 0;
  readonly #abort: AbortController;
  /** How the stream ended. */
  readonly ended: Promise<"end" | "broken">;

  private constructor(answer: Response, abort: AbortController) {
    this.#abort = abort;
    this.ended = this.#read(answer).then(
      () => "end" as const,
      () => "broken" as const,
    );
  }

  /** @param query with its question mark */
  static async open(world: World, query = "", headers: Record<string, string> = ADMIN): Promise<EventReader> {
    const abort = new AbortController();
    const answer = await fetch(`${world.baseUrl}/v1/events${query}`, { headers, signal: abort.signal });
    if (answer.status !== 200) throw new Error(`GET /v1/events: ${answer.status} ${await answer.text()}`);
    return new EventReader(answer, abort);
  }

  async close(): Promise<void> {
    this.#abort.abort();
    await this.ended;
  }

  async #read(answer: Response): Promise<void> {
    const decoder = new TextDecoder();
    let text = "";
    for await (const chunk of answer.body ?? []) {
      text += decoder.decode(chunk as Uint8Array, { stream: true });
      const parts = text.split("\n\n");
      text = parts.pop() ?? "";
      for (const part of parts) this.#take(part);
    }
  }

  #take(part: string): void {
    const fields = new Map(
      part.split("\n").map((line) => [line.split(": ", 1)[0], line.slice(line.indexOf(": ") + 2)]),
    );
    const data = JSON.parse(fields.get("data") ?? "null");
    if (fields.get("event") === "tasks") this.changes.push(...data.items);
    if (fields.get("event") === "stats") this.stats.push(data);
    if (fields.get("event") === "lagging") this.dropped += data.dropped;
  }
}
