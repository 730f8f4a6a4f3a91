/** How long requests over REST may take that need longer than others. Consoles wait a little longer than the server does. */
import { type Millis, seconds } from "./clock.ts";

/** Work on many tasks: counting among millions of them takes its time. */
export const MANY_TASKS_LIMIT: Millis = seconds(60);
/** The test of an alarm channel: its call may take two minutes. */
export const CHANNEL_TEST_LIMIT: Millis = seconds(130);
