/** `destinations`, `pause`, `resume`. */
import type { DestinationChange, DestinationView } from "../../../core/destination.ts";
import { BidaError } from "../../../core/errors.ts";
import { originOr } from "../../../core/schema/parts.ts";
import { ask } from "../ask.ts";
import { type Command, type Session, shown } from "../command.ts";
import { Mistake, Refused } from "../mistake.ts";
import { localTime } from "../paint.ts";
import { numberOf, timeOf } from "../times.ts";
import { RETRY_OPTIONS, resultOf, retryOptions } from "./jobs.ts";

const MOST = 200;

export const destinations: Command = {
  name: "destinations list",
  isDefault: true,
  args: "[<part>]",
  arity: [0, 1],
  summary: "lists destinations, or those whose origin has a text in it",
  options: {
    paused: { value: null, help: "only those that are paused" },
    open: { value: null, help: "only those whose breaker is not closed" },
  },
  examples: ["destinations list", "destinations list example.com", "destinations list --open"],
  async run(session, { args: [part], flags }) {
    if (flags.has("paused") && flags.has("open")) throw new Mistake("type --paused or --open, not both");
    const state = flags.has("paused") ? "paused" : flags.has("open") ? "open" : undefined;
    const { items, nextCursor } = await ask(session, "admin.listDestinations", {
      ...(part === undefined ? {} : { q: part }),
      ...(state === undefined ? {} : { state }),
      limit: MOST,
    });
    if (items.length === 0) return shown({ items, nextCursor }, "no destinations");
    const { paint } = session;
    const table = paint.table(
      [
        "breaker",
        "since",
        ">due",
        ">calling",
        ">window",
        ">limit",
        ">per s",
        "kept open",
        "paused",
        "origin",
      ],
      items.map((one) => [
        one.breaker.enabled ? breakerOf(one, session) : "off",
        localTime(one.breaker.since),
        String(one.ready),
        String(one.inFlight),
        String(one.window ?? "-"),
        String(one.concurrency ?? "-"),
        String(one.ratePerSecond ?? "-"),
        one.keepAlive ? "-" : "no",
        one.paused ? paint.bad("paused") : "-",
        one.origin,
      ]),
    );
    const rest = paint.faint(`the first ${MOST}; destinations <part> narrows it`);
    return shown({ items, nextCursor }, nextCursor === null ? table : `${table}\n${rest}`);
  },
};

const breakerOf = ({ breaker: { state } }: DestinationView, { paint }: Session): string =>
  state === "closed" ? state : paint.bad(state === "half_open" ? "half open" : state);

export const pause: Command = {
  name: "destinations pause",
  short: "pause",
  args: "<origin>",
  arity: [1, 1],
  summary: "calls a destination no more until it is resumed; its tasks wait",
  options: { new: { value: null, help: "also one that was never called" } },
  examples: ["destinations pause https://stock.example.com", "destinations pause http://10.0.0.7:9100"],
  run: async (session, { args: [text = ""], flags }) => {
    const origin = originOf(text, "pause");
    if (!flags.has("new")) await known(session, origin, `; pause ${origin} --new pauses it all the same`);
    const view = await set(session, origin, { paused: true });
    const { ready, inFlight } = view;
    const flying = inFlight > 0 ? `, and ${inFlight} that are claimed are finished` : "";
    return shown(view, `${origin} is paused; ${ready} due wait${flying}. "resume ${origin}" ends it`);
  },
};

export const resume: Command = {
  name: "destinations resume",
  short: "resume",
  args: "<origin>",
  arity: [1, 1],
  summary: "calls a paused destination again",
  options: {},
  examples: ["destinations resume https://stock.example.com"],
  run: async (session, { args: [text = ""] }) => {
    const origin = originOf(text, "resume");
    const { paused, ready } = await known(session, origin, "");
    if (!paused) throw new Refused(`${origin} is not paused; "destinations --paused" lists those that are`);
    const view = await set(session, origin, { paused: false });
    return shown(view, `${origin} is called again; ${ready} due go first`);
  },
};

export const getDestination: Command = {
  name: "destinations get",
  args: "<origin>",
  arity: [1, 1],
  summary: "shows a destination: its breaker, its limits, what waits",
  options: {},
  examples: ["destinations get https://stock.example.com"],
  async run(session, { args: [text = ""] }) {
    const view = await known(session, originOf(text, "destinations get"), "");
    return shown(view, fieldsOf(view, session));
  },
};

const fieldsOf = (view: DestinationView, session: Session): string =>
  session.paint.fields([
    ["origin", view.origin],
    ["breaker", view.breaker.enabled ? breakerOf(view, session) : "off"],
    ["since", view.breaker.since && localTime(view.breaker.since)],
    ["paused", view.paused ? session.paint.bad("yes") : "no"],
    ["due", String(view.ready)],
    ["calling", String(view.inFlight)],
    ["window", view.window === null ? null : String(view.window)],
    ["limit", view.concurrency === null ? "none" : `${view.concurrency} calls at once`],
    ["rate", view.ratePerSecond === null ? "no limit" : `${view.ratePerSecond} calls per second`],
    ["kept open", view.keepAlive ? "yes" : "no"],
  ]);

export const setDestination: Command = {
  name: "destinations set",
  args: "<origin>",
  arity: [1, 1],
  summary: "sets how much of a destination is called",
  options: {
    concurrency: { value: "<n>", help: "calls at once, in the whole cluster; none: no limit of its own" },
    rate: { value: "<n>", help: "calls per second, in the whole cluster; none: no limit" },
    "keep-alive": { value: "<on|off>", help: "whether connections are kept open between calls" },
    breaker: { value: "<on|off|reset>", help: "whether the breaker may open; reset closes it now" },
  },
  examples: [
    "destinations set https://stock.example.com --concurrency 4 --rate 20",
    "destinations set https://stock.example.com --breaker reset",
  ],
  async run(session, { args: [text = ""], text: option }) {
    const change: DestinationChange = {};
    const { concurrency, rate, breaker, keepAlive } = {
      concurrency: option("concurrency"),
      rate: option("rate"),
      breaker: option("breaker"),
      keepAlive: option("keep-alive"),
    };
    if (concurrency !== undefined) change.concurrency = orNone("--concurrency", concurrency);
    if (rate !== undefined) change.ratePerSecond = orNone("--rate", rate);
    if (keepAlive !== undefined) change.keepAlive = isOn("--keep-alive", keepAlive, ["on", "off"]);
    if (breaker === "reset") change.breaker = { reset: true };
    else if (breaker !== undefined)
      change.breaker = { enabled: isOn("--breaker", breaker, ["on", "off", "reset"]) };
    if (Object.keys(change).length === 0)
      throw new Mistake("there is nothing to set; type --concurrency, --rate, --keep-alive or --breaker");
    const view = await set(session, originOf(text, "destinations set"), change);
    return shown(view, fieldsOf(view, session));
  },
};

const orNone = (option: string, text: string): number | null =>
  text === "none" ? null : numberOf(option, text, "a number, or none");

function isOn(option: string, text: string, words: string[]): boolean {
  if (text !== "on" && text !== "off")
    throw new Mistake(`${option} must be ${words.join(" or ")}, not "${text}"`);
  return text === "on";
}

export const replay: Command = {
  name: "destinations replay",
  args: "<origin>",
  arity: [1, 1],
  summary: "sends again what a destination missed: its exhausted tasks",
  options: {
    from: { value: "<time>", help: 'created since: 2h (ago), 2026-11-23, "2026-11-23 18:05"' },
    to: { value: "<time>", help: "created before (now)" },
    "dry-run": { value: null, help: "only counts" },
    ...RETRY_OPTIONS,
    note: { value: "<text>", help: "why, for the audit log" },
  },
  examples: ["destinations replay https://stock.example.com --from 2h --dry-run"],
  async run(session, typed) {
    const { text: option, flags } = typed;
    const origin = originOf(typed.args[0] ?? "", "destinations replay");
    const from = option("from");
    if (from === undefined)
      throw new Mistake("--from is needed: since when it missed them, such as --from 2h");
    const note = option("note");
    const request = {
      from: timeOf("--from", from),
      to: option("to") === undefined ? new Date().toISOString() : timeOf("--to", option("to") as string),
      ...(flags.has("dry-run") ? { dryRun: true } : {}),
      ...retryOptions(typed),
      ...(note === undefined ? {} : { note }),
    };
    return resultOf(await ask(session, "admin.replay", { origin, request }, { timeout: 60_000 }));
  },
};

const set = (session: Session, origin: string, change: DestinationChange): Promise<DestinationView> =>
  ask(session, "admin.changeDestination", { origin, change });

async function known(session: Session, origin: string, instead: string): Promise<DestinationView> {
  try {
    return await ask(session, "admin.getDestination", { origin });
  } catch (error) {
    if (!(error instanceof BidaError) || error.code !== "not_found") throw error;
    throw new Refused(`${origin} was never called; "destinations" lists those that were${instead}`);
  }
}

function originOf(text: string, name: string): string {
  const parsed = originOr().safeParse(text);
  if (parsed.success) return parsed.data;
  throw new Mistake(`"${text}" is no origin; type: ${name} https://host:port`);
}
