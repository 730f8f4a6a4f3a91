// An authority of a test's own, and certificates by it, made with openssl.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "./server.ts";

/** Paths of PEM files. */
export interface Certificates {
  ca: string;
  /** For `localhost`. */
  server: { cert: string; key: string };
  /** For `another.example`. */
  other: { cert: string; key: string };
  client: { cert: string; key: string };
  /** Of an authority that has signed nothing here. */
  foreignCa: string;
}

export function makeCertificates(): Certificates {
  const folder = temporaryFolder("ca");
  const path = (name: string) => join(folder, name);
  const openssl = (...args: string[]) => execFileSync("openssl", args, { stdio: "ignore" });
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  const authority = (name: string) => {
    const made = { cert: path(`${name}.pem`), key: path(`${name}.key`) };
    openssl(
      ...[
        "req",
        "-x509",
        ...key,
        "-days",
        "2",
        "-subj",
        `/CN=${name}`,
        "-keyout",
        made.key,
        "-out",
        made.cert,
      ],
    );
    return made;
  };
  const [own, foreign] = [authority("authority"), authority("foreign")];
  const signed = (name: string, altName: string) => {
    const made = { cert: path(`${name}.pem`), key: path(`${name}.key`) };
    const [request, extensions] = [path(`${name}.csr`), path(`${name}.ext`)];
    writeFileSync(extensions, `subjectAltName=DNS:${altName}\n`);
    openssl("req", ...key, "-subj", `/CN=${altName}`, "-keyout", made.key, "-out", request);
    openssl(
      ...["x509", "-req", "-in", request, "-CA", own.cert, "-CAkey", own.key, "-CAcreateserial"],
      ...["-days", "2", "-extfile", extensions, "-out", made.cert],
    );
    return made;
  };
  return {
    ca: own.cert,
    server: signed("server", "localhost"),
    other: signed("other", "another.example"),
    client: signed("client", "bida"),
    foreignCa: foreign.cert,
  };
}
