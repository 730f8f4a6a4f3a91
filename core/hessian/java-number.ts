/** Java's numbers as the text that kkbida sent: exact, and in the form of `java.math.BigDecimal`. */
import { HessianList, type HessianObject, type HessianValue } from "./values.ts";

/**
 * A `double` as kkbida sent it: `Double.toString` wrote it to the database, from where it came back as a `BigDecimal`. The
 * shortest digits that give the same double; Java before 19 writes one digit more for a few of them, of the same value.
 * @returns null for NaN and Infinity, which JSON does not have
 */
export function doubleText(value: number): string | null {
  if (!Number.isFinite(value)) return null;
  if (value === 0) return "0.0";
  const size = Math.abs(value);
  const sign = value < 0 ? "-" : "";
  const [mantissa = "", power = "0"] = size.toExponential().split("e");
  const [first = "", rest = "0"] = mantissa.split(".");
  // Java writes 0.001 to 10,000,000 without an exponent, others as d.ddE±n with one decimal at least.
  if (size >= 1e-3 && size < 1e7) return sign + plainText(first + rest, rest.length - Number(power), 1);
  return sign + decimalText(first + rest, rest.length - Number(power));
}

/**
 * `BigDecimal.toString` of `digits` × 10^-`scale`: without an exponent where the scale is not negative and the first digit
 * stands at most six places behind the point.
 */
function decimalText(digits: string, scale: number): string {
  const adjusted = digits.length - 1 - scale;
  if (scale >= 0 && adjusted >= -6) return plainText(digits, scale, 0);
  const rest = digits.length > 1 ? `.${digits.slice(1)}` : "";
  return `${digits[0]}${rest}E${adjusted < 0 ? "-" : "+"}${Math.abs(adjusted)}`;
}

/** @param decimals at least so many behind the point */
function plainText(digits: string, scale: number, decimals: number): string {
  if (scale <= 0) return `${digits}${"0".repeat(-scale)}${decimals > 0 ? ".0" : ""}`;
  const padded = digits.padStart(scale + 1, "0");
  const fraction = padded.slice(-scale);
  const whole = padded.slice(0, -scale);
  // `Double.toString` has no zeros at the end but one that stands alone.
  return `${whole}.${decimals > 0 ? fraction.replace(/0+$/, "").padEnd(decimals, "0") : fraction}`;
}

/** A `BigDecimal`'s own text where JSON takes it for a number; null for what no BigDecimal writes. */
export function bigDecimalText(value: HessianValue): string | null {
  if (typeof value !== "string" || value.length > MAX_DIGITS) return null;
  return /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(value) ? value : null;
}

/** More than that no counterpart has, and each digit costs time that grows. */
const MAX_DIGITS = 20_000;

/** A `BigInteger`'s fields: 32-bit words, the highest first, and a sign. @returns null for what is none */
export function bigIntegerText({ fields }: HessianObject): string | null {
  const [mag, signum] = [fields.get("mag"), fields.get("signum")];
  if (!(mag instanceof HessianList) || mag.items.length > MAX_DIGITS / 10 || typeof signum !== "number")
    return null;
  let hex = "";
  for (const word of mag.items) {
    if (typeof word !== "number") return null;
    hex += (word >>> 0).toString(16).padStart(8, "0");
  }
  const size = hex === "" ? 0n : BigInt(`0x${hex}`);
  return String(signum < 0 ? -size : size);
}
