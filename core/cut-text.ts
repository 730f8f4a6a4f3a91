/** Text that must fit into a number of bytes. */

/**
 * The longest beginning of `text` that takes at most `max` bytes of UTF-8; never a part of a character.
 * @param mark stands at the end where something was cut off, within `max`
 */
export function cutToBytes(text: string, max: number, mark = ""): string {
  // No UTF-16 code unit takes more than 3 bytes.
  if (text.length * 3 <= max) return text;
  const bytes = Buffer.from(text);
  if (bytes.length <= max) return text;
  let end = Math.max(0, max - Buffer.byteLength(mark));
  while (end > 0 && ((bytes[end] as number) & 0xc0) === 0x80) end -= 1;
  return bytes.toString("utf8", 0, end) + mark;
}
