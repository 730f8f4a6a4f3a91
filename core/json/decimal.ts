/**
 * A JSON number by its value: significant digits and the power of ten behind them. `-120.0` is `-12e1`, every zero is `0`;
 * 9007199254740993 and …992 differ.
 */
export function decimal(source: string): string {
  const [, minus = "", whole = "", fraction = "", exponent = "0"] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(source) ?? [];
  const digits = `${whole}${fraction}`;
  let [start, end] = [0, digits.length];
  while (digits[start] === "0") start++;
  while (end > start && digits[end - 1] === "0") end--;
  if (start === end) return "0";
  const shift = BigInt(digits.length - end - fraction.length);
  return `${minus}${digits.slice(start, end)}e${BigInt(exponent) + shift}`;
}
