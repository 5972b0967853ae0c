// Mutants of the notice that a worker is stopping, and of its effect on the other workers.
import { type Mutant, mutantsOf } from './mutant.ts';

const tests = ['test/liveness/stopping.test.ts'];

const renewing = mutantsOf(
  { file: 'src/store/workers/workers.sql.ts', within: 'renewLease', tests: ['test/store/workers/workers.test.ts'] },
  [
    { name: 'stopping: a renewal says so', find: 'case when $4::text::boolean then', replace: 'case when $4::text is null then' },
    {
      name: 'stopping: only a renewal that says so',
      find: 'case when $4::text::boolean then',
      replace: 'case when $4::text is not null then',
    },
    { name: 'stopping: for good', find: 'else stopping_at end', replace: 'else null end' },
    { name: 'stopping: since the first time', find: 'coalesce(stopping_at, statement_timestamp())', replace: 'statement_timestamp()' },
  ],
);

const rescuing = mutantsOf({ file: 'src/store/workers/workers.sql.ts', within: 'rescue', tests: ['test/store/workers/crashes.test.ts'] }, [
  { name: 'stopping: its end is no crash', find: 'case when f.charged then 1 else 0 end', replace: '1' },
  {
    name: 'stopping: its end is no crash, in a process',
    find: 'w.stopping_at is null as charged',
    replace: 'true as charged',
    tests: ['test/crash/stopped.system.test.ts'],
  },
  { name: 'stopping: no delivery ends dead', find: 'w.stopping_at is null and load', replace: 'load' },
]);

const saying = [
  ...mutantsOf({ file: 'src/liveness/lease.ts', tests: ['test/liveness/lease.test.ts'] }, [
    {
      name: 'stopping: said at once',
      find: '    this.#isStopping = true;\n    this.#renewNow();\n',
      replace: '    this.#isStopping = true;\n',
    },
    { name: 'stopping: said after the renewal under way', find: 'wasStopping === this.#isStopping ? waitMs : 0', replace: 'waitMs' },
    { name: 'stopping: said by each renewal that follows', find: ', isStopping: this.#isStopping', replace: '' },
  ]),
  ...mutantsOf({ file: 'src/worker/active-worker.ts', tests }, [
    { name: 'stopping: said by a worker that was started', find: '    this.#lease.stopping();\n', replace: '' },
  ]),
  ...mutantsOf({ file: 'src/worker/worker.ts', tests }, [
    { name: 'stopping: said by a tick', find: '    for (const worker of this.#temporary) worker.stopping();\n', replace: '' },
    { name: 'stopping: said by a tick that has only begun', find: "      if (this.#phase !== 'new') worker.stopping();\n", replace: '' },
  ]),
];

export const stoppingMutants: readonly Mutant[] = [...renewing, ...rescuing, ...saying];
