/** Requests and answers of `/v1/apps`. */
import { z } from "zod";
import { AddressRanges } from "../addresses.ts";
import type { AppView, CreatedApp } from "../people.ts";
import { label, time } from "./parts.ts";

const range = z.string().superRefine((entry, ctx) => {
  try {
    new AddressRanges([entry]);
  } catch (error) {
    ctx.addIssue((error as Error).message);
  }
});

const fields = {
  // "#7" is what a deleted app is called.
  name: label(64).refine((name) => !name.startsWith("#"), "must not begin with #"),
  ipAllow: z.array(range).max(100, "takes at most 100 ranges"),
  ratePerSecond: z
    .int("must be a whole number or null")
    .min(1, "must be 1 to 100000")
    .max(100_000, "must be 1 to 100000")
    .nullable(),
};

export const createAppSchema = z.strictObject({
  name: fields.name,
  ipAllow: fields.ipAllow.default([]),
  ratePerSecond: fields.ratePerSecond.default(null),
});

export const changeAppSchema = z
  .strictObject({ ...fields, disabled: z.boolean("must be true or false") })
  .partial();

export const rotateSchema = z.strictObject({
  immediately: z.boolean("must be true or false").default(false),
});

const shape = {
  id: z.int(),
  name: z.string(),
  disabled: z.boolean(),
  ipAllow: z.array(z.string()),
  ratePerSecond: z.int().nullable(),
  previousKeyUntil: time.nullable(),
  signing: z.boolean(),
  previousSecretUntil: time.nullable(),
  createdAt: time,
  updatedAt: time,
};

export const appSchema = z.object(shape) satisfies z.ZodType<AppView>;
export const createdAppSchema = z.object({
  ...shape,
  key: z.string(),
  signingSecret: z.string().nullable(),
}) satisfies z.ZodType<CreatedApp>;
export const rotatedKeySchema = z.object({ ...shape, key: z.string() });
export const rotatedSecretSchema = z.object({ ...shape, signingSecret: z.string() });
