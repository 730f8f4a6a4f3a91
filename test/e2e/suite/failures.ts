/** Targets that fail in every way there is: bounded, and each recorded with its own code. */
import { createServer } from "node:http";
import { createServer as createTls } from "node:https";
import type { AddressInfo, Server } from "node:net";
import { gzipSync } from "node:zlib";
import * as assert from "uvu/assert";
import { freePort } from "../../servers/ports.ts";
import { CERTIFICATE, KEY } from "../kit/certificate.ts";
import type { LiveAnswer } from "../kit/receiver.ts";
import { timely } from "../kit/timely.ts";
import { until } from "../kit/until.ts";
import type { Suite } from "./suite.ts";

const once = { limitCallCount: 1, timeoutMs: 300 };

export function failureSuite({ test, world }: Suite): void {
  const attemptAt = async (url: string, more: Record<string, unknown> = {}) => {
    const taskId = await world().submit({ url, ...once, ...more });
    const task = await world().ended(taskId);
    const [attempt] = await world().attempts(taskId);
    assert.ok(attempt, `${url}: no attempt on record`);
    assert.is(task.lastError?.code ?? null, attempt.errorCode);
    return attempt;
  };
  const answering = (answer: LiveAnswer) => world().receiver.url(answer);

  test("scenario 8: DNS, refused, TLS, reset and timeout have an error code each", async () => {
    const plain = await listening(createServer((_, res) => res.end()));
    const selfSigned = await listening(createTls({ cert: CERTIFICATE, key: KEY }, (_, res) => res.end()));
    const long = { timeoutMs: 5_000 };
    const codes = await Promise.all([
      attemptAt("http://nonexistent.invalid/", long),
      attemptAt(`http://127.0.0.1:${await freePort()}/`, long),
      attemptAt(`https://127.0.0.1:${plain.port}/`, long),
      attemptAt(`https://127.0.0.1:${selfSigned.port}/`, long),
      attemptAt(
        answering((res) => void res.destroy()),
        long,
      ),
      attemptAt(answering(() => {})),
    ]);
    assert.equal(
      codes.map(({ errorCode }) => errorCode),
      ["dns", "refused", "tls", "tls", "reset", "timeout"],
    );
    for (const { errorMessage, outcome, statusCode } of codes) {
      assert.ok(errorMessage);
      assert.is(outcome, "failed");
      assert.is(statusCode, null);
    }
    await timely("a timeout of 300 ms", 450, async () => {
      const { durationMs } = await attemptAt(answering(() => {}));
      assert.ok(durationMs >= 299, `the timeout of 300 ms took ${durationMs} ms`);
      return durationMs;
    });
    plain.stop();
    selfSigned.stop();
  });

  test("scenario 6: an answer that drips, has no end, or breaks off is bounded in time", async () => {
    const dripping = answering((res) => {
      res.writeHead(200);
      const timer = setInterval(() => res.write("."), 50);
      res.on("close", () => clearInterval(timer));
    });
    const pouring = answering(pour);
    const [drip, endless, broken, silent] = await Promise.all([
      attemptAt(dripping, { timeoutMs: 3_000 }),
      attemptAt(pouring, { timeoutMs: 5_000 }),
      attemptAt(
        answering((res) => {
          res.writeHead(200, { "content-length": "1000" });
          res.write("half of it", () => res.destroy());
        }),
        { timeoutMs: 5_000 },
      ),
      attemptAt(answering((res) => void res.writeHead(200).write("begun"))),
    ]);
    assert.is(drip.errorCode, "timeout");
    assert.is(drip.statusCode, 200);
    const took = async (...args: Parameters<typeof attemptAt>) => (await attemptAt(...args)).durationMs;
    await timely("an answer that drips for longer than 300 ms", 450, () => took(dripping));
    // Proven by its status, and no more of the body is read than is kept.
    assert.is(endless.outcome, "succeeded");
    assert.is(endless.responseTruncated, true);
    assert.is(Buffer.byteLength(endless.responseBody ?? ""), 65_535);
    await timely("an answer without end", 2_000, () => took(pouring, { timeoutMs: 5_000 }));
    assert.is(broken.errorCode, "reset");
    assert.is(broken.responseBody, "half of it");
    assert.is(silent.errorCode, "timeout");
  });

  test("scenario 6: headers of 1 MB are refused with their own code", async () => {
    const big = "x".repeat(1024);
    const url = answering((res) => {
      res.socket?.write("HTTP/1.1 200 OK\r\n");
      for (let i = 0; i < 1024; i++) res.socket?.write(`x-${i}: ${big}\r\n`);
      res.socket?.end("\r\n");
    });
    assert.is((await attemptAt(url, { timeoutMs: 5_000 })).errorCode, "too_large_headers");
  });

  test("scenario 6: a response longer than 64 KiB is cut and says so; one of 65 535 bytes is whole", async () => {
    const sizes = [65_535, 65_536, 1_000_000];
    const attempts = await Promise.all(
      sizes.map((size) => attemptAt(world().receiver.url({ body: "a".repeat(size) }), { timeoutMs: 5_000 })),
    );
    assert.equal(
      attempts.map(({ responseTruncated }) => responseTruncated),
      [false, true, true],
    );
    for (const { responseBody, outcome } of attempts) {
      assert.is(responseBody?.length, 65_535);
      assert.is(outcome, "succeeded");
    }
  });

  test("a kept connection that the target resets costs no attempt", async () => {
    const used = new WeakSet<object>();
    let resets = 0;
    const url = answering((res, _, req) => {
      if (resets > 0 || !used.has(req.socket)) {
        used.add(req.socket);
        return void res.end();
      }
      resets += 1;
      req.socket.resetAndDestroy();
    });
    await until("a call on a connection that was used before", async () => {
      const task = await world().ended(await world().submit({ url, limitCallCount: 1 }));
      assert.equal([task.state, task.callCount], ["succeeded", 1]);
      return resets === 1;
    });
  });

  test("an image is kept as it came, and what is not what it says is told", async () => {
    const bytes = Buffer.from("89504e470d0a1a0a00ff", "hex");
    const answers = [
      { body: bytes },
      { body: "no gzip", headers: { "content-encoding": "gzip" } },
      { body: gzipSync("成功\0"), headers: { "content-encoding": "gzip" } },
    ];
    const seen = [];
    for (const answer of answers) {
      const id = await world().submit({ url: world().receiver.url(answer), limitCallCount: 1 });
      await world().ended(id);
      const [attempt] = await world().attempts(id);
      seen.push([attempt?.errorCode, attempt?.responseBody, attempt?.responseEncoding]);
    }
    assert.equal(seen, [
      [null, bytes.toString("base64"), "base64"],
      ["bad_encoding", Buffer.from("no gzip").toString("base64"), "base64"],
      [null, "成功\0", "text"],
    ]);
  });

  test("an answer that is not HTTP is recorded as such", async () => {
    const url = answering((res) => void res.socket?.end("SSH-2.0-OpenSSH_9.6\r\n"));
    const { errorCode, errorMessage } = await attemptAt(url, { timeoutMs: 5_000 });
    assert.is(errorCode, "bad_response", errorMessage ?? "");
  });

  test("the metadata address is blocked, also behind a private permission", async () => {
    assert.is((await attemptAt("http://169.254.169.254/latest/meta-data/")).errorCode, "blocked");
  });
}

/** Sends without end, as fast as it is taken. */
const pour: LiveAnswer = (res) => {
  const block = Buffer.alloc(65_536, 97);
  const more = () => {
    while (!res.destroyed && res.write(block));
  };
  res.writeHead(200).on("drain", more);
  more();
};

async function listening(server: Server & { closeAllConnections(): void }) {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const stop = () => {
    server.closeAllConnections();
    server.close();
  };
  return { port: (server.address() as AddressInfo).port, stop };
}
