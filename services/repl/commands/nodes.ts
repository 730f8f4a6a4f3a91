/** `nodes`, `drain`, `undrain`. */
import type { NodeInfo } from "../../../core/contract.ts";
import { nodesWith } from "../../bus/peers.ts";
import { ask } from "../ask.ts";
import type { Command, Session } from "../command.ts";
import { Mistake } from "../mistake.ts";
import { localTime } from "../paint.ts";

/** Who has not answered by then is shown as silent, in ms. */
const PATIENCE = 2_000;
const MB = 1_048_576;

export const nodes: Command = {
  name: "nodes",
  args: "",
  arity: [0, 0],
  summary: "lists the nodes: what they run, and what they are busy with",
  options: {},
  examples: ["nodes"],
  async run(session) {
    const { paint } = session;
    const ids = nodesWith(session.broker, "node.info").sort();
    const infos = await Promise.all(ids.map((nodeID) => infoOf(session, nodeID)));
    const rows = ids.map((nodeID, i) => {
      const info = infos[i];
      if (!info) return [nodeID, paint.bad("silent")];
      return [
        nodeID,
        info.draining ? paint.bad("draining") : paint.good("up"),
        localTime(info.startedAt),
        `${info.inFlight}/${info.held}`,
        String(info.outcomesBuffered),
        `${Math.round(info.eventLoopDelay.p99)} ms`,
        `${Math.round(info.cpu * 100)} %`,
        `${Math.round(info.rssBytes / MB)} MB`,
        info.services.join(","),
      ];
    });
    const headings = [
      "node",
      "state",
      "started",
      ">calls/held",
      ">unrecorded",
      ">delay p99",
      ">cpu",
      ">memory",
    ];
    return paint.table([...headings, "services"], rows);
  },
};

const infoOf = (session: Session, nodeID: string): Promise<NodeInfo | null> =>
  ask(session, "node.info", {}, { nodeID, timeout: PATIENCE }).catch(() => null);

const note = { value: "<text>", help: "why, for the audit log" };

export const drain: Command = {
  name: "drain",
  args: "<node>",
  arity: [1, 1],
  summary: "has a node take no more tasks and finish what it holds",
  about: [
    "A part of its name is enough. undrain takes it back, and so does a restart of the node.",
    "With every dispatcher drained (an embedded process is the only one) nothing is called; tasks are still accepted.",
  ],
  options: { note },
  examples: ["drain web-3", 'drain web-3 --note "new kernel"', "undrain web-3"],
  async run(session, { args: [text = ""], text: option }) {
    const nodeID = await dispatcherOf(session, text, "drain");
    const { held } = await changed(session, nodeID, true, option("note"));
    return `${nodeID} takes nothing more and finishes the ${held} it holds ("nodes" shows it). "undrain ${nodeID}" ends it`;
  },
};

export const undrain: Command = {
  name: "undrain",
  args: "<node>",
  arity: [1, 1],
  summary: "has a drained node take tasks again",
  options: { note },
  examples: ["undrain web-3"],
  async run(session, { args: [text = ""], text: option }) {
    const nodeID = await dispatcherOf(session, text, "undrain");
    const info = await infoOf(session, nodeID);
    if (info && !info.draining) throw new Mistake(`${nodeID} is not drained; "nodes" shows which are`);
    await changed(session, nodeID, false, option("note"));
    return `${nodeID} takes tasks again`;
  },
};

const changed = (session: Session, nodeID: string, draining: boolean, why: string | undefined) =>
  ask(session, "admin.drain", { nodeID, draining, ...(why === undefined ? {} : { note: why }) });

/** The one node that makes calls and has `text` in its name. */
async function dispatcherOf({ broker }: Session, text: string, name: string): Promise<string> {
  const able = nodesWith(broker, "dispatcher.drain");
  if (able.includes(text)) return text;
  const found = able.filter((nodeID) => nodeID.includes(text));
  if (found.length === 1) return found[0] as string;
  if (found.length > 1)
    throw new Mistake(`"${text}" is in ${found.length} names; type one: ${found.join(", ")}`);
  if (nodesWith(broker, "node.info").some((nodeID) => nodeID.includes(text)))
    throw new Mistake(
      `${text} makes no calls; ${name} takes one with dispatcher: ${able.join(", ") || "there is none"}`,
    );
  throw new Mistake(
    `there is no node "${text}"; ${name} takes one of: ${able.join(", ") || "there is none"}`,
  );
}
