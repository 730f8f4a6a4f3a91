/** The package `bida-client`: hand callbacks over to Bida, follow them, and verify those that arrive. */

export { verifySignature } from "../core/signature.ts";
export {
  type BrokerClient,
  type BrokerClientOptions,
  createBrokerClient,
  type MoleculerBroker,
} from "./broker.ts";
export type { BidaClient, RetryOptions, SubmitOptions, WaitOptions } from "./client.ts";
export type * from "./contract.ts";
export { CallbackError, type CallbackErrorCode } from "./error.ts";
export { createHttpClient, type Fetch, type HttpClientOptions } from "./http.ts";
export {
  type BidaCallbacks,
  BidaMixin,
  type BidaMixinOptions,
  type BidaMixinSchema,
  type BidaOfService,
  type BidaService,
  type CallbackDefinition,
  type CallbackHandler,
} from "./mixin.ts";
