/** Apps, users, sessions, the audit log and saved views: all actions on them. */
import { appActions } from "./apps.actions.ts";
import { auditActions } from "./audit.actions.ts";
import { sessionActions } from "./session.actions.ts";
import { userActions } from "./users.actions.ts";
import { viewActions } from "./views.actions.ts";

export const peopleActions = {
  ...appActions,
  ...userActions,
  ...sessionActions,
  ...auditActions,
  ...viewActions,
};
