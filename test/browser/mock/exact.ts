/** A task whose JSON no JavaScript value can hold: long numbers, kept zeros, keys that look like indexes. */
import type { JsonText } from "../../../core/json/text.ts";

export const EXACT = {
  taskId: "0199b3c2-7d1e-7a40-9c55-2f8f0f6f8b11",
  url: "https://exact.example/orders/{orderId}",
  requestParam: '{"orderId":7088992364139642881,"amount":1.50,"10":1,"9":2}' as JsonText,
  expect: '{"stop":[404],"json":{"$.id":9007199254740993,"$.rate":1.10}}' as JsonText,
  responseBody: '{"id":9007199254740993,"rate":1.10,"error":"no such order"}',
};

/** @param task what it is like in all else, and its calls */
export function exactTask(task: object, calls: object[]): [task: object, calls: object[]] {
  const { responseBody, ...fields } = EXACT;
  return [
    { ...task, ...fields, orderKey: null },
    calls.map((call) => ({ ...call, taskId: EXACT.taskId, url: EXACT.url, responseBody })),
  ];
}
