/** `alarms list`, `test`: channels of alarms. */
import { ask } from "../ask.ts";
import { type Command, type Session, shown } from "../command.ts";
import { Refused } from "../mistake.ts";
import { cut, localTime, oneLine, span } from "../paint.ts";

/** A message of its own may take two minutes, in ms. */
const TEST_TIMEOUT = 130_000;

export const alarms: Command = {
  name: "alarms list",
  args: "",
  arity: [0, 0],
  summary: "lists the channels of alarms",
  options: {},
  examples: ["alarms list"],
  async run(session) {
    const { items } = await ask(session, "notifier.listWebhooks", {});
    if (items.length === 0) return shown({ items }, "no channels");
    const { paint } = session;
    const rows = items.map((channel) => [
      String(channel.id),
      oneLine(channel.name),
      channel.type,
      channel.enabled ? (channel.state === "ok" ? paint.good("ok") : paint.bad(channel.state)) : "disabled",
      localTime(channel.lastSuccessAt),
      oneLine(channel.lastError ?? "-"),
    ]);
    return shown(
      { items },
      paint.table([">id", "name", "type", "state", "last success", "last error"], rows),
    );
  },
};

export const testAlarm: Command = {
  name: "alarms test",
  args: "<channel>",
  arity: [1, 1],
  summary: "sends a test message over a channel, named by its id or its name",
  options: {},
  examples: ["alarms test 1", 'alarms test "on call"'],
  async run(session, { args: [name = ""] }) {
    const id = await channelOf(session, name);
    const result = await ask(session, "notifier.testWebhook", { id }, { timeout: TEST_TIMEOUT });
    const { succeeded, statusCode, errorCode, errorMessage, body, durationMs } = result;
    const said = [
      statusCode,
      errorCode && `${errorCode}: ${oneLine(errorMessage ?? "")}`,
      body && cut(oneLine(body), 200),
    ];
    const line = `${name}: ${succeeded ? "the message arrived" : "the message did not arrive"} (${span(durationMs)}; ${said.filter(Boolean).join(" ")})`;
    return { ...shown(result, line), exit: succeeded ? 0 : 1 };
  },
};

async function channelOf(session: Session, name: string): Promise<number> {
  const { items } = await ask(session, "notifier.listWebhooks", {});
  const found = items.filter((channel) => channel.name === name || String(channel.id) === name);
  const [first] = found;
  if (found.length === 1 && first) return first.id;
  if (found.length > 1)
    throw new Refused(`${found.length} channels are called "${name}"; type an id of "alarms list"`);
  throw new Refused(`there is no channel "${name}"; "alarms list" lists those that there are`);
}
