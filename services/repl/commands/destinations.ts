/** `destinations`, `pause`, `resume`. */
import type { DestinationView } from "../../../core/destination.ts";
import { BidaError } from "../../../core/errors.ts";
import { originSchema } from "../../../core/schema/destinations.ts";
import { ask } from "../ask.ts";
import type { Command, Session } from "../command.ts";
import { Mistake } from "../mistake.ts";
import { localTime } from "../paint.ts";

const MOST = 200;

export const destinations: Command = {
  name: "destinations",
  args: "[<part>]",
  arity: [0, 1],
  summary: "lists destinations, or those whose origin has a text in it",
  options: {
    paused: { value: null, help: "only those that are paused" },
    open: { value: null, help: "only those whose breaker is not closed" },
  },
  examples: ["destinations", "destinations example.com", "destinations --open"],
  async run(session, { args: [part], flags }) {
    if (flags.has("paused") && flags.has("open")) throw new Mistake("type --paused or --open, not both");
    const state = flags.has("paused") ? "paused" : flags.has("open") ? "open" : undefined;
    const { items, nextCursor } = await ask(session, "admin.listDestinations", {
      ...(part === undefined ? {} : { q: part }),
      ...(state === undefined ? {} : { state }),
      limit: MOST,
    });
    if (items.length === 0) return "no destinations";
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
    return nextCursor === null
      ? table
      : `${table}\n${paint.faint(`the first ${MOST}; destinations <part> narrows it`)}`;
  },
};

const breakerOf = ({ breaker: { state } }: DestinationView, { paint }: Session): string =>
  state === "closed" ? state : paint.bad(state === "half_open" ? "half open" : state);

export const pause: Command = {
  name: "pause",
  args: "<origin>",
  arity: [1, 1],
  summary: "calls a destination no more until it is resumed; its tasks wait",
  options: { new: { value: null, help: "also one that was never called" } },
  examples: ["pause https://stock.example.com", "pause http://10.0.0.7:9100"],
  run: async (session, { args: [text = ""], flags }) => {
    const origin = originOf(text, "pause");
    if (!flags.has("new")) await known(session, origin, `; pause ${origin} --new pauses it all the same`);
    const { ready, inFlight } = await set(session, origin, true);
    const flying = inFlight > 0 ? `, and ${inFlight} that are claimed are finished` : "";
    return `${origin} is paused; ${ready} due wait${flying}. "resume ${origin}" ends it`;
  },
};

export const resume: Command = {
  name: "resume",
  args: "<origin>",
  arity: [1, 1],
  summary: "calls a paused destination again",
  options: {},
  examples: ["resume https://stock.example.com"],
  run: async (session, { args: [text = ""] }) => {
    const origin = originOf(text, "resume");
    const { paused, ready } = await known(session, origin, "");
    if (!paused) throw new Mistake(`${origin} is not paused; "destinations --paused" lists those that are`);
    await set(session, origin, false);
    return `${origin} is called again; ${ready} due go first`;
  },
};

const set = (session: Session, origin: string, paused: boolean): Promise<DestinationView> =>
  ask(session, "admin.changeDestination", { origin, change: { paused } });

async function known(session: Session, origin: string, instead: string): Promise<DestinationView> {
  try {
    return await ask(session, "admin.getDestination", { origin });
  } catch (error) {
    if (!(error instanceof BidaError) || error.code !== "not_found") throw error;
    throw new Mistake(`${origin} was never called; "destinations" lists those that were${instead}`);
  }
}

function originOf(text: string, name: string): string {
  const parsed = originSchema.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new Mistake(`"${text}" is no origin; type: ${name} https://host:port`);
}
