/** kkbida's API: `POST /api/addTask`, byte for byte. Answers in plain text. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { ServiceBroker } from "moleculer";
import type { Config } from "../../core/config.ts";
import { BidaError } from "../../core/errors.ts";
import { legacyRefusal } from "../../core/legacy.ts";
import { FREE_PER_ADDRESS } from "../../core/logins.ts";
import { refusals } from "../../core/metrics.ts";
import { legacyTaskSchema } from "../../core/schema/legacy.ts";
import { EVERYTHING } from "../../store/scope.ts";
import { submit } from "../tasks/submit.ts";
import { readText } from "./body.ts";
import { type Callers, NOBODY } from "./caller.ts";
import { Guesses } from "./guesses.ts";
import { end } from "./problem.ts";
import { loggedRefusal } from "./refusal-log.ts";
import { Refusals } from "./refusals.ts";
import { requestIdOf } from "./request-id.ts";
import type { Declaration, GatewayHandler } from "./route.ts";

/** What {@link legacyRoutes} serves, for the documentation. */
export const legacyDeclarations: Declaration[] = [
  {
    method: "POST",
    path: "/api/addTask",
    tag: "kkbida",
    summary: "Hand over a task as kkbida's clients do",
    description:
      "For the addresses in `BIDA_API_IP_ALLOW`. Success is status 200 and a body that contains `expectResult`; one minute between calls.",
    access: null,
    credentials: "legacy",
    body: { schema: legacyTaskSchema, size: "task" },
    answer: { description: "The bare task id", contentType: "text/plain" },
    refusals: ["unanswered"],
  },
];

const ROUTE = "POST /api/addTask";

/** First the address, then the credentials, then the task: as kkbida. */
export function legacyRoutes(
  broker: ServiceBroker,
  callers: Callers,
  config: Config,
): Record<string, GatewayHandler> {
  const guesses = new Guesses();
  const audit = new Refusals(broker);
  return {
    "POST /addTask": (req, res) => {
      addTask(req, res).then(
        (taskId) => sendText(res, 200, taskId),
        (error) => sendRefusal(res, loggedRefusal(broker.logger, res, error)),
      );
    },
  };

  async function addTask(req: IncomingMessage, res: ServerResponse): Promise<string> {
    const sourceIp = callers.addressOf(req);
    if (!config.apiIpAllow.includes(sourceIp))
      throw new BidaError("forbidden", `${sourceIp} is not in the whitelist`);
    const caller = `kkbida:${sourceIp}`;
    checkPassword(req, sourceIp);
    callers.shares.checkBytes(caller);
    const spend = (bytes: number) => callers.shares.spend(caller, bytes);
    const request = (await readText(req, res, "task", spend)) ?? "";
    const meta = { scope: EVERYTHING, sourceIp, requestId: requestIdOf(res) };
    return (await submit(broker, "legacy", request, meta)).taskId;
  }

  /** @throws BidaError unauthorized; too_many_requests after too many wrong ones */
  function checkPassword({ headers, socket }: IncomingMessage, sourceIp: string): void {
    const wait = guesses.wait(sourceIp, socket);
    if (wait > 0) {
      const retryAfter = Math.ceil(wait / 1000);
      throw new BidaError(
        "too_many_requests",
        `too many wrong passwords from this address (${FREE_PER_ADDRESS} are free): the next one has to wait`,
        { retryAfter },
      );
    }
    const { username, password } = headers;
    const given = typeof username === "string" && typeof password === "string";
    if (given && callers.isLegacyClient(username, password)) {
      guesses.right(sourceIp, socket);
      return;
    }
    guesses.wrong(sourceIp, socket);
    audit.note(ROUTE, { ...NOBODY, sourceIp, requestPath: ROUTE });
    throw new BidaError("unauthorized", "wrong username or password");
  }
}

export function sendRefusal(res: ServerResponse, refusal: BidaError): void {
  refusals.labels("legacy", refusal.code).inc();
  if (refusal.retryAfter !== undefined) res.setHeader("retry-after", String(refusal.retryAfter));
  res.statusCode = refusal.status;
  res.setHeader("content-type", "text/plain; charset=utf-8");
  // JSON that cannot be read: the message says where already.
  const isWhole = refusal.code === "invalid_json" || refusal.errors.length === 0;
  end(res, refusal, isWhole ? refusal.message : legacyRefusal(refusal));
}

function sendText(res: ServerResponse, status: number, text: string): void {
  res.statusCode = status;
  res.setHeader("content-type", "text/plain; charset=utf-8");
  res.end(text);
}
