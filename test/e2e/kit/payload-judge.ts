/** Whether payloads arrived as they were meant, byte by byte. */
import * as assert from "uvu/assert";
import type { Entry } from "./payload-entries.ts";
import { PAYLOADS, type Payload } from "./payload-table.ts";
import type { Call } from "./receiver.ts";
import type { World } from "./world.ts";

const JSON_TYPE = "application/json;charset=UTF-8";

/**
 * Hands over all of a table that an entry takes.
 * @throws Error that names every payload that arrived otherwise
 */
export async function judge(world: World, entry: Entry, table: Payload[] = PAYLOADS): Promise<void> {
  const { receiver } = world;
  const url = receiver.url();
  const rows = table.filter(entry.takes).map((row) => meantBy(entry, row));
  const ids = await entry.send(rows, url);
  const calls = await arrived(world, entry, rows, ids);
  const wrong = rows.flatMap((row, i) => {
    const differences = differencesOf(row, calls[i] as Call, new URL(url).pathname);
    return differences.length === 0 ? [] : [`${row.name}: ${differences.join("; ")}`];
  });
  assert.equal(wrong, [], entry.name);
  console.log(`${world.kind}: ${rows.length} payloads through ${entry.name}`);
}

function meantBy({ kkbida }: Entry, row: Payload): Payload {
  if (!kkbida || !row.kkbida) return row;
  const { target, body } = row.kkbida;
  return { ...row, ...(target !== undefined && { target }), ...(body !== undefined && { body }) };
}

async function arrived(world: World, entry: Entry, rows: Payload[], ids: string[]): Promise<Call[]> {
  const { receiver } = world;
  const wanted = new Set(ids);
  const callsById = () =>
    new Map(receiver.ledger.filter(({ taskId }) => wanted.has(taskId)).map((call) => [call.taskId, call]));
  try {
    return await receiver.waitFor(`the calls of ${entry.name}`, () => {
      const found = callsById();
      return found.size === wanted.size ? ids.map((id) => found.get(id) as Call) : undefined;
    });
  } catch (error) {
    const found = callsById();
    const missing = ids.flatMap((id, i) => (found.has(id) ? [] : [{ id, name: rows[i]?.name }]));
    const why = await Promise.all(
      missing
        .slice(0, 5)
        .map(async ({ id, name }) => `${name}: ${JSON.stringify((await world.task(id)).lastError)}`),
    );
    throw new Error(`${(error as Error).message}: ${why.join("; ")}`);
  }
}

function differencesOf(row: Payload, call: Call, path: string): string[] {
  const method = row.method ?? "POST";
  const hasBody = row.body !== undefined || !(method === "GET" || method === "DELETE");
  const body = Buffer.from(row.body ?? (hasBody ? (row.param ?? "{}") : ""));
  const type = row.type !== undefined ? row.type : hasBody ? JSON_TYPE : null;
  const target = `${path}${row.target ?? row.suffix ?? ""}`;
  const found: string[] = [];
  const same = (what: string, got: unknown, meant: unknown) => {
    if (got !== meant)
      found.push(
        `${what} is ${JSON.stringify(got)?.slice(0, 300)}, not ${JSON.stringify(meant)?.slice(0, 300)}`,
      );
  };
  same("the method", call.method, method);
  same("the target", call.path, target);
  same("the content type", call.headers["content-type"] ?? null, type);
  same("the body", call.body.toString("latin1"), body.toString("latin1"));
  if (hasBody) same("the length", call.headers["content-length"], String(body.length));
  for (const [name, value] of Object.entries(row.headers ?? {})) same(name, call.headers[name], value);
  return found;
}
