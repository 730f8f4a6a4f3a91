/** The machine's monotonic clock, in ms with fractions: the same in every process, so their times can be subtracted. */
export const now = (): number => {
  const [seconds, nanos] = process.hrtime();
  return seconds * 1e3 + nanos / 1e6;
};
