/** What will be otherwise for the tasks of a kkbida: `bida doctor --kkbida`, as `npm run doctor:kkbida`. */
import type { Config } from "../../core/config.ts";
import { addressesOf, examineKkbida } from "../../scripts/doctor-kkbida/findings.ts";
import { type DoctorOptions, readDoctorOptions } from "../../scripts/doctor-kkbida/options.ts";
import { UsageError } from "../../scripts/import-kkbida/options.ts";
import { Mistake } from "../../services/repl/mistake.ts";
import { Source, SourceError } from "../../store/kkbida/source.ts";
import { bad, type Finding } from "./finding.ts";

/**
 * @param args as `npm run doctor:kkbida` takes them
 * @throws Mistake
 */
export function kkbidaOptions(args: string[]): DoctorOptions {
  try {
    return readDoctorOptions(args) as DoctorOptions;
  } catch (error) {
    if (error instanceof UsageError) throw new Mistake(`--kkbida: ${error.message}`);
    throw error;
  }
}

/** @param config Bida's: it decides what callbacks may reach */
export async function* kkbidaFindings(options: DoctorOptions, config: Config): AsyncGenerator<Finding> {
  try {
    const source = await Source.open(options.source);
    try {
      for (const { about, ...rest } of await examineKkbida(source, config, options, addressesOf))
        yield { about: `kkbida: ${about}`, ...rest };
    } finally {
      await source.close();
    }
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    yield bad(
      "kkbida",
      error.message,
      "look at its URL, and whether its user may SELECT from kkbida's three tables",
    );
  }
}
