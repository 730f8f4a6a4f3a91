/**
 * The far side, in a process of its own that no fault touches: several origins, one ledger. Every line of the ledger is
 * sent to the parent when a call arrives and again when it has ended.
 */
import { type Call, Receiver } from "../../e2e/kit/receiver.ts";
import { answering } from "./behaviour.ts";
import type { FromReceiver, LedgerCall, ToReceiver } from "./receiver.ts";

/** The wall clock, which Redis uses too; a steady clock would drift away from it in a long run. */
const clock = () => Date.now();
const numbers = new WeakMap<Call, number>();
let last = 0;
let origin = 0;
let gated = false;

function send(message: FromReceiver): void {
  process.send?.(message);
}

function lineOf(call: Call): LedgerCall {
  let id = numbers.get(call);
  if (id === undefined) {
    id = ++last;
    numbers.set(call, id);
  }
  const { taskId, attempt, path, at, endedAt, status } = call;
  return { id, taskId, attempt, path, at, endedAt, status };
}

const receivers: Receiver[] = [];
for (; origin < Number(process.argv[2] ?? 1); origin++) {
  const receiver: Receiver = await Receiver.start({
    otherwise: answering(clock, () => gated),
    host: "0.0.0.0",
    clock,
    onCall(call) {
      send({ type: "call", call: lineOf(call) });
      // The parent has it.
      receiver.ledger.length = 0;
      call.headers = {};
      call.body = Buffer.alloc(0);
    },
  });
  receivers.push(receiver);
}
send({ type: "ready", origins: receivers.map((receiver) => receiver.origin) });
process.on("message", (message: ToReceiver) => {
  if ("gated" in message) gated = message.gated;
  else send({ type: "pong", ping: message.ping });
});
process.on("disconnect", () => process.exit(0));
