/** Bodies of answers, in the form that the consumer's version reads. */
import { HESSIAN_NULL, hessianInt, hessianMap, hessianObject, hessianString } from "../hessian/writer.ts";

/** `DubboCodec`'s marks. */
const [EXCEPTION, VALUE] = [0, 1];
/** What is added to a mark where attachments follow. */
const WITH_ATTACHMENTS = 3;

/** The protocol's version since 2.6.3; also the first that reads attachments of answers. */
export const PROTOCOL_VERSION = "2.0.2";
const FIRST_WITH_ATTACHMENTS = 2_000_200;

const CALLBACK_EXCEPTION = "cn.keking.callcenter.sdk.exception.CallBackException";
/** What generic consumers know; 2.7 and 3 have it too, for the sake of older providers. */
const GENERIC_EXCEPTION = "com.alibaba.dubbo.rpc.service.GenericException";

/** @param dubbo the version that the request names */
export const textAnswer = (dubbo: string, text: string): Buffer => answer(dubbo, VALUE, hessianString(text));

/** Any value as it came: `$echo`. */
export const rawAnswer = (dubbo: string, value: Buffer): Buffer => answer(dubbo, VALUE, value);

/** kkbida's exception. Of `Throwable`'s fields the message is enough. */
export const exceptionAnswer = (dubbo: string, message: string): Buffer =>
  answer(dubbo, EXCEPTION, hessianObject(CALLBACK_EXCEPTION, { detailMessage: message }));

/** The same, as a provider tells it to generic consumers. */
export function genericExceptionAnswer(dubbo: string, message: string): Buffer {
  const fields = {
    exceptionClass: CALLBACK_EXCEPTION,
    exceptionMessage: message,
    detailMessage: `${CALLBACK_EXCEPTION}: ${message}`,
  };
  return answer(dubbo, EXCEPTION, hessianObject(GENERIC_EXCEPTION, fields));
}

/** Of every status but OK: one string. */
export const problemAnswer = (text: string): Buffer => (text === "" ? HESSIAN_NULL : hessianString(text));

function answer(dubbo: string, mark: number, value: Buffer): Buffer {
  if (!readsAttachments(dubbo)) return Buffer.concat([hessianInt(mark), value]);
  const attachments = hessianMap({ dubbo: PROTOCOL_VERSION });
  return Buffer.concat([hessianInt(mark + WITH_ATTACHMENTS), value, attachments]);
}

/** As `Version.isSupportResponseAttachment`: versions of the library, and those of dubbox, are none of the protocol. */
export function readsAttachments(dubbo: string): boolean {
  const parts = /^(\d{1,4})((?:\.\d{1,4}){0,3})/.exec(dubbo.trim());
  if (!parts) return false;
  const [major = 0, minor = 0, patch = 0, more = 0] = parts[0].split(".").map(Number);
  const version = major * 1_000_000 + minor * 10_000 + patch * 100 + more;
  if (version >= 2_001_000 && version <= 2_060_200) return false;
  if (version >= 2_080_000 && version < 2_090_000) return false;
  return version >= FIRST_WITH_ATTACHMENTS;
}
