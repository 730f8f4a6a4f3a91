/** A server with the NATS configuration that is shipped. */
import { resolve } from "node:path";
import * as nats from "../../servers/nats.ts";
import type { TestServer } from "../../servers/server.ts";

const CONFIG = resolve(import.meta.dirname, "../../../docs/nats/nats.conf");
/** What the configuration takes from the environment: of Bida's nodes, and of programs that call Bida. */
export const PASSWORDS = { BIDA_NATS_PASSWORD: "nodes-only", RPC_NATS_PASSWORD: "for-others" };

export const startShippedNats = (): Promise<TestServer> => nats.start(["-c", CONFIG], PASSWORDS);
