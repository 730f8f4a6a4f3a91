/** kkbida's request, for the documentation: `core/legacy.ts` reads it, with kkbida's own texts for what is wrong. */
import { z } from "zod";
import { json } from "../task-schema.ts";

export const legacyTaskSchema = z
  .looseObject({
    url: z.string().max(2048),
    requestMethod: z.enum(["GET", "POST"]),
    requestParam: z.record(z.string(), json).optional(),
    sourceAppName: z.string().optional(),
    targetAppName: z.string().optional(),
    expectResult: z.string().min(1).max(512).describe("Text the answer must contain"),
    limitCallCount: z.int().min(1).max(100),
  })
  .meta({
    id: "LegacyTask",
    description: "Other fields are ignored",
    examples: [
      {
        url: "http://stock.example/cb",
        requestMethod: "POST",
        requestParam: { city: "上海" },
        sourceAppName: "shop",
        targetAppName: "stock",
        expectResult: "成功",
        limitCallCount: 3,
      },
    ],
  });
