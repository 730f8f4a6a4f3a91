/** The package `bida-client`: hand callbacks over to Bida, follow them, and verify those that arrive. */

export { verifySignature } from "../core/signature.ts";
export { type BrokerClientOptions, createBrokerClient, type MoleculerBroker } from "./broker.ts";
export type { BidaClient, SubmitOptions, WaitOptions } from "./client.ts";
export type * from "./contract.ts";
export { CallbackError, type CallbackErrorCode } from "./error.ts";
export { createHttpClient, type HttpClientOptions } from "./http.ts";
