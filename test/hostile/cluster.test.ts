/**
 * Hostile requests to a cluster: what one process reads once travels over NATS here, and is read by two nodes. The ways in that send
 * most: tasks, copies, batches. What answers and patterns cost is a matter of one process (`hostile.test.ts`); packets have a test of their
 * own (`e2e/cluster-packets.test.ts`). @takes 60 s @timed
 */
import { suite } from "uvu";
import { startCluster } from "../e2e/kit/cluster.ts";
import { runRows } from "./kit/run.ts";
import { batchRows, bodyRows } from "./rows/bodies.ts";

const test = suite("hostile, in a cluster");
const rows = [...bodyRows.filter(({ name }) => /^(?:POST \/v1\/tasks|a resend):/.test(name)), ...batchRows];
const plan = [{ services: "api,admin,notifier" }, { services: "scheduler,dispatcher" }];
const env = { BIDA_THREADS: "1", BIDA_CALLER_BYTES_PER_SECOND: "0" };

// Seven MiB that are packed, cut into packets and read again take about as long as what is done with them.
runRows(test, rows, () => startCluster({ plan, env }), 2.5);

test.run();
