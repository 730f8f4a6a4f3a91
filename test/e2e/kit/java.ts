/**
 * Java programs in tests: a Dubbo consumer of a chosen version, and ZooKeeper. Libraries come from Maven Central, once per
 * machine; what cannot be had is a reason not to run, not a failure.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { findBinary } from "../../servers/binaries.ts";

const SOURCES = resolve(import.meta.dirname, "../java");
/** Beside Maven's own store of libraries: a folder of the test run's would be gone with it. */
const CACHE = join(homedir(), ".m2", "bida-tests");
const MAVEN_PATIENCE = 300_000;
const JAVAC_PATIENCE = 120_000;

/** Newer ones of 3.4 find no server on Java 14 and newer. */
const ZOOKEEPER = "org.apache.zookeeper:zookeeper:3.4.12";
const JEDIS = "redis.clients:jedis:2.9.0";
const EVERYWHERE = [
  "org.javassist:javassist:3.20.0-GA",
  "org.apache.commons:commons-pool2:2.11.1",
  "org.slf4j:slf4j-api:1.7.25",
  "com.alibaba:fastjson:1.2.83",
  "com.google.guava:guava:20.0",
];
const curator = (version: string): string[] => [
  ...["framework", "client", "recipes"].map((part) => `org.apache.curator:curator-${part}:${version}`),
  ZOOKEEPER,
];

/** What each consumer runs with. Its libraries' own dependencies are left out where they are not needed. */
const LIBRARIES = {
  "2.5.10": ["com.alibaba:dubbo:2.5.10", "org.jboss.netty:netty:3.2.5.Final", JEDIS],
  "2.6.5": ["com.alibaba:dubbo:2.6.5", "org.jboss.netty:netty:3.2.5.Final", JEDIS, ...curator("2.12.0")],
  "2.7.23": [
    "org.apache.dubbo:dubbo:2.7.23",
    "io.netty:netty-all:4.1.25.Final",
    "redis.clients:jedis:3.10.0",
    "org.yaml:snakeyaml:1.26",
    "com.google.code.gson:gson:2.8.9",
    "org.apache.curator:curator-x-discovery:4.0.1",
    ...curator("4.0.1"),
  ],
  "3.2.16": [
    "org.apache.dubbo:dubbo:3.2.16",
    "com.alibaba:hessian-lite:3.2.13",
    "com.alibaba.fastjson2:fastjson2:2.0.52",
    "com.alibaba.spring:spring-context-support:1.0.11",
    "io.netty:netty-all:4.1.25.Final",
  ],
};
export type DubboVersion = keyof typeof LIBRARIES;
export const DUBBO_VERSIONS = Object.keys(LIBRARIES) as DubboVersion[];

/** Class paths by version; or why there are none. */
export type Prepared = { classPaths: Record<DubboVersion, string> } | { missing: string };

/** Brings the libraries and compiles the consumer for each version. Blocks: minutes where Maven has to fetch everything. */
export function prepareJava(): Prepared {
  const absent = ["java", "javac", "mvn"].find((name) => !findBinary(name));
  if (absent) return { missing: `${absent} is not installed` };
  const folder = join(CACHE, fingerprint());
  const done = join(folder, "class-paths.json");
  if (!existsSync(done)) {
    const why = fetchLibraries(folder) ?? compileAll(folder);
    if (why !== null) return { missing: why };
    const classPaths = Object.fromEntries(
      DUBBO_VERSIONS.map((version) => [version, classPath(folder, version)]),
    );
    writeFileSync(done, JSON.stringify(classPaths));
  }
  const classPaths: Record<DubboVersion, string> = JSON.parse(readFileSync(done, "utf8"));
  const gone = Object.values(classPaths)
    .flatMap((path) => path.split(":"))
    .find((path) => !existsSync(path));
  return gone ? { missing: `${gone} was deleted; delete ${folder} too` } : { classPaths };
}

/** For Spring 6, which wants Java 17; with all that it depends on. */
const SPRING = [
  "org.springframework:spring-web:6.1.14",
  "com.fasterxml.jackson.core:jackson-databind:2.17.3",
];

/**
 * Brings Spring's libraries and compiles `files` with them, as {@link prepareJava}.
 * @returns the class path, or why there is none
 */
export function prepareSpring(files: string[]): { classPath: string } | { missing: string } {
  const absent = ["java", "javac", "mvn"].find((name) => !findBinary(name));
  if (absent) return { missing: `${absent} is not installed` };
  const hash = createHash("sha256").update(SPRING.join());
  for (const file of files) hash.update(readFileSync(file));
  const folder = join(CACHE, `spring-${hash.digest("hex").slice(0, 16)}`);
  const [classes, list] = [join(folder, "classes"), join(folder, "libraries")];
  if (!existsSync(join(folder, "done"))) {
    mkdirSync(classes, { recursive: true });
    const dependencies = SPRING.map(dependencyOf).join("");
    const own = "<groupId>bida</groupId><artifactId>spring</artifactId><version>1</version>";
    writeFileSync(join(folder, "pom.xml"), project(`${own}<dependencies>${dependencies}</dependencies>`));
    const goal = ["-q", "-B", "dependency:build-classpath", `-Dmdep.outputFile=${list}`];
    const why = run("mvn", goal, folder, MAVEN_PATIENCE, { MAVEN_OPTS: "-Xmx256m -XX:+UseSerialGC" });
    if (why !== null) return { missing: why };
    const options = [
      "-J-Xmx256m",
      "-encoding",
      "UTF-8",
      "-d",
      classes,
      "-cp",
      readFileSync(list, "utf8").trim(),
    ];
    const wrong = run("javac", ["-Xlint:all", "-Werror", ...options, ...files], folder, JAVAC_PATIENCE);
    if (wrong !== null) throw new Error(wrong);
    writeFileSync(join(folder, "done"), "");
  }
  return { classPath: `${classes}:${readFileSync(list, "utf8").trim()}` };
}

function dependencyOf(library: string): string {
  const [group, artifact, version] = library.split(":");
  return `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`;
}

/** Of everything that decides on what is prepared. */
function fingerprint(): string {
  const hash = createHash("sha256").update(JSON.stringify([LIBRARIES, EVERYWHERE]));
  for (const name of globSync("**/*", { cwd: SOURCES }).sort())
    if (/\.\w+$/.test(name)) hash.update(name).update(readFileSync(join(SOURCES, name)));
  return hash.digest("hex").slice(0, 16);
}

/** One run of Maven for all versions. @returns why it failed */
function fetchLibraries(folder: string): string | null {
  for (const version of DUBBO_VERSIONS) {
    mkdirSync(join(folder, version), { recursive: true });
    writeFileSync(join(folder, version, "pom.xml"), pomOf(version));
  }
  const modules = DUBBO_VERSIONS.map((version) => `<module>${version}</module>`).join("");
  const parent = `<groupId>bida</groupId><artifactId>tests</artifactId><version>1</version><packaging>pom</packaging>`;
  writeFileSync(join(folder, "pom.xml"), project(`${parent}<modules>${modules}</modules>`));
  const goal = ["-q", "-B", "dependency:build-classpath"];
  return run("mvn", goal, folder, MAVEN_PATIENCE, { MAVEN_OPTS: "-Xmx256m -XX:+UseSerialGC" });
}

function pomOf(version: DubboVersion): string {
  const alone =
    "<exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions>";
  const libraries = [...LIBRARIES[version], ...EVERYWHERE].map((library) => {
    const [group, artifact, number] = library.split(":");
    return `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${number}</version>${alone}</dependency>`;
  });
  return project(
    `<groupId>bida</groupId><artifactId>dubbo-${version}</artifactId><version>1</version>` +
      "<properties><mdep.outputFile>${project.basedir}/libraries</mdep.outputFile></properties>" +
      `<dependencies>${libraries.join("")}</dependencies>`,
  );
}

const project = (content: string): string =>
  `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>${content}</project>`;

const libraries = (folder: string, version: DubboVersion): string =>
  readFileSync(join(folder, version, "libraries"), "utf8").trim();

const classPath = (folder: string, version: DubboVersion): string =>
  `${join(folder, version, "classes")}:${libraries(folder, version)}`;

/** @returns why it failed */
function compileAll(folder: string): string | null {
  for (const version of DUBBO_VERSIONS) {
    const [sources, classes] = [join(folder, version, "src"), join(folder, version, "classes")];
    cpSync(join(SOURCES, "src"), sources, { recursive: true });
    cpSync(join(SOURCES, "resources"), classes, { recursive: true });
    // Dubbo moved to another package with 2.7; what a consumer uses of it kept its names.
    const main = join(sources, "Consumer.java");
    if (!version.startsWith("2.5") && !version.startsWith("2.6"))
      writeFileSync(main, readFileSync(main, "utf8").replaceAll("com.alibaba.dubbo", "org.apache.dubbo"));
    const files = globSync("**/*.java", { cwd: sources });
    const options = ["-J-Xmx256m", "-encoding", "UTF-8", "-d", classes, "-cp", libraries(folder, version)];
    const why = run("javac", [...options, ...files], sources, JAVAC_PATIENCE);
    if (why !== null) return why;
  }
  return null;
}

function run(
  program: string,
  args: string[],
  cwd: string,
  timeout: number,
  env: Record<string, string> = {},
): string | null {
  const options = { cwd, timeout, encoding: "utf8", env: { ...process.env, ...env } } as const;
  const { status, stdout, stderr, error } = spawnSync(program, args, options);
  if (status === 0) return null;
  const words = `${stdout}${stderr}`.split("\n").find((line) => /error/i.test(line)) ?? "";
  return `${program} failed (${error?.message ?? `exit ${status}`}) ${words.trim().slice(0, 300)}`;
}

/** Small, quick to start, and old enough libraries may look into Java's own classes. */
export const JAVA_OPTIONS = [
  ...["-Xmx192m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Djava.net.preferIPv4Stack=true"],
  ...["java.base/java.lang", "java.base/java.math", "java.base/java.util", "java.sql/java.sql"].map(
    (name) => `--add-opens=${name}=ALL-UNNAMED`,
  ),
];
