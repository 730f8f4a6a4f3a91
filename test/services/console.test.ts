import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, get, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { Readable } from "node:stream";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { consoleRoutes } from "../../services/api/console.ts";
import { temporaryFolder } from "../servers/server.ts";

const test = suite("console files");

const folder = temporaryFolder("console");
const LARGE = "x".repeat(4_000_000);
let server: Server;
/** Files that are being sent. */
const open = new Set<Readable>();

test.before(async () => {
  mkdirSync(join(folder, "assets"));
  writeFileSync(join(folder, "index.html"), "<title>Bida</title>");
  writeFileSync(join(folder, "assets/gone.js"), "1");
  writeFileSync(join(folder, "assets/large.js"), LARGE);
  const handler = consoleRoutes(folder)["GET /*path"] as (req: object, res: object, next: () => void) => void;
  server = createServer((req, res) => {
    res.on("pipe", (file: Readable) => {
      open.add(file);
      file.once("close", () => open.delete(file));
    });
    handler(req, res, () => res.writeHead(404).end());
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
});
test.after(() => {
  server.closeAllConnections();
  server.close();
});

const asked = (path: string): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const { port } = server.address() as AddressInfo;
    get({ port, path, headers: { accept: "text/html" } }, resolve).on("error", reject);
  });
async function body(path: string): Promise<string> {
  const answer = await asked(path);
  return (await Readable.from(answer).toArray()).join("");
}

test("files, and the page for every address of the console's own", async () => {
  assert.is(await body("/assets/gone.js"), "1");
  assert.is(await body("/tasks/7"), "<title>Bida</title>");
});

test("a file that is gone since the start breaks the connection, and nothing else", async () => {
  rmSync(join(folder, "assets/gone.js"));
  const failure = await body("/assets/gone.js").catch((error: NodeJS.ErrnoException) => error.code);
  assert.is(failure, "ECONNRESET");
  assert.is(await body("/"), "<title>Bida</title>");
});

test("a browser that leaves in the middle leaves no file open", async () => {
  const answer = await asked("/assets/large.js");
  answer.once("data", () => answer.destroy()).on("error", () => undefined);
  await new Promise((left) => answer.once("close", left));
  const [file] = open;
  if (file && !file.closed) await new Promise((closed) => file.once("close", closed));
  assert.is(open.size, 0);
});

test.run();
