/** Settings that hold a secret may name a file that has it: `BIDA_SECRET_KEY_FILE=/run/secrets/key`. */
import { closeSync, openSync, readSync } from "node:fs";

/** Passwords, keys, and URLs with credentials. The last two are of programs that ask a Bida. */
export const SECRETS = [
  "BIDA_ADMIN_PASSWORD",
  "BIDA_LEGACY_CREDENTIALS",
  "BIDA_SECRET_KEY",
  "BIDA_SECRET_KEY_PREVIOUS",
  "BIDA_DATABASE_URL",
  "BIDA_REDIS_URL",
  "BIDA_NATS_URL",
  "BIDA_RPC_NATS_URL",
  "BIDA_EGRESS_PROXY",
  "BIDA_DUBBO_REGISTRY",
  "BIDA_API_KEY",
  "BIDA_USER",
];

/** The setting that names the file of a secret. */
export const fileOf = (name: string): string => `${name}_FILE`;

/** Names of the settings that name files. */
export const SECRET_FILES: string[] = SECRETS.map(fileOf);

type Environment = Record<string, string | undefined>;

/**
 * A secret from its file.
 * @returns null where no file is named, or the setting holds no secret
 * @throws Error: one line that begins with the setting's name, and repeats nothing of the file
 */
export function secretFromFile(env: Environment, name: string): string | null {
  const path = SECRETS.includes(name) ? env[fileOf(name)] : undefined;
  if (!path?.trim()) return null;
  if (env[name]) throw new Error(`${fileOf(name)}: ${name} is set as well; set one of the two`);
  const content = contentOf(path, fileOf(name));
  // A secret of blanks counts as none, and somebody believes that there is one.
  if (content.trim() === "") throw new Error(`${fileOf(name)}: ${path} is empty`);
  return content.replace(/\r?\n$/, "");
}

/** Longer than any secret, in bytes. */
const MOST = 65_536;

/** A pipe may be named too; no more is read than a secret may have, since a device may have no end. */
function contentOf(path: string, name: string): string {
  const buffer = Buffer.alloc(MOST + 1);
  let length = 0;
  try {
    const file = openSync(path, "r");
    try {
      for (let read = -1; read !== 0 && length < buffer.length; length += read)
        read = readSync(file, buffer, length, buffer.length - length, null);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    // "ENOENT: no such file or directory, open '…'"
    const reason = (error as Error).message.split(", ")[0];
    throw new Error(`${name}: ${path} cannot be read (${reason})`);
  }
  if (length > MOST) throw new Error(`${name}: ${path} has more than ${MOST} bytes`);
  return buffer.toString("utf8", 0, length);
}

/**
 * The environment with the secrets of files in it.
 * @param names of the settings that somebody needs: the files of others are left alone
 * @returns inFiles: the settings whose secrets came from files; mistakes: a line for each file
 */
export function withSecretFiles(
  env: Environment,
  names: string[],
): { env: Environment; inFiles: Set<string>; mistakes: string[] } {
  const found: Environment = { ...env };
  const inFiles = new Set<string>();
  const mistakes: string[] = [];
  for (const name of SECRETS.filter((one) => names.includes(one))) {
    try {
      const secret = secretFromFile(env, name);
      if (secret === null) continue;
      found[name] = secret;
      inFiles.add(name);
    } catch (error) {
      mistakes.push((error as Error).message);
    }
  }
  return { env: found, inFiles, mistakes };
}
