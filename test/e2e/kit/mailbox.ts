/** A mail server that keeps what it gets. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { SMTPServer } from "smtp-server";

export class Mailbox {
  readonly mails: string[] = [];
  /** So many more are put off with a 450. */
  refusals = 0;
  readonly #server: SMTPServer;

  constructor() {
    this.#server = new SMTPServer({
      authOptional: true,
      disableReverseLookup: true,
      disabledCommands: ["STARTTLS"],
      onAuth: ({ username, password }, _, done) =>
        password === "right" ? done(null, { user: username }) : done(new Error("no")),
      onMailFrom: (_, __, done) => {
        if (this.refusals-- > 0) done(Object.assign(new Error("try later"), { responseCode: 450 }));
        else done();
      },
      onData: (stream, _, done) => {
        const chunks: Buffer[] = [];
        stream.on("data", (chunk: Buffer) => chunks.push(chunk));
        stream.on("end", () => {
          this.mails.push(Buffer.concat(chunks).toString());
          done();
        });
      },
    });
    this.#server.on("error", () => undefined);
  }

  /** Resolves with the port. */
  async start(): Promise<number> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server.server, "listening");
    return (this.#server.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    await new Promise<void>((closed) => this.#server.close(() => closed()));
  }
}
