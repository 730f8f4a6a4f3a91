/**
 * Stands in for `npm`, `npx` and `bida` while blocks of the documentation run. What asks a running Bida is run for real. What would start
 * or install something that other tests start and install is checked only: the script is there, the settings are right.
 * Arguments: the name it is called by, and the rest as typed. It says what is wrong and exits with 1.
 */
import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { configMistakes } from "../../../core/config.ts";
import { readDoctorOptions } from "../../../scripts/doctor-kkbida/options.ts";
import { readOptions } from "../../../scripts/import-kkbida/options.ts";
import { ROOT } from "./markdown.ts";

/** These go on until somebody ends them: they have to begin. */
const GO_ON = new Set(["listen", "tail"]);
const PACKAGES = ["package.json", "site/package.json", "client/package.json"];

const [called = "", ...typed] = process.argv.slice(2);

function fail(why: string): never {
  console.error(`${called} ${typed.join(" ")}: ${why}`);
  process.exit(1);
}

function bida(args: string[]): void {
  const all = [
    join(ROOT, "bin/bida.mjs"),
    ...args.filter((_, at) => args[0] !== "listen" || ![args[at], args[at - 1]].includes("--port")),
  ];
  if (!GO_ON.has(args[0] ?? "")) {
    const { status } = spawnSync(process.execPath, all, { stdio: "inherit" });
    process.exitCode = status ?? 1;
    return;
  }
  const child = spawn(process.execPath, args[0] === "listen" ? [...all, "--port", "0"] : all, {
    stdio: ["ignore", "pipe", "inherit"],
  });
  child.stdout.once("data", () => {
    child.removeAllListeners("exit");
    child.kill();
  });
  child.once("exit", (code) => fail(`ended with ${code}`));
}

function script(name: string, args: string[], folder: string): void {
  // Typed in the checkout, also where a page is about a folder of its own.
  if (name === "bida") {
    bida(args);
    return;
  }
  const { scripts } = JSON.parse(readFileSync(join(ROOT, folder, "package.json"), "utf8"));
  if (!(name in scripts)) fail(`${join(folder, "package.json")} has no script "${name}"`);
  if (name === "start" && folder === ".") {
    const mistakes = configMistakes(process.env);
    if (mistakes.length > 0) fail(mistakes.join("; "));
  }
  if (name === "import:kkbida") readOptions(args);
  if (name === "doctor:kkbida") readDoctorOptions(args);
}

function install(names: string[]): void {
  const manifests = PACKAGES.map((file) => JSON.parse(readFileSync(join(ROOT, file), "utf8")));
  const known = new Set(
    manifests.flatMap(({ name, dependencies = {}, devDependencies = {} }) => [
      name,
      ...Object.keys(dependencies),
      ...Object.keys(devDependencies),
    ]),
  );
  for (const name of names)
    if (!known.has(name) && !/^[./<]|\.tgz$/.test(name)) fail(`no test knows the package "${name}"`);
}

function npm(): void {
  const words = typed.filter((word) => word !== "-s");
  const prefix = words.indexOf("--prefix");
  const folder = prefix < 0 ? (process.env.BLOCK_FOLDER ?? ".") : (words.splice(prefix, 2)[1] ?? ".");
  const [command = "", ...rest] = words;
  if (command === "run")
    script(
      rest[0] ?? "",
      rest.slice(1).filter((word, at) => at > 0 || word !== "--"),
      folder,
    );
  else if (command === "start" || command === "test") script(command, rest, folder);
  else if (command === "install") install(rest.filter((word) => !word.startsWith("-")));
  else if (command !== "pack") fail("not an npm command that the documentation uses");
}

if (called === "bida") bida(typed);
else if (called === "npx" && typed[0] === "bida") bida(typed.slice(1));
else if (called === "npm") npm();
else fail("only npm, bida and `npx bida` are known here");
