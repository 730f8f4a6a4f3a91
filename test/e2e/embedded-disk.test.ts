/** A disk that is full, or broken: nothing is accepted that cannot be kept, and all goes on once it can. @takes 5 s */
import { writeFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { buildPreload } from "../servers/preload.ts";
import { temporaryFolder } from "../servers/server.ts";
import { startEmbedded } from "./kit/embedded.ts";
import { until } from "./kit/until.ts";
import { ADMIN, type World } from "./kit/world.ts";

const library = buildPreload(new URL("kit/disk-fault.c", import.meta.url));
const file = join(temporaryFolder("disk"), "fault");
const { ENOSPC, EIO } = constants.errno;

let world: World;

/** From now on writes fail with this error; 0: they work. */
const disk = (errno: number) => writeFileSync(file, Buffer.of(errno), { flag: "r+" });

const get = (path: string) => fetch(`${world.baseUrl}${path}`, { headers: ADMIN });

const submit = () =>
  fetch(`${world.baseUrl}/v1/tasks`, {
    method: "POST",
    headers: { ...ADMIN, "content-type": "application/json" },
    body: JSON.stringify({ url: `${world.receiver.origin}/any`, requestMethod: "POST", limitCallCount: 2 }),
  });

const test = suite("disk");

test.before(async () => {
  writeFileSync(file, Buffer.of(0));
  if (!library) return;
  world = await startEmbedded({ LD_PRELOAD: library, DISK_FAULT_FILE: file });
  // The first login makes the administrator's row.
  assert.is((await get("/v1/tasks")).status, 200);
});
test.after(() => world?.stop());

for (const [name, errno] of [
  ["full", ENOSPC],
  ["broken", EIO],
] as const)
  test(`a ${name} disk: not ready, 503 to submissions, reads go on; then all as before`, async () => {
    if (!library) return;
    disk(errno);
    await until("not ready", async () => (await get("/readyz")).status === 503);
    assert.is((await get("/healthz")).status, 200);
    const refused = await submit();
    assert.is(refused.status, 503, await refused.clone().text());
    assert.ok(Number(refused.headers.get("retry-after")) > 0);
    assert.is(((await refused.json()) as { code: string }).code, "unavailable");
    const list = await get("/v1/tasks");
    assert.is(list.status, 200);
    const before = ((await list.json()) as { items: unknown[] }).items.length;

    disk(0);
    await until("ready", async () => (await get("/readyz")).status === 200);
    const accepted = await submit();
    assert.is(accepted.status, 202);
    const { taskId } = (await accepted.json()) as { taskId: string };
    await world.receiver.waitForCalls(taskId, 1);
    await until("on record", async () => {
      const task = (await (await get(`/v1/tasks/${taskId}`)).json()) as { state: string };
      return task.state === "succeeded";
    });
    // What was refused was not accepted after all.
    const after = (await (await get("/v1/tasks")).json()) as { items: unknown[] };
    assert.is(after.items.length, before + 1);
  });

test.run();
