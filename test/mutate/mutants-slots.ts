// Mutants of what a worker holds ahead of its free slots.
import { type Mutant, mutantsOf } from './mutant.ts';

const slots = mutantsOf({ file: 'src/worker/claiming/slots.ts', tests: ['test/worker/claiming/slots.test.ts'] }, [
  { name: 'slots: no more than its slots', find: ' && this.#busy < concurrency', replace: '' },
  {
    name: 'slots: nothing after the lease',
    find: '      if (!owns(this.#waiting[this.#first]!.delivery.workerId)) return;\n',
    replace: '',
  },
  {
    name: 'slots: only what was lost is dropped',
    find: 'filter(({ delivery }) => delivery.workerId !== workerId)',
    replace: 'filter(() => false)',
  },
  {
    name: 'slots: what was lost is dropped',
    find: 'filter(({ delivery }) => delivery.workerId !== workerId)',
    replace: 'filter(() => true)',
  },
  { name: 'slots: nothing beside what must be alone', find: '    if (this.#occupied) return 0;\n', replace: '' },
  { name: 'slots: what must be alone occupies the worker', find: '    this.#occupied ||= alone;\n', replace: '' },
  { name: 'slots: until it is over', find: '      if (alone) this.#occupied = false;\n', replace: '' },
  { name: 'slots: a slot is freed once', find: '      if (isFree) return;\n', replace: '' },
  { name: 'slots: what waits for its write is bounded', find: ' && runner.running - this.#called < MOST_UNWRITTEN', replace: '' },
  {
    name: 'slots: a write makes way for the next',
    find: '      this.fill();\n      this.#tellRoom();\n    };\n    const options',
    replace: '      this.#tellRoom();\n    };\n    const options',
  },
  { name: 'slots: patience', find: ' || now - this.#waiting[this.#first]!.since < PATIENCE_MS', replace: '' },
  { name: 'slots: holds what waits', find: '      this.#waiting.slice(this.#first).some(isIt) ||\n', replace: '' },
  { name: 'slots: holds what is held back', find: 'this.#heldBack.some((delivery) => isSameClaim(delivery, claim))', replace: 'false' },
  { name: 'slots: no claim while enough waits', find: 'this.waiting > this.#few ? 0 : ', replace: '' },
]);

const loop = mutantsOf({ file: 'src/worker/claiming/claim-loop.ts', tests: ['test/worker/claiming/prefetch.test.ts'] }, [
  {
    name: 'claim loop: gives back what waits for too long',
    find: "    await within(answerMs, 'a release', claims.giveBack(slots.giveBack(performance.now())));\n",
    replace: '',
  },
]);

const worker = mutantsOf({ file: 'src/worker/active-worker.ts', tests: ['test/worker/claiming/prefetch.test.ts'] }, [
  {
    name: 'worker: a stop gives back what was not started',
    find: 'const givenBack = this.#giveBack();',
    replace: 'const givenBack = undefined;',
  },
]);

const horizon = mutantsOf({ file: 'src/worker/claiming/scan-window.ts', tests: ['test/worker/claiming/scan-window.test.ts'] }, [
  {
    name: 'horizon: never back',
    find: 'Math.max(this.#reached.get(receiverId) ?? -Infinity, runAt - PRECISION_S)',
    replace: 'runAt - PRECISION_S',
  },
  { name: 'horizon: what a float loses', find: ' - PRECISION_S', replace: '' },
  { name: 'horizon: only looks from the beginning count', find: 'if (lookedBack) this', replace: 'this' },
  { name: 'horizon: a cheap look is repeated', find: 'tookMs < CHEAP_MS ? 0 : ', replace: '' },
]);

const since = mutantsOf(
  { file: 'src/store/deliveries/claim.sql.ts', within: 'claim', tests: ['test/store/deliveries/old-snapshot.test.ts'] },
  [{ name: 'claim: from where the last one had come', find: 'd.run_at >= to_timestamp(r.since) and ', replace: '' }],
);

export const slotsMutants: readonly Mutant[] = [...slots, ...loop, ...worker, ...horizon, ...since];
