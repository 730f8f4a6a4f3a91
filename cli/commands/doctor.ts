/** `bida doctor`: looks at everything that Bida needs, and says what is wrong and what to do about it. */
import { type Command, type Session, shown } from "../../services/repl/command.ts";
import { examineHere, examineNodes } from "../doctor/examine.ts";
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
  options: {},
  examples: ["doctor", "doctor --json", "doctor --url https://bida.example --user admin:secret"],
  async run(session) {
    const findings: Finding[] = [];
    const examination = session.remote ? examineNodes(session.link) : examineHere(process.env, session.link);
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
