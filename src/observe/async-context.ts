// Async contexts (AsyncLocalStorage): which of the application's a piece of its code sees. What a box runs for itself, loops
// and timers, receivers, listeners, outlives the request that happened to start it, and may serve any tenant: it sees none.
// docs/design/async-context.md says which code sees which.
//
// Node has no way to a context that is empty by rule, so the one in which this module was loaded stands for it. Where a
// module is loaded in the middle of a request it is that request's: load the box when the process starts.
import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';

const KEPT = { requireManualDestroy: true };
const root = new AsyncResource('Signalbox', KEPT);

/** Whether code that is run in a context can change it for the next, as it can before Node 24. */
const isLasting = (() => {
  const [storage, probe] = [new AsyncLocalStorage<true>(), new AsyncResource('Signalbox', KEPT)];
  probe.runInAsyncScope(() => storage.enterWith(true));
  return probe.runInAsyncScope(() => storage.getStore() === true);
})();

/** Runs `work` in a context of its own: what it enters with `enterWith` ends with it. (Before Node 24 that stays with the caller's.) */
export const apart = <T>(work: () => T): T => new AsyncResource('Signalbox', KEPT).runInAsyncScope(work);

/** Runs `work` in no context of the application's. */
export const neutrally = <T>(work: () => T): T =>
  (isLasting ? root.runInAsyncScope(apart, undefined, work) : root.runInAsyncScope(work)) as T;

/** The context of now, for what runs later. What is entered in it stays in it, so it serves one call. */
export function contextOfNow(): <T>(work: () => T) => T {
  const context = new AsyncResource('Signalbox', KEPT);
  return (work) => context.runInAsyncScope(work);
}
