/** What dialogs that change many tasks have in common. */
import type { BulkResult, RetrySchedule } from "../api/types.ts";
import { count } from "./format.ts";

/** The fields of a request that are not as usual. */
export const retryGiven = (
  schedule: RetrySchedule,
  pace: string,
): { schedule?: RetrySchedule; pace?: number } => ({
  ...(schedule === "whole" && { schedule }),
  ...(pace.trim() !== "" && { pace: Number(pace) }),
});

/** How many tasks would be changed, as it is written on a button. */
export const wouldChange = ({ matched, preview }: BulkResult): string =>
  `${preview?.atLeast ? "≥ " : ""}${count(preview?.changed ?? matched)}`;
