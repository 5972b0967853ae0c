// signalbox/testing/jest: the matchers, for `expect.extend(matchers)` in a setup file of Jest, and their types for its global `expect`.
import type { SignalboxMatchers } from './matchers/interface.ts';

export { type Matched, matchers } from './matchers/matchers.ts';
export type { SignalboxMatchers };

declare global {
  namespace jest {
    // oxlint-disable-next-line typescript/no-empty-object-type -- as Jest declares it
    interface Matchers<R> extends SignalboxMatchers<R> {}
  }
}
