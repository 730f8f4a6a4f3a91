import { KINDS } from "./fixtures.ts";
import { alarming } from "./suite/alarms.ts";
import { incidents } from "./suite/incidents.ts";
import { outages } from "./suite/outages.ts";
for (const kind of KINDS) for (const part of [alarming, incidents, outages]) part(kind);
