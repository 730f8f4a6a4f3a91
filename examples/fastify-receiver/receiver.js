// A stock in Fastify that receives Bida's callbacks. It takes only what Bida signed, and does the work of each callback once:
// the callback's id is written in the transaction that does the work.
import Database from "better-sqlite3";
import { verifySignature } from "bida-client";
import fastify from "fastify";

const secret = process.env.BIDA_SECRET ?? "";
if (!secret.startsWith("whsec_")) {
  console.error("BIDA_SECRET is missing: the app's signing secret, whsec_…");
  process.exit(1);
}

const db = new Database(process.env.DATABASE ?? "stock.sqlite");
db.pragma("journal_mode = WAL");
db.exec(`
  CREATE TABLE IF NOT EXISTS callbacks (id TEXT PRIMARY KEY, received_at TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS stock (item TEXT PRIMARY KEY, reserved INTEGER NOT NULL);
`);
const remember = db.prepare("INSERT OR IGNORE INTO callbacks (id, received_at) VALUES (?, datetime('now'))");
const reserve = db.prepare(
  "INSERT INTO stock (item, reserved) VALUES (?, 1) ON CONFLICT (item) DO UPDATE SET reserved = reserved + 1",
);

/**
 * All of it or nothing. Where the work fails the id is forgotten with it, and the next call does the work.
 * @returns false where it was done before
 */
const once = db.transaction((id, items) => {
  if (remember.run(id).changes === 0) return false;
  for (const item of items) {
    if (typeof item !== "string") throw new Error("an item is a text");
    reserve.run(item);
  }
  return true;
});

const app = fastify();
// The bytes as they came: the signature is theirs, and parsed and printed again they would differ.
app.removeAllContentTypeParsers();
app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));

app.post("/orders/:id/paid", (request, reply) => {
  const body = request.body ?? Buffer.alloc(0);
  if (!verifySignature(request.headers, body, secret))
    return reply.code(401).send("signature missing or wrong");
  const id = request.headers["webhook-id"];
  // A callback can come twice, for instance when the first answer was lost on its way.
  const isNew = once(id, JSON.parse(String(body)).items);
  console.log(isNew ? "done" : "known", id);
  return reply.send("ok");
});

app.get("/stock", () => db.prepare("SELECT item, reserved FROM stock ORDER BY item").all());

const address = await app.listen({ port: Number(process.env.PORT ?? 9100), host: "127.0.0.1" });
console.log("listening at", address);
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => app.close().then(() => db.close()));
