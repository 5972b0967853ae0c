// signalbox/testing/vitest: the matchers, for `expect.extend(matchers)` in a setup file of Vitest, and their types.
/// <reference types="vitest" preserve="true" />
import type { SignalboxMatchers } from './matchers/interface.ts';

export { type Matched, matchers } from './matchers/matchers.ts';
export type { SignalboxMatchers };

declare module 'vitest' {
  // oxlint-disable-next-line typescript/no-explicit-any, typescript/no-empty-object-type -- as Vitest declares it
  interface Matchers<T = any> extends SignalboxMatchers<T> {}
}
