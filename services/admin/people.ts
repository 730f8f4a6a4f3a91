/** Apps, users, sessions and the audit log: the actions, and what is swept away behind them. */
import type { Logger } from "moleculer";
import { pruningTime } from "../../store/installation.ts";
import { pruneAttempts } from "../../store/login-attempts.ts";
import { pruneSessions } from "../../store/sessions.ts";
import type { Resources } from "../node/resources.ts";
import { appActions } from "./apps.actions.ts";
import { auditActions } from "./audit.actions.ts";
import { Authenticator } from "./authenticator.ts";
import { sessionActions } from "./session.actions.ts";
import { userActions } from "./users.actions.ts";

/** Between two sweeps, in ms. */
const SWEEP_EVERY = 3_600_000;

let parts: { resources: Resources; authenticator: Authenticator };
const started = () => parts;

export const peopleActions = {
  ...appActions(started),
  ...userActions(started),
  ...sessionActions(started),
  ...auditActions(started),
};

/** To be called before the first of the actions. @returns what ends it */
export function startPeople(resources: Resources, log: Logger): () => void {
  parts = { resources, authenticator: new Authenticator(resources) };
  const timer = setInterval(() => {
    sweep(resources).catch((error: Error) =>
      log.debug({ err: error.message }, "sessions not swept; again in an hour"),
    );
  }, SWEEP_EVERY);
  timer.unref();
  return () => clearInterval(timer);
}

/** Deletes sessions that are over, and failed logins that no longer count. */
async function sweep({ db, clock }: Resources): Promise<void> {
  const now = await pruningTime(db, clock.now());
  await pruneSessions(db, now);
  await pruneAttempts(db, now);
}
