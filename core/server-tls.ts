/**
 * TLS to the servers that Bida uses, as their URLs say it: `?ssl-mode=`, `?ssl-ca=`, `?ssl-cert=`, `?ssl-key=`, named as MySQL's
 * programs name them (https://dev.mysql.com/doc/refman/8.4/en/connection-options.html#option_general_ssl-mode).
 */
import { readFileSync } from "node:fs";
import { isIP } from "node:net";

/**
 * `REQUIRED`: encrypted, and nobody is asked who they are. `VERIFY_CA`: its certificate is of an authority that is trusted.
 * `VERIFY_IDENTITY`: and is for the host in the URL. (MySQL's `PREFERRED` is left out: anybody on the way can make it plain.)
 */
export const SSL_MODES = ["DISABLED", "REQUIRED", "VERIFY_CA", "VERIFY_IDENTITY"] as const;
export type SslMode = (typeof SSL_MODES)[number];

/** PEM texts; absent: the authorities that Node trusts, no certificate of our own. */
export interface ServerTls {
  mode: Exclude<SslMode, "DISABLED">;
  ca?: string;
  cert?: string;
  key?: string;
}

const FILES = ["ssl-ca", "ssl-cert", "ssl-key"] as const;
const PARAMETERS: readonly string[] = ["ssl-mode", ...FILES];

/** A scheme's way with TLS. */
interface Scheme {
  /** `mode`: the URL's parameters decide. */
  tls: "always" | "never" | "mode";
  /** Its client checks the names in certificates, not addresses. */
  namesOnly: boolean;
}
const SCHEMES: Record<string, Scheme> = {
  "mysql:": { tls: "mode", namesOnly: true },
  "redis:": { tls: "never", namesOnly: false },
  "rediss:": { tls: "always", namesOnly: false },
  "nats:": { tls: "never", namesOnly: true },
  "tls:": { tls: "always", namesOnly: true },
};

/**
 * Reads what a server's URL says of TLS, and the files that it names.
 * @returns null: no TLS
 * @throws Error whose message is all rules that the URL breaks, without what is secret in it
 */
export function tlsOf(url: string): ServerTls | null {
  const { protocol, hostname, searchParams, hash } = new URL(url);
  const problems: string[] = [];
  // Of a password, say: what stands behind it would silently be no part of the URL.
  if (hash !== "" || url.includes("#")) problems.push("must not have a # (in a password: %23)");
  const given = [...new Set(searchParams.keys())];
  for (const name of given) {
    if (!PARAMETERS.includes(name))
      problems.push(`has the unknown parameter "${name}"; known are ${PARAMETERS.join(", ")}`);
    if (searchParams.getAll(name).length > 1) problems.push(`has ${name} more than once`);
  }
  const known = given.filter((name) => PARAMETERS.includes(name));
  const [tls, more] = read(protocol, hostname, searchParams, known);
  problems.push(...more);
  if (problems.length > 0) throw new Error(problems.join("; "));
  return tls;
}

/** @param known the parameters that are given */
function read(
  protocol: string,
  hostname: string,
  parameters: URLSearchParams,
  known: string[],
): [tls: ServerTls | null, problems: string[]] {
  const scheme = SCHEMES[protocol];
  // Of such a URL nothing more can be said.
  if (scheme === undefined) return [null, []];
  const { tls, namesOnly } = scheme;
  const secure = protocol === "redis:" ? "rediss" : "tls";
  if (tls === "never")
    return [null, known.length > 0 ? [`has ${known.join(", ")}, which is for ${secure}:// URLs`] : []];
  const problems: string[] = [];
  const mode = modeOf(parameters.get("ssl-mode"), tls === "always" || known.length > 0);
  if (mode === null) problems.push(`has an ssl-mode that is not one of ${SSL_MODES.join(", ")}`);
  if (mode === "DISABLED" && tls === "always")
    problems.push(`has ssl-mode DISABLED, but ${protocol}// is TLS`);
  if (mode === "DISABLED" && known.length > 1) problems.push("has ssl-mode DISABLED beside files of TLS");
  if (mode === "VERIFY_IDENTITY" && namesOnly && isIP(hostname.replace(/^\[|\]$/g, "")) !== 0)
    problems.push(
      "needs a host name where the server's identity is verified; give one, or say ssl-mode=VERIFY_CA",
    );
  const [ca, cert, key] = FILES.map((name) => pem(name, parameters.get(name), problems));
  if (parameters.has("ssl-cert") !== parameters.has("ssl-key"))
    problems.push("must have ssl-cert and ssl-key, or neither");
  if (mode === null || mode === "DISABLED") return [null, problems];
  return [{ mode, ...(ca && { ca }), ...(cert && key && { cert, key }) }, problems];
}

/** Anyone who says anything of TLS wants the most of it, unless they say less. @returns null: there is none of this name */
function modeOf(given: string | null, isWanted: boolean): SslMode | null {
  if (given === null) return isWanted ? "VERIFY_IDENTITY" : "DISABLED";
  return SSL_MODES.find((one) => one === given.toUpperCase()) ?? null;
}

/** @param problems gets what is wrong with the file */
function pem(name: string, path: string | null, problems: string[]): string | undefined {
  if (path === null) return undefined;
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    problems.push(`has ${name}, a file that cannot be read (${(error as NodeJS.ErrnoException).code})`);
    return undefined;
  }
  const what = name === "ssl-key" ? "PRIVATE KEY" : "CERTIFICATE";
  if (!new RegExp(`-----BEGIN [A-Z ]*${what}-----`).test(text))
    problems.push(`has ${name}, a file that holds no ${what.toLowerCase()} in PEM`);
  return text;
}

/** As Node's `tls.connect` takes it. */
export function nodeTls({ mode, ...files }: ServerTls): object {
  return {
    ...files,
    rejectUnauthorized: mode !== "REQUIRED",
    ...(mode !== "VERIFY_IDENTITY" && { checkServerIdentity: () => undefined }),
  };
}

/** A server's URL without what it says of TLS. */
export function withoutTls(url: string): string {
  const plain = new URL(url);
  plain.search = "";
  return plain.href;
}
