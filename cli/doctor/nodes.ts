/** The nodes: whether all kinds are there, and whether they agree on what all must agree on. */
import { SERVICE_NAMES } from "../../core/config.ts";
import type { NodeInfo } from "../../core/contract.ts";
import type { AnsweredNode } from "../../services/repl/link.ts";
import { bad, type Finding, ok, skewOf, warn } from "./finding.ts";

const ABOUT = "nodes";
/** A node whose main thread is busy for so long at a time answers late, in ms. */
const SLOW_LOOP = 500;

export function* nodeFindings(answers: AnsweredNode[]): Generator<Finding> {
  const items = answers.map(({ node }) => node);
  const up = items.filter((node) => node.up);
  for (const { nodeID } of items.filter((node) => !node.up))
    yield bad(ABOUT, `${nodeID} does not answer`, "look at its machine and its log");
  if (up.length === 0) {
    yield bad(ABOUT, "there is none", "start one: bida start");
    return;
  }
  yield ok(ABOUT, `${up.length} ${up.length === 1 ? "answers" : "answer"}`);
  // Dubbo's is there where somebody wants it.
  for (const service of SERVICE_NAMES.filter((name) => name !== "dubbo")) {
    if (!up.some(({ services }) => services.includes(service)))
      yield bad(ABOUT, `no node runs ${service}`, `start one with SERVICES=${service}, or without SERVICES`);
  }
  yield* agreement(
    up,
    "versions of Bida",
    ({ version }) => version,
    "finish the update: all nodes should run the same",
  );
  yield* agreement(
    up,
    "leases (BIDA_LEASE_MS)",
    ({ leaseMs }) => String(leaseMs),
    "set the same on all nodes: what one holds another takes for lost",
  );
  yield* agreement(
    up,
    "secret keys (BIDA_SECRET_KEY)",
    ({ secretKey }) => secretKey ?? null,
    "set the same on all nodes: what one seals another cannot open",
  );
  yield* agreement(
    up,
    "installations (databases)",
    ({ installation }) => installation,
    "give each installation a NATS of its own, or the same database to all nodes",
  );
  for (const { node, ...between } of answers) if (node.up) yield* ownFindings(node, between);
}

function* agreement(
  nodes: NodeInfo[],
  what: string,
  of: (node: NodeInfo) => string | null,
  fix: string,
): Generator<Finding> {
  // Who does not tell, or needs none, differs from nobody.
  const told = nodes.map((node) => ({ node, value: of(node) })).filter(({ value }) => value !== null);
  const values = Map.groupBy(told, ({ value }) => value as string);
  if (values.size < 2) return;
  const list = Array.from(
    values,
    ([value, which]) => `${value} (${which.map(({ node }) => node.nodeID).join(", ")})`,
  );
  yield bad(ABOUT, `they differ in their ${what}: ${list.join("; ")}`, fix);
}

/** How far a clock is ahead of this machine's: not at all, where it shows a time at which it may have been read. */
function aheadOf(clock: string, { askedAt, answeredAt }: Omit<AnsweredNode, "node">): number {
  const shown = Date.parse(clock);
  return shown - Math.min(Math.max(shown, askedAt), answeredAt);
}

function* ownFindings(node: NodeInfo, between: Omit<AnsweredNode, "node">): Generator<Finding> {
  const { nodeID, clock, eventLoopDelay, outcomesBuffered, draining } = node;
  const skew = clock === undefined ? null : skewOf(ABOUT, `${nodeID}'s`, aheadOf(clock, between));
  if (skew && skew.level !== "ok") yield skew;
  if (eventLoopDelay.p99 > SLOW_LOOP)
    yield warn(
      ABOUT,
      `${nodeID} is busy: its main thread stands still for ${Math.round(eventLoopDelay.p99)} ms at a time`,
      "give it more CPU, or start another node",
    );
  if (outcomesBuffered > 0)
    yield warn(
      ABOUT,
      `${nodeID} has ${outcomesBuffered} outcomes that are not on record yet`,
      "look at the database and at the schedulers",
    );
  if (draining) yield warn(ABOUT, `${nodeID} is drained: it takes no tasks`, `bida undrain ${nodeID}`);
}
