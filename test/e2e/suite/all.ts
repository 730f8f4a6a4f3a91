/** All behaviours that hold in every world. */
import { accessSuite } from "./access.ts";
import { alarmSuite } from "./alarms.ts";
import { appSuite } from "./apps.ts";
import { bulkSuite } from "./bulk.ts";
import { callerSuite } from "./callers.ts";
import { clientSuite } from "./clients.ts";
import { deliverySuite } from "./delivery.ts";
import { destinationSuite } from "./destinations.ts";
import { documentSuite } from "./document.ts";
import { failureSuite } from "./failures.ts";
import { legacySuite } from "./legacy.ts";
import { listingSuite } from "./listing.ts";
import { manualSuite } from "./manual.ts";
import { orderSuite } from "./order.ts";
import { peopleSuite } from "./people.ts";
import { replSuite } from "./repl.ts";
import { secretSuite } from "./secrets.ts";
import { seeingSuite } from "./seeing.ts";
import { stoppingSuite } from "./stopping.ts";
import type { Suite } from "./suite.ts";
import { timingSuite } from "./timing.ts";
import { watchingSuite } from "./watching.ts";

export function everySuite(suite: Suite): void {
  legacySuite(suite);
  deliverySuite(suite);
  failureSuite(suite);
  manualSuite(suite);
  timingSuite(suite);
  stoppingSuite(suite);
  callerSuite(suite);
  listingSuite(suite);
  orderSuite(suite);
  clientSuite(suite);
  appSuite(suite);
  peopleSuite(suite);
  secretSuite(suite);
  accessSuite(suite);
  watchingSuite(suite);
  alarmSuite(suite);
  destinationSuite(suite);
  seeingSuite(suite);
  bulkSuite(suite);
  replSuite(suite);
  documentSuite(suite);
}
