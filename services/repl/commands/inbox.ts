/** `alarms inbox`, `ack`, `mute`, `mutes`, `unmute`: what was raised, who has it in hand, what is told to nobody. */
import { OUTAGE_KINDS, type OutageKind } from "../../../core/alarm/alarm.ts";
import type { RaisedView } from "../../../core/alarm/inbox.ts";
import { ask } from "../ask.ts";
import { type Command, shown } from "../command.ts";
import { Mistake } from "../mistake.ts";
import { cut, localTime, oneLine } from "../paint.ts";
import { durationOf, numberOf } from "../times.ts";

const LIMIT = 50;
const MINUTE = 60_000;

const idOf = (text: string): number => {
  if (!/^\d{1,9}$/.test(text))
    throw new Mistake(`"${text}" is no id; "alarms inbox" and "alarms mutes" show them`);
  return Number(text);
};

export const inbox: Command = {
  name: "alarms inbox",
  isDefault: true,
  args: "",
  arity: [0, 0],
  summary: "lists what was raised, the latest first",
  about: ["Alarms that are about the same are one while it lasts."],
  options: {
    ended: { value: null, help: "what is over" },
    kind: { value: "<kind>", help: OUTAGE_KINDS.join(", ") },
    destination: { value: "<origin>", help: "about this destination only" },
    limit: { value: "<n>", help: `1 to 200 (${LIMIT})` },
  },
  examples: ["alarms inbox", "alarms inbox --ended --kind breaker"],
  async run(session, { flags, text }) {
    const { paint } = session;
    const kind = text("kind");
    if (kind !== undefined && !OUTAGE_KINDS.some((one) => one === kind))
      throw new Mistake(`--kind must be one of ${OUTAGE_KINDS.join(", ")}, not "${kind}"`);
    const destination = text("destination");
    const page = await ask(session, "admin.listRaised", {
      state: flags.has("ended") ? "ended" : "open",
      limit: numberOf("--limit", text("limit") ?? String(LIMIT), "1 to 200"),
      ...(kind !== undefined && { kind: kind as OutageKind }),
      ...(destination !== undefined && { destination }),
    });
    if (page.items.length === 0) return shown(page, "nothing was raised");
    const rows = page.items.map((one) => [
      String(one.id),
      one.endedAt === null ? paint.bad(one.kind) : one.kind,
      aboutOf(one),
      String(one.alarms),
      localTime(one.lastAt),
      stateOf(one),
      oneLine(cut(one.lastError ?? "-", 60)),
    ]);
    const heads = [">id", "kind", "about", ">alarms", "last", "state", "error"];
    return shown(page, paint.table(heads, rows));
  },
};

const aboutOf = ({ destination, channel, errorCode, statusCode }: RaisedView): string =>
  oneLine(
    [destination ?? channel?.name, errorCode, statusCode]
      .filter((part) => part !== null && part !== undefined)
      .join(" ") || "-",
  );

function stateOf({ endedAt, acknowledged, mutes }: RaisedView): string {
  if (endedAt !== null) return `over ${localTime(endedAt)}`;
  const held = acknowledged ? `${oneLine(acknowledged.by)} has it` : "open";
  return mutes.length > 0 ? `${held}, muted` : held;
}

export const acknowledgeAlarm: Command = {
  name: "alarms ack",
  args: "<id>",
  arity: [1, 1],
  summary: "says that you have in hand what was raised",
  options: { note: { value: "<text>", help: "for everybody to see" } },
  examples: ['alarms ack 12 --note "the partner is told"'],
  async run(session, { args: [id = ""], text }) {
    const note = text("note");
    const one = await ask(session, "admin.acknowledgeRaised", {
      id: idOf(id),
      ...(note !== undefined && { note }),
    });
    return shown(one, `${one.id} (${one.kind} ${aboutOf(one)}): ${stateOf(one)}`);
  },
};

export const muteAlarms: Command = {
  name: "alarms mute",
  args: "",
  arity: [0, 0],
  summary: "keeps alarms and tells nobody, for a time",
  about: [
    "Where several are given, alarms that fit all of them. One for the same takes the place of the one before.",
  ],
  options: {
    destination: { value: "<origin>", help: "such as https://shop.example" },
    app: { value: "<name>", help: "a source app" },
    "error-code": { value: "<code>", help: "such as timeout" },
    incident: { value: "<id>", help: 'of "alarms inbox"' },
    for: { value: "<time>", help: "30m, 2h, 1d; without it until the incident ends" },
    note: { value: "<text>", help: "why" },
  },
  examples: ["alarms mute --destination https://shop.example --for 2h", "alarms mute --incident 12"],
  async run(session, { text }) {
    const time = text("for");
    const [destination, sourceAppName, errorCode] = ["destination", "app", "error-code"].map(text);
    const [incident, note] = [text("incident"), text("note")];
    const mute = await ask(session, "admin.mute", {
      ...(destination !== undefined && { destination }),
      ...(sourceAppName !== undefined && { sourceAppName }),
      ...(errorCode !== undefined && { errorCode }),
      ...(incident !== undefined && { incident: idOf(incident) }),
      ...(time !== undefined && { minutes: Math.ceil(durationOf("--for", time) / MINUTE) }),
      ...(note !== undefined && { note }),
    });
    return shown(mute, `mute ${mute.id} until ${mute.until ? localTime(mute.until) : "its incident ends"}`);
  },
};

export const mutes: Command = {
  name: "alarms mutes",
  args: "",
  arity: [0, 0],
  summary: "lists what is muted",
  options: {},
  examples: ["alarms mutes"],
  async run(session) {
    const page = await ask(session, "admin.listMutes", {});
    if (page.items.length === 0) return shown(page, "nothing is muted");
    const rows = page.items.map((one) => [
      String(one.id),
      oneLine(one.destination ?? "-"),
      oneLine(one.sourceAppName ?? "-"),
      one.errorCode ?? "-",
      one.incident === null ? "-" : String(one.incident),
      one.until ? localTime(one.until) : "it ends",
      oneLine(one.by),
      oneLine(one.note ?? "-"),
    ]);
    const heads = [">id", "destination", "app", "error code", ">incident", "until", "by", "note"];
    return shown(page, session.paint.table(heads, rows));
  },
};

export const unmuteAlarms: Command = {
  name: "alarms unmute",
  args: "<id>",
  arity: [1, 1],
  summary: "tells alarms again",
  options: {},
  examples: ["alarms unmute 3"],
  async run(session, { args: [id = ""] }) {
    await ask(session, "admin.unmute", { id: idOf(id) });
    return shown({}, `mute ${id} is over`);
  },
};
