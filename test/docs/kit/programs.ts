/**
 * TypeScript and JavaScript blocks of the documentation as programs: type-checked and compiled once, as a reader's project would
 * be, against the client package as it is installed, and run by as many versions of Node as asked.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { boundToUs, endWithUs } from "../../servers/process.ts";
import { temporaryFolder } from "../../servers/server.ts";
import { ROOT } from "./markdown.ts";

const MODULES = join(ROOT, "node_modules");
/** Packages of the guides. */
const SITE = join(ROOT, "site/node_modules");

/** What a fragment stands in: a service's broker, in a file that begins before it. */
const AROUND: [before: string, after: string] = [
  `import { BidaMixin } from "bida-client";
import { ServiceBroker } from "moleculer";
const broker = new ServiceBroker({ transporter: process.env.BIDA_NATS_URL, logger: false });
`,
  `
await broker.start();
await broker.stop();
process.exit(0);
`,
];

export interface Program {
  name: string;
  language: string;
  text: string;
}

/** Compiled programs: `file` is what Node runs. */
export class Programs {
  readonly #folder = temporaryFolder("programs");

  /**
   * @param client the folder of the package, as npm unpacks it
   * @throws Error with what the compiler says
   */
  constructor(programs: Program[], client: string) {
    this.#install(programs, client);
    for (const { name, language, text } of programs) {
      const whole = /^import /m.test(text) ? text : AROUND.join(text);
      writeFileSync(join(this.#folder, `${name}.${language}`), `${whole}\n`);
    }
    const options = {
      target: "es2022",
      module: "nodenext",
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: true, // those of other packages
      allowJs: true,
      // What Nest asks for.
      experimentalDecorators: true,
      emitDecoratorMetadata: true,
      types: ["node"],
      rootDir: ".",
      outDir: "out",
    };
    writeFileSync(join(this.#folder, "package.json"), '{ "type": "module" }');
    writeFileSync(
      join(this.#folder, "tsconfig.json"),
      JSON.stringify({ compilerOptions: options, include: ["*.ts", "*.js"] }),
    );
    const { status, stdout } = spawnSync(join(MODULES, ".bin/tsc"), ["-p", this.#folder], {
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(stdout);
  }

  /** What the programs import, where Node and the compiler look for it. */
  #install(programs: Program[], client: string): void {
    const names = new Set(["@types/node", "@types/express", "moleculer"]);
    for (const { text } of programs)
      for (const [, name = ""] of text.matchAll(/\b(?:from|import) "((?:@[\w-]+\/)?[\w.-]+)[\w/.-]*"/g))
        if (name !== "bida-client" && !name.startsWith("node:")) names.add(name);
    for (const name of names) {
      const from = [SITE, MODULES].map((folder) => join(folder, name)).find(existsSync);
      if (!from) throw new Error(`the package "${name}" is not installed; npm test installs those of site/`);
      const to = join(this.#folder, "node_modules", name);
      mkdirSync(dirname(to), { recursive: true });
      symlinkSync(from, to);
    }
    symlinkSync(client, join(this.#folder, "node_modules/bida-client"));
  }

  /** Starts one. */
  start(name: string, env: Record<string, string>, node = process.execPath): Running {
    const [command, args] = boundToUs(node, [join(this.#folder, "out", `${name}.js`)]);
    return new Running(
      spawn(command, args, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] }),
    );
  }
}

/** A program that runs. */
export class Running {
  output = "";
  readonly #child: ChildProcess;
  /** "exit 0", or how else it ended. */
  readonly ended: Promise<string>;

  constructor(child: ChildProcess) {
    this.#child = child;
    const closed = new Promise<void>((done) => child.once("close", () => done()));
    this.ended = endWithUs(child).then((how) => closed.then(() => how));
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.output += text;
      });
  }

  async stop(): Promise<void> {
    this.#child.kill();
    await this.ended;
  }
}
