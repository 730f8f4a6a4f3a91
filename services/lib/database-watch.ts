/** Says when the database is lost, and when it is back. */
import type { Logger } from "moleculer";
import { type Database, pingDatabase } from "../../store/database.ts";

/** Between looks, in ms. */
const INTERVAL = 3_000;

/** @returns ends the watch */
export function watchDatabase(db: Database, log: Logger): () => void {
  let lostAt: number | null = null;
  let timer: NodeJS.Timeout;
  let stopped = false;
  const look = async () => {
    const askedAt = performance.now();
    const problem = await pingDatabase(db).then(
      () => null,
      (error: Error) => error.message,
    );
    if (stopped) return;
    if (problem !== null && lostAt === null) {
      lostAt = askedAt;
      const meanwhile = "accepting answers 503; outcomes are kept, and their leases held";
      log.error({ database: db.label, err: problem, meanwhile }, "lost contact with the database");
    } else if (problem === null && lostAt !== null) {
      log.info(
        { database: db.label, afterMs: Math.round(performance.now() - lostAt) },
        "the database is back",
      );
      lostAt = null;
    }
    timer = setTimeout(look, INTERVAL);
  };
  timer = setTimeout(look, INTERVAL);
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}
