/** All commands that ask a Bida which runs, in the order in which help lists them. */
import type { Command } from "../command.ts";
import { alarms, testAlarm } from "./alarms.ts";
import { apps, createApp, deleteApp, rotateKey, rotateSecret, setApp } from "./apps.ts";
import { audit } from "./audit.ts";
import { cancel, resolve, retry } from "./change.ts";
import { destinations, getDestination, pause, replay, resume, setDestination } from "./destinations.ts";
import { exportTasks } from "./export.ts";
import { acknowledgeAlarm, inbox, muteAlarms, mutes, unmuteAlarms } from "./inbox.ts";
import { getJob, jobs, pauseJob, resumeJob, setJob, stopJob } from "./jobs.ts";
import { drain, nodes, undrain } from "./nodes.ts";
import { queue } from "./queue.ts";
import { resend, send } from "./send.ts";
import { tail } from "./tail.ts";
import { attempts, more, task, tasks } from "./tasks.ts";
import { createUser, deleteUser, setUser, userPassword, users } from "./users.ts";

export const COMMANDS: Command[] = [
  ...[send, tasks, more, task, attempts, retry, cancel, resolve, resend, exportTasks],
  ...[jobs, getJob, setJob, pauseJob, resumeJob, stopJob, queue, tail],
  ...[destinations, getDestination, pause, resume, setDestination, replay],
  ...[nodes, drain, undrain, audit],
  ...[inbox, acknowledgeAlarm, muteAlarms, mutes, unmuteAlarms, alarms, testAlarm],
  ...[apps, createApp, setApp, rotateKey, rotateSecret, deleteApp],
  ...[users, createUser, setUser, userPassword, deleteUser],
];
