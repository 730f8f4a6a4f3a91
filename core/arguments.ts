/** The words of a command line, by Node's own reader; what is wrong with them is one sentence. */
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";

/**
 * Reads words and options.
 * @param refusal makes the error that is thrown, of a sentence without its full stop
 */
export function readArguments<T extends ParseArgsOptionsConfig>(
  args: string[],
  options: T,
  refusal: (reason: string) => Error,
) {
  try {
    return parseArgs({ args, allowPositionals: true, options });
  } catch (error) {
    // Node's advice follows behind the first sentence.
    throw refusal((error as Error).message.split(". ")[0] as string);
  }
}
