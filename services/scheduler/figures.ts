/** A scheduler's share of what its node says of itself: the due set, breakers, parked claims. */
import { breakers, claimsParked, due as dueGauge, leasesRecovered } from "../../core/metrics.ts";
import type { DueSet } from "../../due/due-set.ts";
import type { NodePart } from "../node/node-status.ts";
import type { Resources } from "../node/resources.ts";
import { handedOnly } from "../tasks/handed.ts";
import type { ClaimDesk } from "./claim-desk.ts";

export function schedulerStatus(resources: Resources, desk: ClaimDesk): NodePart {
  const { due, clock } = resources;
  let recovered = 0;
  return {
    async sample() {
      claimsParked.set(desk.size);
      leasesRecovered.inc(due.recovered - recovered);
      recovered = due.recovered;
      // Without Redis nobody knows: no figure rather than an old one.
      dueGauge.reset();
      breakers.reset();
      const [{ waiting, ready, leased }, troubled, inRows] = await Promise.all([
        due.counts(),
        troubledBy(due),
        handedOnly(resources, clock.now()),
      ]);
      dueGauge.labels("waiting").set(waiting);
      dueGauge.labels("ready").set(ready);
      dueGauge.labels("leased").set(leased + inRows.length);
      breakers.labels("open").set(troubled.open);
      breakers.labels("half_open").set(troubled.half_open);
    },
  };
}

async function troubledBy(due: DueSet): Promise<{ open: number; half_open: number }> {
  const lanes = await due.troubledLanes();
  const states = lanes.length === 0 ? [] : Array.from((await due.lanes(lanes)).values());
  const count = (state: string) => states.filter(({ breaker }) => breaker === state).length;
  return { open: count("open"), half_open: count("half_open") };
}
