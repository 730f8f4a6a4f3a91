/** `queue`: what is due, held, waiting, and the oldest. */
import { ask } from "../ask.ts";
import { type Command, shown } from "../command.ts";
import { localTime, span } from "../paint.ts";

export const queue: Command = {
  name: "queue",
  args: "",
  arity: [0, 0],
  summary: "shows what is due, held and waiting, and the oldest",
  options: {},
  examples: ["queue"],
  async run(session) {
    const [view, paused, open] = await Promise.all([
      ask(session, "admin.queue", {}),
      ask(session, "admin.listDestinations", { state: "paused", limit: 200 }),
      ask(session, "admin.listDestinations", { state: "open", limit: 200 }).catch(() => null),
    ]);
    const { places, held, oldest } = view;
    const { paint } = session;
    const unknown = "unknown: the due set (Redis) does not answer";
    const due = (items: { ready: number }[]) => items.reduce((sum, { ready }) => sum + ready, 0);
    const troubled = ({ items, nextCursor }: typeof paused) =>
      items.length === 0
        ? "none"
        : paint.bad(`${items.length}${nextCursor ? "+" : ""}, with ${due(items)} due tasks`);
    const rest = places && Math.max(0, view.open - places.due - places.calling - places.soon - held.count);
    const text = paint.fields([
      ["open", `${view.open} tasks that have not ended`],
      ["due", places ? `${places.due} wait for their turn` : paint.bad(unknown)],
      ["calling", places && `${places.calling} are claimed: being called, or about to be`],
      ["soon", places && `${places.soon} are due within minutes`],
      ["later", rest === null ? null : `${rest} are due later (about)`],
      ["held", `${held.count}${held.more ? "+" : ""} wait for an earlier task of their orderKey`],
      ["paused", `destinations: ${troubled(paused)}`],
      ["breakers", open && `destinations: ${troubled(open)}`],
      [
        "oldest",
        oldest
          ? `${oldest.taskId}, due since ${localTime(oldest.dueAt)} (${span(oldest.waitingMs)})`
          : "nothing that is due waits",
      ],
    ]);
    return shown({ ...view, pausedOrigins: origins(paused), troubledOrigins: open && origins(open) }, text);
  },
};

const origins = ({ items }: { items: { origin: string }[] }): string[] => items.map(({ origin }) => origin);
