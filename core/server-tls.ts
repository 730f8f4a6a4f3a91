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
 * @throws Error whose message is the rule that the URL breaks, without what is secret in it
 */
export function tlsOf(url: string): ServerTls | null {
  const { protocol, hostname, searchParams, hash } = new URL(url);
  // Of a password, say: what stands behind it would silently be no part of the URL.
  if (hash !== "" || url.includes("#")) throw new Error("must not have a # (in a password: %23)");
  const { tls, namesOnly } = SCHEMES[protocol] as Scheme;
  const given = [...new Set(searchParams.keys())];
  const unknown = given.find((name) => !PARAMETERS.includes(name));
  if (unknown !== undefined)
    throw new Error(`has the unknown parameter "${unknown}"; known are ${PARAMETERS.join(", ")}`);
  const twice = given.find((name) => searchParams.getAll(name).length > 1);
  if (twice !== undefined) throw new Error(`has ${twice} more than once`);
  if (tls === "never" && given.length > 0)
    throw new Error(`has ${given[0]}, which is for ${protocol === "redis:" ? "rediss" : "tls"}:// URLs`);
  const mode = modeOf(searchParams.get("ssl-mode"), tls === "always" || given.length > 0);
  if (mode === "DISABLED") {
    if (tls === "always") throw new Error(`has ssl-mode DISABLED, but ${protocol}// is TLS`);
    if (given.length > 1) throw new Error("has ssl-mode DISABLED beside files of TLS");
    return null;
  }
  if (tls === "never") return null;
  if (mode === "VERIFY_IDENTITY" && namesOnly && isIP(hostname.replace(/^\[|\]$/g, "")) !== 0)
    throw new Error(
      "needs a host name where the server's identity is verified; give one, or say ssl-mode=VERIFY_CA",
    );
  const [ca, cert, key] = FILES.map((name) => pem(name, searchParams.get(name)));
  if ((cert === undefined) !== (key === undefined))
    throw new Error("must have ssl-cert and ssl-key, or neither");
  return { mode, ...(ca && { ca }), ...(cert && key && { cert, key }) };
}

/** Anyone who says anything of TLS wants the most of it, unless they say less. */
function modeOf(given: string | null, isWanted: boolean): SslMode {
  if (given === null) return isWanted ? "VERIFY_IDENTITY" : "DISABLED";
  const mode = SSL_MODES.find((one) => one === given.toUpperCase());
  if (!mode) throw new Error(`has an ssl-mode that is not one of ${SSL_MODES.join(", ")}`);
  return mode;
}

function pem(name: string, path: string | null): string | undefined {
  if (path === null) return undefined;
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new Error(`has ${name}, a file that cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
  const what = name === "ssl-key" ? "PRIVATE KEY" : "CERTIFICATE";
  if (!new RegExp(`-----BEGIN [A-Z ]*${what}-----`).test(text))
    throw new Error(`has ${name}, a file that holds no ${what.toLowerCase()} in PEM`);
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
