/** `bida doctor`: looks at everything that Bida needs, and says what is wrong and what to do about it. */
import type { DoctorOptions } from "../../scripts/doctor-kkbida/options.ts";
import { type Command, type Session, shown, type Typed } from "../../services/repl/command.ts";
import { Mistake } from "../../services/repl/mistake.ts";
import type { Finding } from "../doctor/finding.ts";

export const doctor: Command = {
  name: "doctor",
  args: "",
  arity: [0, 0],
  summary: "looks at settings, servers, nodes and the due set, and says what to do about what it finds",
  about: [
    "Type it on a machine with the settings of a node. It changes nothing. With --url it asks that Bida about its nodes.",
    "Exit code 1 where something is bad.",
  ],
  options: {
    kkbida: {
      value: "<url>",
      help: "also what will be otherwise for the tasks of a kkbida: mysql://user:pass@host:3306/callcenterdb",
    },
    zone: { value: "<offset>", help: "the time zone of kkbida's times (+08:00)" },
    limit: { value: "<n>", help: "tasks of kkbida to look at, at most (1000000)" },
  },
  examples: [
    "doctor",
    "doctor --json",
    "doctor --url https://bida.example --user admin:secret",
    "doctor --kkbida mysql://reader:secret@db:3306/callcenterdb",
  ],
  async run(session, typed) {
    const kkbida = await kkbidaIn(typed);
    if (kkbida !== null && session.remote)
      throw new Mistake("--kkbida is judged by the settings of a node; type it there, without --url");
    const { examineHere, examineNodes } = await import("../doctor/examine.ts");
    const findings: Finding[] = [];
    const examination = session.remote
      ? examineNodes(session.link)
      : examineHere(process.env, session.link, kkbida);
    for await (const finding of examination) {
      findings.push(finding);
      if (!session.json) await session.print(lineOf(finding, session));
    }
    const count = (level: Finding["level"]) => findings.filter((one) => one.level === level).length;
    const [bad, warnings] = [count("bad"), count("warn")];
    const summary = bad + warnings === 0 ? "nothing to do" : `${bad} bad, ${warnings} to look at`;
    return { ...shown({ findings, bad, warnings }, summary), exit: bad > 0 ? 1 : 0 };
  },
};

/** Null: none is named. @throws Mistake */
async function kkbidaIn(typed: Typed): Promise<DoctorOptions | null> {
  const more = ["zone", "limit"].flatMap((name) => {
    const value = typed.text(name);
    return value === undefined ? [] : [`--${name}=${value}`];
  });
  const url = typed.text("kkbida");
  if (url !== undefined) return (await import("../doctor/kkbida.ts")).kkbidaOptions([...more, "--", url]);
  if (more.length > 0) throw new Mistake("--zone and --limit belong to --kkbida <url>");
  return null;
}

const MARKS = { ok: "ok  ", warn: "look", bad: "bad " };

function lineOf({ about, level, says, fix }: Finding, { paint }: Session): string {
  const mark =
    level === "ok"
      ? paint.good(MARKS.ok)
      : level === "bad"
        ? paint.bad(MARKS.bad)
        : paint.style("yellow", MARKS.warn);
  const line = `${mark}  ${about.padEnd(8)}  ${says}`;
  return fix === undefined ? line : `${line}\n                → ${fix}`;
}
