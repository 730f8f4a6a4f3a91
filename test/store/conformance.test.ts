// @takes 75 s
// What the store must do, over SQLite and MariaDB.

import { KINDS } from "./fixtures.ts";
import { accepting } from "./suite/accepting.ts";
import { alarming } from "./suite/alarms.ts";
import { callsAcross } from "./suite/attempts.ts";
import { auditing } from "./suite/auditing.ts";
import { bulk } from "./suite/bulk.ts";
import { changing } from "./suite/changing.ts";
import { copies } from "./suite/copies.ts";
import { counting } from "./suite/counting.ts";
import { damage } from "./suite/damage.ts";
import { destinations } from "./suite/destinations.ts";
import { finding } from "./suite/finding.ts";
import { handovers } from "./suite/handovers.ts";
import { incidents } from "./suite/incidents.ts";
import { jobs } from "./suite/jobs.ts";
import { keeping } from "./suite/keeping.ts";
import { matching } from "./suite/matching.ts";
import { migrating } from "./suite/migrating.ts";
import { ordering } from "./suite/ordering.ts";
import { outages } from "./suite/outages.ts";
import { payloads } from "./suite/payloads.ts";
import { people } from "./suite/people.ts";
import { reading } from "./suite/reading.ts";
import { recording } from "./suite/recording.ts";
import { signing } from "./suite/signing.ts";
import { stopping } from "./suite/stopping.ts";

for (const kind of KINDS) {
  for (const part of [
    migrating,
    accepting,
    recording,
    handovers,
    damage,
    destinations,
    stopping,
    changing,
    bulk,
    jobs,
    copies,
    ordering,
    keeping,
    counting,
    callsAcross,
    reading,
    payloads,
    matching,
    finding,
    signing,
    people,
    auditing,
    alarming,
    incidents,
    outages,
  ])
    part(kind);
}
