/** The faults: everything that can happen to a node, a server, a connection, a thread, a clock, a name, a row. */
import type { FaultKind } from "./fault.ts";
import { CLOCK_FAULTS } from "./faults/clocks.ts";
import { DATA_FAULTS } from "./faults/data.ts";
import { DESTINATION_FAULTS } from "./faults/destinations.ts";
import { FAILOVER_FAULTS } from "./faults/failover.ts";
import { INSTALLATION_FAULTS } from "./faults/installations.ts";
import { NODE_FAULTS } from "./faults/nodes.ts";
import { ROLLING_FAULTS } from "./faults/rolling.ts";
import { SERVER_FAULTS } from "./faults/servers.ts";
import { WINDOW_FAULTS } from "./faults/windows.ts";

/** Every kind of fault there is. */
export const FAULTS: FaultKind[] = [
  ...NODE_FAULTS,
  ...SERVER_FAULTS,
  ...CLOCK_FAULTS,
  ...DESTINATION_FAULTS,
  ...DATA_FAULTS,
  ...FAILOVER_FAULTS,
  ...INSTALLATION_FAULTS,
  ...ROLLING_FAULTS,
  ...WINDOW_FAULTS,
];
