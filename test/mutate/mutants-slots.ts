// Mutants of the deliveries that a worker claims ahead of its free slots.
import { type Mutant, mutantsOf } from './mutant.ts';

const slots = mutantsOf({ file: 'src/worker/claiming/slots.ts', tests: ['test/worker/claiming/slots.test.ts'] }, [
  { name: 'slots: no more than its slots', find: ' && this.#busy < concurrency', replace: '' },
  {
    name: 'slots: nothing after the lease',
    find: '      if (!lease.owns(delivery.workerId)) return;\n',
    replace: '',
  },
  {
    name: 'slots: only lost deliveries are dropped',
    find: 'filter(({ delivery }) => delivery.workerId !== workerId)',
    replace: 'filter(() => false)',
  },
  {
    name: 'slots: lost deliveries are dropped',
    find: 'filter(({ delivery }) => delivery.workerId !== workerId)',
    replace: 'filter(() => true)',
  },
  { name: 'slots: nothing beside a suspect', find: '    if (this.#hasSuspect) return 0;\n', replace: '' },
  { name: 'slots: a suspect has the worker for itself', find: '    this.#hasSuspect ||= isSuspect;\n', replace: '' },
  { name: 'slots: until it is over', find: '      if (isSuspect) this.#hasSuspect = false;\n', replace: '' },
  { name: 'slots: a slot is freed once', find: '      if (isFree) return;\n', replace: '' },
  {
    name: 'slots: the number of outcomes that wait for their write is bounded',
    find: ' && runner.running - this.#called < MOST_UNWRITTEN',
    replace: '',
  },
  {
    name: 'slots: a write makes way for the next',
    find: '      this.fill();\n      this.#reportCapacity();\n    };\n    const options',
    replace: '      this.#reportCapacity();\n    };\n    const options',
  },
  { name: 'slots: patience', find: ' || now - this.#waiting[this.#first]!.since < PATIENCE_MS', replace: '' },
  { name: 'slots: waiting deliveries are held', find: '      this.#waiting.slice(this.#first).some(isIt) ||\n', replace: '' },
  {
    name: 'slots: held-back deliveries are held',
    find: 'this.#heldBack.some((delivery) => isSameClaim(delivery, claim))',
    replace: 'false',
  },
  { name: 'slots: no claim while enough waits', find: 'this.waiting > this.#lowWater ? 0 : ', replace: '' },
]);

const loop = mutantsOf({ file: 'src/worker/claiming/claim-loop.ts', tests: ['test/worker/claiming/prefetch.test.ts'] }, [
  {
    name: 'claim loop: releases deliveries that have waited for too long',
    find: "    await within(answerMs, 'a release', claims.release(slots.takeReleasable(performance.now())));\n",
    replace: '',
  },
]);

const wakeup = mutantsOf({ file: 'src/worker/claiming/claim-wakeup.ts', tests: ['test/worker/claiming/claim-loop.test.ts'] }, [
  { name: 'claim loop: claims when work may be due', find: '    this.mayBeDue = true;\n', replace: '' },
]);

const worker = mutantsOf({ file: 'src/worker/active-worker.ts', tests: ['test/worker/claiming/prefetch.test.ts'] }, [
  {
    name: 'worker: a stop releases deliveries that were not started',
    find: 'const released = this.#releaseWaiting();',
    replace: 'const released = undefined;',
  },
]);

const scanWindow = mutantsOf({ file: 'src/worker/claiming/scan-window.ts', tests: ['test/worker/claiming/scan-window.test.ts'] }, [
  {
    name: 'scan window: never back',
    find: 'Math.max(this.#startOf.get(receiverId) ?? -Infinity, runAt - PRECISION_S)',
    replace: 'runAt - PRECISION_S',
  },
  { name: 'scan window: the rounding of a float', find: ' - PRECISION_S', replace: '' },
  { name: 'scan window: only full scans count', find: 'if (all) this', replace: 'this' },
  { name: 'scan window: a cheap full scan is repeated', find: 'tookMs < CHEAP_MS ? 0 : ', replace: '' },
]);

const since = mutantsOf(
  { file: 'src/store/deliveries/claim.sql.ts', within: 'claim', tests: ['test/store/deliveries/old-snapshot.test.ts'] },
  [{ name: 'claim: from the end of the last scan', find: 'd.run_at >= to_timestamp(r.since) and ', replace: '' }],
);

export const slotsMutants: readonly Mutant[] = [...slots, ...loop, ...wakeup, ...worker, ...scanWindow, ...since];
