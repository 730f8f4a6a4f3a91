/** `npm run dev`: both servers, a restart after a change, and nothing left behind. @takes 20 s */
import { existsSync, statSync, utimesSync } from "node:fs";
import { join, resolve } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { inherited } from "../e2e/kit/node.ts";
import { until } from "../e2e/kit/until.ts";
import { freePort } from "../servers/ports.ts";
import { launch } from "../servers/process.ts";
import { temporaryFolder } from "../servers/server.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const test = suite("npm run dev");
// `npm run dev` installs the console's packages; the test does not.
const check = existsSync(join(ROOT, "ui/node_modules/vite")) ? test : test.skip;

const answers = (url: string) =>
  fetch(url, { signal: AbortSignal.timeout(2_000) }).then(
    ({ status }) => status === 200,
    () => false,
  );

for (const signal of ["SIGINT", "SIGTERM"] as const)
  check(`Bida and Vite run until ${signal}`, async () => {
    const [port, uiPort] = [await freePort(), await freePort()];
    const dev = launch(
      process.execPath,
      [join(ROOT, "scripts/dev.ts"), "--port", String(uiPort), "--strictPort", "--host", "127.0.0.1"],
      { cwd: ROOT, env: { ...inherited(), BIDA_PORT: String(port), BIDA_DATA_DIR: temporaryFolder("dev") } },
    );
    const [bida, ui] = [`http://127.0.0.1:${port}/readyz`, `http://127.0.0.1:${uiPort}`];
    try {
      await until("Bida", () => answers(bida), 60_000);
      await until("Vite", () => answers(`${ui}/`), 60_000);
      assert.ok(await answers(`${ui}/healthz`), "Vite passes requests on to Bida");
      if (signal === "SIGINT") {
        // A file that is imported; its text stays as it is.
        const file = join(ROOT, "services/admin/admin.service.ts");
        const { atime, mtime } = statSync(file);
        utimesSync(file, new Date(), new Date());
        await dev.printed(/Bida starts again/);
        utimesSync(file, atime, mtime);
        await until("Bida again", () => answers(bida), 60_000);
      }
    } finally {
      await dev.stop(signal, 20_000);
    }
    assert.is(await dev.ended, "exit 0", dev.output());
    for (const url of [bida, ui]) assert.not.ok(await answers(url), `${url} has ended`);
  });

test.run();
