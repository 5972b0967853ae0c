// signalbox/testing: what the tests of an application use beside its box. Plain functions, for any runner.
export {
  assertDead,
  assertNoPending,
  assertReached,
  type DeliveredExpectation,
  type PendingExpectation,
} from './testing/assert-deliveries.ts';
export { type CrashPoint, type CrashReport } from './testing/crashes/report.ts';
export type { CrashKind } from './testing/crashes/life.ts';
export { type LifeOpening, simulateCrashes, type SimulateCrashesOptions } from './testing/crashes/simulate.ts';
export { assertIdempotent, type IdempotentOptions } from './testing/assert-idempotent.ts';
export { deliver, type DeliverOptions, type DeliverResult } from './testing/deliver.ts';
export type { Like } from './testing/matching.ts';
export type { MethodOf, ReceivedBy } from './testing/receiver-of.ts';
export { captured, type CapturedEmission, type CapturedEmissions } from './testing/captured.ts';
export { assertEmitted, type EmittedExpectation } from './testing/assert-emitted.ts';
export { createTestDatabase, type TestDatabaseOptions } from './testing/database/create-test-database.ts';
export type { Owned } from './testing/database/clients.ts';
export type { Leak } from './testing/database/leaks.ts';
export type { TestDatabase } from './testing/database/open-database.ts';
export { idle, type IdleOptions } from './testing/idle.ts';
export { AnswerLost, type AnyRecorder, type Recorded, recorder, type Recorder, type RecorderOptions } from './testing/recorder.ts';
export { travel } from './testing/travel.ts';
export { withMode } from './testing/with-mode.ts';
export type { Testing } from './dispatch/testing-mode.ts';
