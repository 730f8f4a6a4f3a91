/** One mail under one deadline, through the guarded connector: to its caller it looks like a call. */

import { createTransport } from "nodemailer";
import type { Mail } from "../core/mail.ts";
import type { CallError } from "../core/outcome.ts";
import { callErrorOf, unopened } from "./call-errors.ts";
import type { CallResult } from "./http-call.ts";
import { localFailureOf } from "./local-failure.ts";
import type { Connector, Opening } from "./opening.ts";

/** Of nodemailer's errors. */
interface SmtpError extends Error {
  code?: string;
  /** What the server said, and its code. */
  response?: string;
  responseCode?: number;
}

/**
 * Never rejects: every failure is a result. `statusCode` is the SMTP reply's.
 * @param id becomes the Message-ID, the same at every attempt, so mail systems can drop a repetition
 * @param timeoutMs from now to the server's last word
 */
export async function sendMail(
  mail: Mail,
  id: string,
  connector: Connector,
  timeoutMs: number,
): Promise<CallResult> {
  let refused: Error | null = null;
  const transport = createTransport({
    host: mail.host,
    port: mail.port,
    secure: mail.tls === "tls",
    requireTLS: mail.tls === "starttls",
    ignoreTLS: mail.tls === "none",
    ...(mail.user ? { auth: { user: mail.user, pass: mail.password ?? "" } } : {}),
    // One deadline governs, ours; it knows how far things came.
    connectionTimeout: 2 * timeoutMs,
    greetingTimeout: 2 * timeoutMs,
    socketTimeout: 2 * timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
    getSocket(_, done) {
      const target = { hostname: mail.host, host: mail.host, port: String(mail.port), protocol: "smtp:" };
      opening = connector(target, (error, connection) => {
        refused = error;
        if (over) connection?.destroy();
        if (error) done(error);
        else done(null, { connection: connection as NonNullable<typeof connection> });
        socket = connection;
      });
    },
  });
  /** Until it is connected. */
  let opening: Opening | undefined;
  let socket: { destroy(): unknown } | null = null;
  let over = false;
  const { from, to, subject, text } = mail;
  const deadline = Promise.withResolvers<CallResult>();
  const timer = setTimeout(() => {
    over = true;
    const error: CallError =
      socket === null
        ? unopened(opening, timeoutMs)
        : { code: "timeout", message: `no complete answer within ${timeoutMs} ms` };
    deadline.resolve(result(null, "", error));
    (socket ?? opening)?.destroy();
  }, timeoutMs);
  const sending = transport.sendMail({ from, to, subject, text, messageId: `<${id}@bida>` }).then(
    ({ response, rejected }) => {
      // Whom it reached would get it again with every attempt: one reader is enough.
      const said = rejected.length > 0 ? `${response}\nrefused for ${rejected.join(", ")}` : response;
      return result(codeOf(response), said, null);
    },
    (error: SmtpError) => {
      const { response = "", responseCode = null } = error;
      if (responseCode === null)
        return refused
          ? { ...result(null, "", callErrorOf(refused)), local: localFailureOf(refused) }
          : result(null, "", withoutReply(error));
      const message = `SMTP ${response}`.slice(0, 500);
      return result(responseCode, response, { code: "bad_status", message });
    },
  );
  try {
    return await Promise.race([sending, deadline.promise]);
  } finally {
    clearTimeout(timer);
    transport.close();
  }
}

/** Nodemailer gives errors codes of its own, and keeps their messages. */
function withoutReply(error: SmtpError): CallError {
  const isTls = error.code === "ETLS" || /certificate|\b(tls|ssl)\b/i.test(error.message);
  return isTls ? { code: "tls", message: error.message.slice(0, 500) } : callErrorOf(error);
}

const codeOf = (response: string): number | null =>
  /^\d{3}/.test(response) ? Number(response.slice(0, 3)) : null;

function result(statusCode: number | null, said: string, error: CallError | null): CallResult {
  // `2xx` is what is judged; SMTP's 250 is one.
  return { statusCode, headers: null, body: Buffer.from(said), truncated: false, error, local: null };
}
