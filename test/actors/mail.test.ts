import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer, type Socket } from "node:net";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { guardedConnector } from "../../actors/egress.ts";
import { sendMail } from "../../actors/mail.ts";
import { EgressPolicy } from "../../core/egress.ts";
import type { Mail } from "../../core/mail.ts";
import { CERTIFICATE, KEY } from "../e2e/kit/certificate.ts";

const test = suite("mail");
const LOCAL = guardedConnector(new EgressPolicy(["127.0.0.0/8"]));

interface Got {
  from: string;
  to: string[];
  text: string;
  user: string | undefined;
  secure: boolean;
}

/** Runs `run` with a mail server beside it. */
async function withServer(options: SMTPServerOptions, run: (port: number, got: Got[]) => Promise<void>) {
  const got: Got[] = [];
  const server = new SMTPServer({
    authOptional: true,
    key: KEY,
    cert: CERTIFICATE,
    disableReverseLookup: true,
    onAuth({ username = "", password }, _, done) {
      if (password === "right") done(null, { user: username });
      else done(Object.assign(new Error("Authentication failed"), { responseCode: 535 }));
    },
    onRcptTo({ address }, _, done) {
      if (address.startsWith("nobody")) done(Object.assign(new Error("No such user"), { responseCode: 550 }));
      else done();
    },
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        const { mailFrom, rcptTo } = session.envelope;
        got.push({
          from: mailFrom ? mailFrom.address : "",
          to: rcptTo.map(({ address }) => address),
          text: Buffer.concat(chunks).toString(),
          user: session.user as string | undefined,
          secure: session.secure,
        });
        done(null, "queued as 1");
      });
    },
    ...options,
  });
  server.on("error", () => undefined);
  server.listen(0, "127.0.0.1");
  await once(server.server, "listening");
  try {
    await run((server.server.address() as AddressInfo).port, got);
  } finally {
    await new Promise<void>((closed) => server.close(() => closed()));
  }
}

const mail = (port: number, more: Partial<Mail> = {}): Mail => ({
  host: "127.0.0.1",
  port,
  tls: "none",
  user: null,
  password: null,
  from: "bida@a.example",
  to: ["ops@b.example"],
  subject: "回调失败: stock",
  text: "任务: 1\n.\nhttp://127.0.0.1/tasks/1\n",
  ...more,
});
const send = (given: Mail, timeoutMs = 10_000) => sendMail(given, "id-1", LOCAL, timeoutMs);

test("delivered: the server's last word is the answer; the Message-ID is the task's", () =>
  withServer({ disabledCommands: ["STARTTLS"] }, async (port, got) => {
    const { statusCode, body, error } = await send(mail(port, { user: "u", password: "right" }));
    assert.equal([statusCode, error], [250, null]);
    assert.match(body.toString(), /queued as 1/);
    assert.equal([got[0]?.from, got[0]?.to, got[0]?.user], ["bida@a.example", ["ops@b.example"], "u"]);
    assert.match(got[0]?.text ?? "", /^Message-ID: <id-1@bida>/im);
    assert.match(got[0]?.text ?? "", /^Subject: =\?UTF-8\?/m);
  }));

test("a wrong password: the server's code and words", () =>
  withServer({ disabledCommands: ["STARTTLS"] }, async (port, got) => {
    const { statusCode, error } = await send(mail(port, { user: "u", password: "wrong" }));
    assert.equal([statusCode, error?.code, got.length], [535, "bad_status", 0]);
    assert.match(error?.message ?? "", /^SMTP 535 .*Authentication failed/);
  }));

test("refused for all: failed; refused for some: whom it reached shall not get it again", () =>
  withServer({}, async (port, got) => {
    const none = await send(mail(port, { to: ["nobody@b.example"] }));
    assert.equal([none.statusCode, none.error?.code], [550, "bad_status"]);
    const some = await send(mail(port, { to: ["nobody@b.example", "ops@b.example"] }));
    assert.is(some.error, null);
    assert.match(some.body.toString(), /refused for nobody@b\.example/);
    assert.is(got.length, 1);
  }));

test("a server that is busy: 4xx", () =>
  withServer(
    {
      onMailFrom: (_, __, done) => done(Object.assign(new Error("Too many messages"), { responseCode: 450 })),
    },
    async (port) => {
      const { statusCode, error } = await send(mail(port));
      assert.equal([statusCode, error?.code], [450, "bad_status"]);
    },
  ));

test("STARTTLS is not optional: without it nothing is said", () =>
  withServer({ disabledCommands: ["STARTTLS"] }, async (port, got) => {
    const { error } = await send(mail(port, { tls: "starttls", user: "u", password: "right" }));
    assert.ok(error);
    assert.is(got.length, 0);
  }));

for (const tls of ["starttls", "tls"] as const) {
  test(`${tls}: a certificate that nobody vouches for is refused`, () =>
    withServer({ secure: tls === "tls" }, async (port, got) => {
      const { error } = await send(mail(port, { tls, user: "u", password: "right" }));
      assert.is(error?.code, "tls", JSON.stringify(error));
      assert.is(got.length, 0);
    }));
}

test("nobody listens", () =>
  withServer({}, async (port) => port as never).then(async () => {
    const { statusCode, error } = await send(mail(1));
    assert.equal([statusCode, error?.code], [null, "refused"]);
  }));

test("a blocked address", async () => {
  const nowhere = guardedConnector(new EgressPolicy([]));
  const { error } = await sendMail(mail(25), "id-1", nowhere, 5_000);
  assert.is(error?.code, "blocked");
});

test("a server that says nothing: over at the deadline", async () => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => void sockets.push(socket.on("error", () => undefined))).listen(
    0,
    "127.0.0.1",
  );
  await once(server, "listening");
  try {
    const { statusCode, error } = await send(mail((server.address() as AddressInfo).port), 3_000);
    assert.equal([statusCode, error?.code], [null, "timeout"]);
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
});

test.run();
