// Decides which async context (AsyncLocalStorage) of the application a piece of its code sees. The code that a box runs
// by itself (loops, timers, receivers, listeners) outlives the request that happened to start it and may serve any
// tenant, so it sees no context of the application. docs/design/async-context.md says which code sees which context.
//
// Node offers no context that is empty by rule, so the context in which this module was loaded takes that place. If the
// module is loaded in the middle of a request, this is the context of that request: load the box when the process
// starts.
import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';

const KEPT = { requireManualDestroy: true };
const root = new AsyncResource('Signalbox', KEPT);

/** Whether code that runs in a context can change that context for the next call, as it can before Node 24. */
const isLasting = (() => {
  const [storage, probe] = [new AsyncLocalStorage<true>(), new AsyncResource('Signalbox', KEPT)];
  probe.runInAsyncScope(() => storage.enterWith(true));
  return probe.runInAsyncScope(() => storage.getStore() === true);
})();

/**
 * Runs `work` in a context of its own: a store that `work` enters with `enterWith` ends with it, and would otherwise
 * stay in the context of the caller.
 */
export const apart = <T>(work: () => T): T => new AsyncResource('Signalbox', KEPT).runInAsyncScope(work);

/** Runs `work` in no context of the application's. */
export const neutrally = <T>(work: () => T): T =>
  (isLasting ? root.runInAsyncScope(apart, undefined, work) : root.runInAsyncScope(work)) as T;

/** Captures the current context, for one later call: a store that is entered in it stays there. */
export function contextOfNow(): <T>(work: () => T) => T {
  const context = new AsyncResource('Signalbox', KEPT);
  return (work) => context.runInAsyncScope(work);
}
