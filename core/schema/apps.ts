/** Requests and answers of `/v1/apps`. */
import { z } from "zod";
import { AddressRanges } from "../addresses.ts";
import { compileJsonPath } from "../pattern.ts";
import type { AppView, CreatedApp } from "../people.ts";
import { label, part, time } from "./parts.ts";

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
  signResends: z.boolean("must be true or false"),
  businessKeyPath: part(512)
    .superRefine((path, ctx) => {
      try {
        compileJsonPath(path);
      } catch (error) {
        ctx.addIssue((error as Error).message.slice(0, 200));
      }
    })
    .nullable()
    .describe(
      "JSONPath (RFC 9535) of the business key in what its new tasks send, such as `$.orderNo`: lists show it and find it",
    ),
};

export const createAppSchema = z
  .strictObject({
    name: fields.name,
    ipAllow: fields.ipAllow.default([]),
    ratePerSecond: fields.ratePerSecond.default(null),
    signResends: fields.signResends.default(false),
    businessKeyPath: fields.businessKeyPath.default(null),
  })
  .meta({
    id: "AppRequest",
    examples: [{ name: "shop", ipAllow: ["10.1.0.0/16"], ratePerSecond: 50, businessKeyPath: "$.orderNo" }],
  });

export const changeAppSchema = z
  .strictObject({ ...fields, disabled: z.boolean("must be true or false") })
  .partial()
  .meta({ id: "AppChange", examples: [{ ratePerSecond: null }, { disabled: true }] });

export const rotateSchema = z
  .strictObject({
    immediately: z.boolean("must be true or false").default(false),
  })
  .meta({
    id: "Rotation",
    description: "True: the old one ends now, not after 24 h",
    examples: [{ immediately: true }],
  });

const shape = {
  id: z.int(),
  name: z.string(),
  disabled: z.boolean(),
  ipAllow: z.array(z.string()).describe("Ranges it may call from; empty: from anywhere"),
  ratePerSecond: z.int().nullable().describe("At each node with the API; null: no limit"),
  signResends: z.boolean().describe("Whether what operators resend in its name is signed as its own"),
  businessKeyPath: z.string().nullable().describe("Where its business key stands in what new tasks send"),
  previousKeyUntil: time.nullable().describe("Until when the key before works"),
  signing: z.boolean().describe("Whether its callbacks are signed"),
  previousSecretUntil: time.nullable().describe("Until when the secret before signs as well"),
  createdAt: time,
  updatedAt: time,
};

export const appSchema = z.object(shape).meta({ id: "App" }) satisfies z.ZodType<AppView>;
export const createdAppSchema = z
  .object({
    ...shape,
    key: z.string(),
    signingSecret: z.string().nullable(),
  })
  .meta({ id: "CreatedApp" }) satisfies z.ZodType<CreatedApp>;
export const rotatedKeySchema = z.object({ ...shape, key: z.string() });
export const rotatedSecretSchema = z.object({ ...shape, signingSecret: z.string() });
