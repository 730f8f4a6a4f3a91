/** What a thief of the database would find: no password, key or secret that could be used. */
import { randomBytes } from "node:crypto";
import * as assert from "uvu/assert";
import type { Database } from "../../../store/database.ts";
import { quick } from "../kit/world.ts";
import { newUser } from "./access.ts";
import { cookieOf } from "./people.ts";
import type { Suite } from "./suite.ts";

/** OWASP Password Storage Cheat Sheet: argon2id with 19 MiB, 2 passes, 1 lane; salt of 16 bytes, hash of 32. */
const ARGON2ID = /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/;

export function secretSuite({ test, world }: Suite): void {
  const post = async (path: string, body: unknown, headers?: Record<string, string>) => {
    const reply = await world().api("POST", path, body, headers);
    assert.ok(reply.status < 300, reply.text);
    return reply;
  };

  test("passwords are stored as argon2id, each with a salt of its own", async () => {
    const users = [await newUser(world(), "viewer"), await newUser(world(), "viewer")];
    const hashes = await world().withDatabase((db) =>
      db
        .knex("users")
        .whereIn(
          "id",
          users.map(({ id }) => id),
        )
        .pluck("password_hash"),
    );
    assert.is(hashes.length, 2);
    for (const hash of hashes) assert.match(hash, ARGON2ID);
    assert.is.not(hashes[0], hashes[1]);
  });

  test("no password, session, API key, signing secret or robot's secret stands in the database", async () => {
    const random = () => randomBytes(18).toString("base64url");
    const names = { user: `user-${random()}`, app: `app-${random()}`, channel: `channel-${random()}` };
    const [first, second, robot, token] = [random(), random(), random(), random()];
    const { id } = (await post("/v1/users", { username: names.user, password: first, role: "viewer" })).json;
    const login = await post("/v1/session", { username: names.user, password: first });
    await world().api("POST", "/v1/session", { username: names.user, password: second });
    assert.is((await world().api("PATCH", `/v1/users/${id}`, { password: second })).status, 200);
    const app = (await post("/v1/apps", { name: names.app })).json;
    const keys = [app.key, (await post(`/v1/apps/${app.id}/rotate-key`, undefined)).json.key];
    const rotated = (await post(`/v1/apps/${app.id}/rotate-secret`, undefined)).json;
    const secrets = [app.signingSecret, rotated.signingSecret];
    const url = `${world().receiver.url()}?access_token=${token}`;
    const channel = { type: "dingtalk", name: names.channel, url, secret: robot, enabled: false };
    const made = (await post("/v1/webhooks", channel)).json;
    const { taskId } = (
      await post("/v1/tasks", quick({ url: world().receiver.url() }), { authorization: `Bearer ${keys[1]}` })
    ).json;
    await world().ended(taskId);

    const stored = await world().withDatabase(everything);
    for (const name of Object.values(names)) assert.ok(stored.includes(name), "what is no secret is found");
    const session = cookieOf(login).split("=")[1];
    const plain = { first, second, robot, token, session, key: keys[0], next: keys[1] };
    for (const [what, value] of Object.entries({ ...plain, signing: secrets[0], rotated: secrets[1] })) {
      assert.ok(value && value.length > 16, what);
      const bare = value.replace(/^(bida|whsec)_/, "");
      // As text, as the bytes that the text stands for, and as text that was encoded once more.
      for (const form of [
        Buffer.from(bare),
        Buffer.from(bare, "base64"),
        Buffer.from(Buffer.from(bare).toString("base64").slice(0, -4)),
        Buffer.from(Buffer.from(bare).toString("hex")),
      ])
        assert.not.ok(stored.includes(form), `${what} is stored`);
    }
    assert.is((await world().api("DELETE", `/v1/webhooks/${made.id}`)).status, 200);
  });
}

/** All values of all tables. */
async function everything(db: Database): Promise<Buffer> {
  const list =
    db.driver.name === "sqlite"
      ? "SELECT name FROM sqlite_master WHERE type = 'table'"
      : "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE()";
  const parts: Buffer[] = [];
  for (const { name } of db.driver.rowsOf(await db.knex.raw(list))) {
    for (const row of await db.knex(String(name)).select())
      for (const value of Object.values(row as object))
        parts.push(Buffer.isBuffer(value) ? value : Buffer.from(String(value)), Buffer.from("\n"));
  }
  return Buffer.concat(parts);
}
