/** Names that only one row of a table may have. */
import { BidaError } from "../core/errors.ts";
import { isDuplicate } from "./failures.ts";

/**
 * Writes a row whose name must be free.
 * @param what as people call it, with its article: `an app`
 * @param field of the request that holds the name
 * @throws BidaError conflict, if another row has the name
 */
export async function ifFree<T>(
  what: string,
  field: string,
  name: string,
  statement: PromiseLike<T>,
): Promise<T> {
  try {
    return await statement;
  } catch (error) {
    if (!isDuplicate(error)) throw error;
    const errors = [{ field, message: "is taken" }];
    throw new BidaError("conflict", `There is ${what} "${name}" already`, { errors });
  }
}
