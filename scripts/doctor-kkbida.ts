/** `npm run doctor:kkbida`: what will be otherwise for a kkbida's tasks. See `docs/migrating-from-kkbida.md`, and `--help`. */
import { ConfigError, loadConfig } from "../core/config.ts";
import { Source, SourceError } from "../store/kkbida/source.ts";
import { addressesOf, examineKkbida, type Finding } from "./doctor-kkbida/findings.ts";
import { DOCTOR_HELP, readDoctorOptions } from "./doctor-kkbida/options.ts";
import { UsageError } from "./import-kkbida/options.ts";

const MARKS = { ok: "ok  ", warn: "look", bad: "bad " };

const lineOf = ({ about, level, says, fix }: Finding): string => {
  const line = `${MARKS[level]}  ${about.padEnd(9)}  ${says}`;
  return fix === undefined ? line : `${line}\n                 → ${fix}`;
};

async function main(): Promise<number> {
  const options = readDoctorOptions(process.argv.slice(2));
  if (options === null) {
    process.stdout.write(DOCTOR_HELP);
    return 0;
  }
  const config = loadConfig(process.env);
  const source = await Source.open(options.source);
  try {
    const findings = await examineKkbida(source, config, options, addressesOf);
    console.log(options.json ? JSON.stringify({ findings }) : findings.map(lineOf).join("\n"));
    return findings.some(({ level }) => level === "bad") ? 1 : 0;
  } finally {
    await source.close();
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  const known = [UsageError, ConfigError, SourceError].some((kind) => error instanceof kind);
  console.error(`doctor: ${known ? (error as Error).message : `it failed: ${String(error)}`}`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
