import { systemClock } from "../../core/clock.ts";
import { MemoryDueSet } from "../../due/memory.ts";
import { conformance } from "./conformance.ts";

conformance("memory", async (options) => new MemoryDueSet(systemClock, options));
