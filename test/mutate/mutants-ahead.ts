// Mutants of a drain with `ahead`: its passing time, and the deliveries that it sets aside.
import { type Mutant, mutantsOf } from './mutant.ts';

const time = mutantsOf({ file: 'src/worker/virtual-time.ts', tests: ['test/worker/virtual-time.test.ts'] }, [
  { name: 'ahead: not beyond the end', find: '    if (dueMs > this.#endMs) return false;\n', replace: '' },
  { name: 'ahead: up to the end', find: 'dueMs > this.#endMs', replace: 'dueMs >= this.#endMs' },
  { name: 'ahead: a returned delivery has its own time', find: 'this.#due.get(delivery.id) ?? ', replace: '' },
  { name: 'ahead: a time that was given is kept', find: '    this.#due.set(delivery.id, dueMs);\n', replace: '' },
  { name: 'ahead: a delay is time that passes', find: 'dueMs + delayMs', replace: 'dueMs' },
  { name: 'ahead: a run moves the time forward', find: '    this.#nowMs = Math.max(this.#nowMs, dueMs);\n', replace: '' },
  { name: 'ahead: the time never goes back', find: 'Math.max(this.#nowMs, dueMs)', replace: 'dueMs' },
  {
    name: 'ahead: an ended delivery is forgotten',
    find: 'if (delayMs === undefined) this.#due.delete(id);',
    replace: 'if (delayMs === undefined) return;',
  },
  { name: 'ahead: a later emission counts from the latest run', find: 'emittedMs > this.#startMs ?', replace: 'Number.isNaN(1) ?' },
  {
    name: 'ahead: not an emission of the moment of the start',
    find: 'emittedMs > this.#startMs',
    replace: 'emittedMs >= this.#startMs',
    equivalent: 'Its time is the same either way: nothing can have run in the millisecond in which the drain began.',
  },
  { name: 'ahead: a head start is none', find: 'Math.max(0, runAtMs - emittedMs)', replace: '(runAtMs - emittedMs)' },
  { name: 'ahead: a waiting delivery is due at the start', find: 'Math.max(runAtMs, this.#startMs)', replace: 'runAtMs' },
]);

const drain = mutantsOf({ file: 'src/worker/drain.ts', tests: ['test/worker/ahead.test.ts'] }, [
  { name: 'ahead: outcomes tell the delay', find: '    time?.ran(id, result.delayMs);\n', replace: '' },
  { name: 'ahead: a delivery beyond the end is released', find: '    await worker.claims.release(early);\n', replace: '' },
  {
    name: 'ahead: a delivery beyond the end is held until then',
    find: '    if (!isDue) early.push({ id: delivery.id, epoch: delivery.epoch, workerId: delivery.workerId });\n',
    replace: '',
  },
]);

const delay = mutantsOf({ file: 'src/worker/running/run-result.ts', tests: ['test/worker/ahead.test.ts'] }, [
  {
    name: 'ahead: a result has its delay',
    find: "'delayMs' in settlement ? settlement.delayMs : undefined",
    replace: 'undefined',
  },
]);

export const aheadMutants: readonly Mutant[] = [...time, ...drain, ...delay];
