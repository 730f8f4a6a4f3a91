/** `audit`: who did what. */
import type { AuditQuery } from "../../../core/people.ts";
import { ask } from "../ask.ts";
import { type Command, shown } from "../command.ts";
import { localTime, oneLine } from "../paint.ts";
import { numberOf, timeOf } from "../times.ts";

const LIMIT = 50;

export const audit: Command = {
  name: "audit",
  args: "",
  arity: [0, 0],
  summary: "lists who did what, newest first",
  options: {
    actor: { value: "<name>", help: "of a user, an app, a node, or of who sat at the command line" },
    action: { value: "<action>", help: "such as task.retry" },
    target: { value: "<target>", help: "such as task, or task:0198f3a2-7c1e-7b52-9d31-5f0c2a4e8b17" },
    from: { value: "<time>", help: 'since: 2h (ago), 2026-11-23, "2026-11-23 18:05"' },
    to: { value: "<time>", help: "before" },
    limit: { value: "<n>", help: `1 to 200 (${LIMIT})` },
  },
  examples: ["audit --from 2h", "audit --actor wang --action task.retry"],
  async run(session, { text }) {
    const limit = text("limit");
    const query: AuditQuery = {
      limit: limit === undefined ? LIMIT : numberOf("--limit", limit, "1 to 200"),
      ...Object.fromEntries(
        ["actor", "action", "target"].flatMap((name) =>
          text(name) === undefined ? [] : [[name, text(name)]],
        ),
      ),
      ...Object.fromEntries(
        ["from", "to"].flatMap((name) => {
          const given = text(name);
          return given === undefined ? [] : [[name, timeOf(`--${name}`, given)]];
        }),
      ),
    };
    const { items, nextCursor } = await ask(session, "admin.listAudit", query);
    if (items.length === 0) return shown({ items, nextCursor }, "no entries");
    const rows = items.map(({ at, actor, action, target, note, sourceIp }) => [
      localTime(at),
      `${actor.kind}:${oneLine(actor.name)}`,
      action,
      [target.type, target.id].filter(Boolean).join(":"),
      sourceIp ?? "-",
      oneLine(note ?? "-"),
    ]);
    const table = session.paint.table(["at", "who", "did", "to", "from", "note"], rows);
    return shown({ items, nextCursor }, table);
  },
};
