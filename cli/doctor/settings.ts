/** The settings of this machine, and the machine itself. */
import { type Config, configMistakes, DEFAULT_PASSWORD, isEmbedded } from "../../core/config.ts";
import { openFileLimit } from "../../core/open-files.ts";
import { unknownSettings } from "../../services/repl/unknown-settings.ts";
import { bad, type Finding, ok, warn } from "./finding.ts";

const ABOUT = "settings";
/** Versions of Node that get no fixes any more, or not yet. */
const OLDEST_NODE = 22;
/** Sockets, files and pipes of a node that has little to do. */
const FEW_FILES = 1_024;

export function* settingsFindings(env: NodeJS.ProcessEnv): Generator<Finding> {
  const mistakes = configMistakes(env);
  for (const mistake of mistakes)
    yield bad(ABOUT, mistake, "set it right; docs/operations.md lists all settings");
  for (const { name, meant } of unknownSettings(env))
    yield warn(ABOUT, `${name} is no setting of Bida`, meant ? `did you mean ${meant}?` : "take it away");
  if (mistakes.length === 0) yield ok(ABOUT, "they are sound");
}

export function* machineFindings(config: Config): Generator<Finding> {
  const [major = 0] = process.versions.node.split(".").map(Number);
  if (major < OLDEST_NODE || major % 2 === 1)
    yield warn("machine", `Node ${process.versions.node} gets no fixes for long`, "install Node 24 (LTS)");
  else yield ok("machine", `Node ${process.versions.node}`);
  const files = openFileLimit();
  if (files !== null && files < FEW_FILES)
    yield warn(
      "machine",
      `a process may have ${files} files open`,
      "raise the limit: ulimit -n 65536, or LimitNOFILE=",
    );
  if (config.adminPassword === DEFAULT_PASSWORD)
    yield warn(ABOUT, "the administrator has the password that everybody knows", "set BIDA_ADMIN_PASSWORD");
  if (!isEmbedded(config) && config.secretKey === null)
    yield warn(
      ABOUT,
      "there is no BIDA_SECRET_KEY: no signing secret and no channel of alarms can be kept",
      "make one with openssl rand -base64 32, and give all nodes the same",
    );
}
