/** Refusals across Moleculer: `type` is our code, `code` the HTTP status, `data` the fields. */
import { Errors } from "moleculer";
import type { WireRefusal } from "../../core/contract.ts";
import { BidaError, isRefusalCode } from "../../core/errors.ts";
import { translated } from "../../store/failures.ts";

/** @param unexpected is told of errors that are not refusals; callers see `internal` and nothing of them */
export function toWire(thrown: unknown, unexpected: (cause: unknown) => void): Error {
  const error = translated(thrown);
  if (!(error instanceof BidaError)) {
    // An error of another node has been through here already.
    if (error instanceof Errors.MoleculerError) return error;
    unexpected(error);
    return toWire(new BidaError("internal"), unexpected);
  }
  const data: WireRefusal["data"] = { errors: error.errors };
  if (error.retryAfter !== undefined) data.retryAfter = error.retryAfter;
  const wire = new Errors.MoleculerError(error.message, error.status, error.code, data);
  // A stack tells callers about our insides.
  wire.stack = `${error.code}: ${error.message}`;
  return wire;
}

/** {@link toWire} for one of several results of a call. */
export function refusalTo(error: unknown, unexpected: (cause: unknown) => void): WireRefusal {
  const { type, message, data } = toWire(error, unexpected) as Error & Omit<WireRefusal, "message">;
  return { type, message, data };
}

export const refusalFrom = (refusal: WireRefusal): BidaError => fromWire(refusal);

/** The refusal in an error of a call. Moleculer's own (nobody offers the action, no answer in time) are `unavailable`. */
export function fromWire(error: unknown): BidaError {
  if (error instanceof BidaError) return error;
  const { type, message, data, name } = error as {
    type?: unknown;
    message?: string;
    data?: WireRefusal["data"];
    name?: string;
  };
  if (isRefusalCode(type)) {
    const more = { errors: data?.errors ?? [], cause: error };
    return new BidaError(type, message, data?.retryAfter ? { ...more, retryAfter: data.retryAfter } : more);
  }
  if (UNAVAILABLE.has(String(name))) {
    return new BidaError("unavailable", "A part of Bida does not answer", { cause: error });
  }
  return new BidaError("internal", undefined, { cause: error });
}

const UNAVAILABLE = new Set([
  "ServiceNotFoundError",
  "ServiceNotAvailableError",
  "RequestTimeoutError",
  "RequestRejectedError",
  "RequestSkippedError",
  "QueueIsFullError",
  "BrokerDisconnectedError",
  "NatsError",
]);
