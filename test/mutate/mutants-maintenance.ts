// Mutants of maintenance: the times of a task, and the effect of its failure on others.
import { type Mutant, mutantsOf } from './mutant.ts';

const tests = ['test/maintenance/maintenance.test.ts'];

export const maintenanceMutants: readonly Mutant[] = [
  ...mutantsOf({ file: 'src/maintenance/maintenance.ts', tests }, [
    {
      name: 'maintenance: nothing is begun after the end',
      find: '    await sleep(waitMs, abortSignal, { keepsAlive: false });\n    if (abortSignal.aborted) return;\n',
      replace: '    await sleep(waitMs, abortSignal, { keepsAlive: false });\n',
      hangs: 'a task that is repeated at once, for ever',
    },
    {
      name: 'maintenance: an error after the abort is no failure',
      find: '      // It was told to end.\n      if (abortSignal.aborted) return;\n',
      replace: '',
    },
    { name: 'maintenance: an outage is no failure', find: 'if (isOutage(error)) {', replace: 'if (false as boolean) {' },
    {
      name: 'maintenance: an outage is waited out for a minute at most',
      find: 'varied(Math.min(everyMs, FIRST_AFTER_MS), Math.random());\n        continue;',
      replace: 'varied(everyMs, Math.random());\n        continue;',
    },
    { name: 'maintenance: a failure waits longer than the one before', find: '      failures++;\n', replace: '      failures = 1;\n' },
    { name: 'maintenance: a success ends a row of failures', find: '      failures = 0;\n', replace: '' },
    {
      name: 'maintenance: a failure does not wait for its period',
      find: 'varied(backOffMs(failures), Math.random())',
      replace: 'varied(everyMs, Math.random())',
    },
    {
      name: 'maintenance: the back-off has an end',
      find: 'Math.min(LONGEST_BACK_OFF_MS, FIRST_BACK_OFF_MS * 2 ** (failures - 1))',
      replace: 'FIRST_BACK_OFF_MS * 2 ** (failures - 1)',
    },
    { name: 'maintenance: first runs are spread', find: 'leastMs + random * (everyMs - leastMs)', replace: 'everyMs' },
    {
      name: 'maintenance: not in the first minute',
      find: 'const leastMs = Math.min(everyMs, FIRST_AFTER_MS);',
      replace: 'const leastMs = 0;',
    },
    { name: 'maintenance: workers drift apart', find: 'Math.round(ms * (1 - JITTER * random))', replace: 'ms' },
    { name: 'maintenance: the end leaves no timer', file: 'src/liveness/sleep.ts', find: '      clearTimeout(timer);\n', replace: '' },
    {
      name: 'maintenance: the end interrupts the wait',
      file: 'src/liveness/sleep.ts',
      find: "    abortSignal?.addEventListener('abort', done);\n",
      replace: '',
      hangs: 'a stop that waits for a clock which stands still',
    },
  ]),
  ...mutantsOf({ file: 'src/maintenance/tasks/refresh-catalogue.ts', tests: ['test/maintenance/refresh-catalogue.test.ts'] }, [
    { name: 'catalogue: a worker of months announces again', find: 'run: () => catalogue.refresh()', replace: 'run: () => {}' },
  ]),
];
