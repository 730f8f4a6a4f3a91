import { suite } from "uvu";
import * as assert from "uvu/assert";
import { loadConfig } from "../../core/config.ts";
import { openFileLimit, socketsPerThread } from "../../core/open-files.ts";

const test = suite("open files");

const limits = (value: string) => () =>
  `Limit                     Soft Limit           Hard Limit           Units     
Max cpu time              unlimited            unlimited            seconds   
Max open files            ${value.padEnd(20)} 1048576              files     
`;

test("the limit of this process, as the system says it", () => {
  assert.is(openFileLimit(limits("1024")), 1024);
  assert.is(openFileLimit(limits("unlimited")), null);
  assert.is(
    openFileLimit(() => {
      throw new Error("no /proc");
    }),
    null,
  );
  if (process.platform === "linux") assert.ok((openFileLimit() ?? 1) > 0);
});

for (const [limit, threads, sockets] of [
  [1_048_576, 3, 349_354],
  [1024, 1, 512],
  [1024, 4, 128],
  [256, 1, 128],
  [256, 200, 1],
  [null, 8, Number.POSITIVE_INFINITY],
] as const) {
  test(`${limit} files and ${threads} threads: ${sockets} sockets each`, () =>
    assert.is(socketsPerThread(limit, threads), sockets));
}

test("the usual concurrency fits the limit; one that was asked for stays", () => {
  const read = (env: Record<string, string>, limit: number | null) =>
    loadConfig({ BIDA_THREADS: "2", ...env }, limit).concurrency;
  assert.is(read({}, 65_536), 256);
  assert.is(read({}, null), 256);
  assert.is(read({}, 256), 64);
  assert.is(read({ BIDA_CONCURRENCY: "500" }, 256), 500);
});

test.run();
