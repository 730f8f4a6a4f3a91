/** A new version is rolled out: every node is stopped and started, one after another, behind a load balancer. */
import { until } from "../../../e2e/kit/until.ts";
import type { FaultKind } from "../fault.ts";
import { ROLES, type Seat } from "../seat.ts";
import { BACK_WITHIN } from "./nodes.ts";

const rolling: FaultKind = {
  name: "rolling restart",
  excuses: [],
  outage: false,
  spares: true,
  async run({ system, load, violation }) {
    const startedAt = Date.now();
    const restarts: { at: number; name: string }[] = [];
    const second = await system.join("api");
    try {
      await second.node.ready(BACK_WITHIN);
      await system.balancer.sees(system.of("api").map(({ port }) => port));
      const again = async (seat: Seat) => {
        restarts.push({ at: Date.now(), name: seat.name });
        const how = await seat.end("SIGTERM");
        if (how !== "exit 0") violation(`SIGTERM of ${seat.name}: ${how}`);
        seat.start();
        await system.joined(seat);
        if (seat.role !== "api") return;
        await until(`${seat.name} to be ready`, () => system.balancer.isReady(seat.port), BACK_WITHIN, 50);
      };
      for (const seat of ROLES.flatMap((role) => system.of(role))) await again(seat);
    } finally {
      const stays = system.of("api").filter((seat) => seat !== second);
      await system.balancer.sees(stays.map(({ port }) => port));
      await system.leave(second);
    }
    const refusals = load.refusals.filter(({ at }) => at >= startedAt);
    const seen = refusals.slice(0, 5).map(({ at, why }) => {
      const seat = restarts.findLast((one) => one.at <= at)?.name;
      return `${why} while ${seat} was restarted`;
    });
    if (refusals.length > 0) violation(`${refusals.length} requests were refused: ${seen.join("; ")}`);
    return "all nodes";
  },
};

export const ROLLING_FAULTS: FaultKind[] = [rolling];
