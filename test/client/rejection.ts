import * as assert from "uvu/assert";
import { CallbackError } from "../../client/index.ts";

/** The CallbackError that `promise` rejects with; fails the test for anything else. */
export async function rejection(promise: Promise<unknown>): Promise<CallbackError> {
  try {
    await promise;
  } catch (error) {
    assert.instance(error, CallbackError);
    return error as CallbackError;
  }
  assert.unreachable("it was not rejected");
  throw new Error("unreachable");
}
