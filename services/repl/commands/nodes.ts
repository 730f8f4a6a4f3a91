/** `nodes`, `drain`, `undrain`. */
import type { NodeItem } from "../../../core/contract.ts";
import { ask } from "../ask.ts";
import { type Command, type Session, shown } from "../command.ts";
import { Mistake, Refused } from "../mistake.ts";
import { localTime } from "../paint.ts";

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
    const items = await nodesOf(session);
    const rows = items.map((node) => {
      if (!node.up) return [node.nodeID, paint.bad("silent")];
      return [
        node.nodeID,
        node.draining ? paint.bad("draining") : paint.good("up"),
        localTime(node.startedAt),
        `${node.inFlight}/${node.held}`,
        String(node.outcomesBuffered),
        `${Math.round(node.eventLoopDelay.p99)} ms`,
        `${Math.round(node.cpu * 100)} %`,
        `${Math.round(node.rssBytes / MB)} MB`,
        node.services.join(","),
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
    return shown({ items }, paint.table([...headings, "services"], rows));
  },
};

const nodesOf = async (session: Session): Promise<NodeItem[]> =>
  (await (await session.link()).nodes()).map(({ node }) => node);

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
  examples: ["drain web-3", 'drain web-3 --note "new kernel"'],
  async run(session, { args: [text = ""], text: option }) {
    const { nodeID } = await dispatcherOf(session, text, "drain");
    const done = await changed(session, nodeID, true, option("note"));
    const line = `${nodeID} takes nothing more and finishes the ${done.held} it holds ("nodes" shows it). "undrain ${nodeID}" ends it`;
    return shown(done, line);
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
    const { nodeID, draining } = await dispatcherOf(session, text, "undrain");
    if (!draining) throw new Refused(`${nodeID} is not drained; "nodes" shows which are`);
    return shown(await changed(session, nodeID, false, option("note")), `${nodeID} takes tasks again`);
  },
};

const changed = (session: Session, nodeID: string, draining: boolean, why: string | undefined) =>
  ask(session, "admin.drain", { nodeID, draining, ...(why === undefined ? {} : { note: why }) });

/** The one node that makes calls and has `text` in its name. */
async function dispatcherOf(session: Session, text: string, name: string): Promise<NodeItem & { up: true }> {
  const all = await nodesOf(session);
  const able = all.filter((node) => node.up).filter(({ services }) => services.includes("dispatcher"));
  const exact = able.find(({ nodeID }) => nodeID === text);
  if (exact) return exact;
  const found = able.filter(({ nodeID }) => nodeID.includes(text));
  if (found.length === 1) return found[0] as NodeItem & { up: true };
  const names = (nodes: typeof able) => nodes.map(({ nodeID }) => nodeID).join(", ") || "there is none";
  if (found.length > 1) throw new Mistake(`"${text}" is in ${found.length} names; type one: ${names(found)}`);
  if (all.some(({ nodeID }) => nodeID.includes(text)))
    throw new Refused(`${text} makes no calls; ${name} takes one with dispatcher: ${names(able)}`);
  throw new Refused(`there is no node "${text}"; ${name} takes one of: ${names(able)}`);
}
