/** Answers of ours that would be large. */
import { asked, MIB, type Place, type Row, type Seen } from "../kit/row.ts";

const LARGE_TASKS = 12;

/** Tasks of a megabyte each, called in a day. */
async function stored({ world, key }: Place): Promise<string> {
  const sourceAppName = `large-${Math.random()}`;
  for (let i = 0; i < LARGE_TASKS; i++)
    await world.submit(
      { url: world.receiver.url(), body: "x".repeat(MIB - 10), sourceAppName, delayMs: 86_400_000 },
      key,
    );
  return sourceAppName;
}

/** A task with many answers of 64 KiB. */
async function attempted({ world, key }: Place): Promise<string> {
  const retry = { strategy: "fixed", delayMs: 0 };
  const url = world.receiver.url({ status: 500, body: "\u0001".repeat(60_000) });
  const taskId = await world.submit({ url, limitCallCount: 20, retry }, key);
  await world.ended(taskId, 60_000);
  return taskId;
}

async function everyPage(place: Place, path: string): Promise<Seen> {
  let [most, cursor] = [0, ""];
  do {
    const reply = await place.world.api("GET", `${path}${cursor && `&cursor=${cursor}`}`);
    if (reply.status !== 200) return { status: reply.status, code: reply.json?.code ?? null, bytes: 0 };
    most = Math.max(most, reply.text.length);
    cursor = reply.json.nextCursor ?? "";
  } while (cursor !== "");
  return { status: 200, code: null, bytes: most };
}

const PAGE = 4.5 * MIB;

const exports: Row[] = ["csv", "jsonl"].map((format) => ({
  name: `an export of ${LARGE_TASKS} tasks of 1 MiB, as ${format}`,
  run: async (place) =>
    asked(place, "GET", `/v1/tasks/export?format=${format}&sourceAppName=${await stored(place)}`),
  status: [200],
  // A stream.
  bytes: 2 * LARGE_TASKS * MIB,
  cpuSeconds: 6,
}));

export const listRows: Row[] = [
  ...exports,
  {
    name: `a list of ${LARGE_TASKS} tasks of 1 MiB, with their payloads`,
    run: async (place) =>
      everyPage(place, `/v1/tasks?limit=200&include=payload&sourceAppName=${await stored(place)}`),
    status: [200],
    bytes: PAGE,
    cpuSeconds: 6,
  },
  {
    name: "the same without",
    run: async (place) => everyPage(place, `/v1/tasks?limit=200&sourceAppName=${await stored(place)}`),
    status: [200],
    bytes: 64 * 1024,
    cpuSeconds: 4,
  },
  {
    name: "attempts of a task whose target answered with 64 KiB each time",
    run: async (place) => everyPage(place, `/v1/tasks/${await attempted(place)}/attempts?limit=200`),
    status: [200],
    bytes: PAGE,
    cpuSeconds: 4,
  },
  {
    name: "every list at its longest",
    run: async (place) => {
      const pages = ["tasks", "attempts", "jobs", "destinations", "apps", "users", "audit"];
      const seen = await Promise.all(pages.map((page) => asked(place, "GET", `/v1/${page}?limit=200`)));
      return {
        status: Math.max(...seen.map(({ status }) => status)),
        code: null,
        bytes: Math.max(...seen.map(({ bytes }) => bytes)),
      };
    },
    status: [200],
    bytes: PAGE,
    cpuSeconds: 2,
  },
];
