// Preloaded into a node (NODE_OPTIONS=--import, threads included): its machine's clock is off by E2E_CLOCK_SHIFT ms.
const shift = Number(process.env.E2E_CLOCK_SHIFT ?? 0);
const RealDate = Date;

globalThis.Date = class ShiftedDate extends RealDate {
  constructor(...args) {
    if (args.length === 0) super(RealDate.now() + shift);
    else super(...args);
  }

  static now() {
    return RealDate.now() + shift;
  }
};
Object.defineProperty(performance, "timeOrigin", { value: performance.timeOrigin + shift });
