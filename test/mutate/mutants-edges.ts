// Mutants of the small files at the edges of their rooms: an important one for each.
import { type Mutant, mutantsOf, type Part } from './mutant.ts';

const of = (file: string, tests: string[], ...parts: Part[]): Mutant[] => mutantsOf({ file, tests }, parts);

const store = [
  ...mutantsOf({ file: 'src/store/catalogue/unserved.sql.ts', within: 'waitingDeliveries', tests: ['test/worker/waiting.test.ts'] }, [
    {
      name: 'waiting: only due deliveries',
      find: " and d.run_at <= statement_timestamp() - $2::text::float8 * interval '1 second'",
      replace: ' and $2::text is not null',
    },
    { name: 'waiting: running deliveries do not wait', find: "d.state = 'ready' and ", replace: '' },
    {
      name: 'waiting: receivers of the process are not elsewhere',
      tests: ['test/store/catalogue/unserved.test.ts'],
      find: ' and r.id not in (select own.id from pg_catalog.unnest($1::text::int[]) as own(id))',
      replace: ' and $1::text is not null',
    },
    {
      name: 'waiting: the ids of the process are read once',
      tests: ['test/store/plan.test.ts'],
      find: 'r.id not in (select own.id from pg_catalog.unnest($1::text::int[]) as own(id))',
      replace: 'not r.id = any($1::text::int[])',
      named: 'reads its own ids once',
    },
  ]),
  ...of('src/store/schema/migrate.ts', ['test/cli/verbs/migrate.system.test.ts'], {
    name: 'migrate: one process at a time',
    find: '      await run(migrationLock, []);\n',
    replace: '',
  }),
  ...mutantsOf({ file: 'src/store/schema/migrate.sql.ts', tests: ['test/cli/verbs/migrate.system.test.ts'] }, [
    {
      name: 'migrate: takes the lock',
      within: 'tryMigrationLock',
      find: 'pg_try_advisory_xact_lock(${KEY})',
      replace: 'true',
      named: 'start at once',
    },
    { name: 'migrate: waits for the lock', within: 'migrationLock', find: ' from pg_advisory_xact_lock(${KEY})', replace: '' },
    { name: 'migrate: makes the server say nothing', within: 'hushNotices', find: "'warning'", replace: "'notice'", named: 'say nothing' },
    {
      name: 'migrate: into an empty database',
      within: 'hasTable',
      find: ' is not null as there',
      replace: ' is distinct from 0::regclass as there',
      named: 'start at once',
    },
  ]),
  ...of('src/store/schema/schema-check.ts', ['test/store/schema/schema.test.ts'], {
    name: 'check: columns that are missing',
    find: '.filter((column) => !columns.has(column.name))',
    replace: '.filter(() => false)',
  }),
  ...of('src/store/params.ts', ['test/store/params.test.ts'], {
    name: 'ids: in the order of numbers',
    find: 'a.id.length - b.id.length || ',
    replace: '',
  }),
  ...of('src/store/workers/workers.ts', ['test/store/workers/workers.test.ts', 'test/store/workers/liveness.test.ts'], {
    name: 'workers: a session that has not got the lock has none',
    find: 'row!.locked ? row!.pid : undefined',
    replace: 'row!.pid',
  }),
];

const announcement = of('src/store/catalogue/announcement.ts', ['test/cli/verbs/announce.system.test.ts'], {
  name: 'announcement: receivers of others are elsewhere',
  find: 'else if (row.latest) announcement.elsewhere',
  replace: 'else if (row.latest) announcement.former',
});

const drivers = [
  ...of('src/drivers/hot-statements.ts', ['test/drivers/prepare.test.ts'], {
    name: 'hot: only frequent texts',
    find: 'uses < OFTEN',
    replace: 'false',
  }),
  ...of('src/drivers/detect.ts', ['test/drivers/detect.test.ts'], {
    name: 'detect: unsupported databases are refused',
    find: '  throw new SignalboxError(\n',
    replace: '  return postgresJs(client as never);\n  throw new SignalboxError(\n',
  }),
  ...of('src/drivers/pg-listen.ts', ['test/conformance/node-postgres.test.ts'], {
    name: 'listen: a stopped listener gets nothing',
    find: '    await current?.end();\n',
    replace: '',
  }),
  ...of('src/drivers/pg-session.ts', ['test/drivers/pg-session.test.ts'], {
    name: 'session: a new one when the last was lost',
    find: '      if (current === connected) current = undefined;\n',
    replace: '',
  }),
];

const transaction = [
  ...of('src/transaction/transactional.ts', ['test/transaction/transactional.test.ts'], {
    name: 'transactional: on methods only',
    find: "typeof method !== 'function' || ",
    replace: '',
  }),
];

const dispatch = [
  ...of('src/dispatch/emit-target.ts', ['test/transaction', 'test/dispatch'], {
    name: 'place: a query after the end is refused',
    find: '      tracked.enter();\n',
    replace: '',
  }),
  ...of('src/dispatch/dispatch.ts', ['test/nest'], {
    name: 'dispatch: an emit waits for the receivers that a framework finds',
    find: '    parts.beforeUse();\n',
    replace: '',
  }),
];

const operate = [
  ...of('src/operate/health.ts', ['test/operate'], {
    name: 'health: a worker that fails is not well',
    find: ' && workers.every(({ failing }) => !failing)',
    replace: '',
  }),
  ...of('src/operate/until-settled.ts', ['test/operate'], {
    name: 'settled: of an unknown emission says so',
    find: 'if (live === undefined)',
    replace: 'if (false)',
    hangs: 'It waits for an emission that never comes.',
  }),
];

const upkeep = [
  ...of('src/liveness/rescue.ts', ['test/liveness/crash-budget.test.ts', 'test/liveness/rescue.test.ts'], {
    name: 'rescue: a delivery beyond its crash budget is reported dead',
    find: 'if (dead) {',
    replace: 'if (false) {',
  }),
  ...of('src/liveness/rescue.ts', ['test/liveness/rescue.test.ts'], {
    name: 'rescue: goes on after a full round',
    find: 'if (rescued.length < RESCUE_BATCH) return',
    replace: 'return',
  }),
];

const unserved = mutantsOf({ file: 'src/worker/running/unserved-delivery.ts', tests: ['test/worker/running/disconnected.test.ts'] }, [
  { name: 'unserved: is released with a delay', find: 'workerId, delayMs }', replace: 'workerId, delayMs: 0 }' },
  { name: 'unserved: waits longer each time', find: 'this.#setbacks.failed(undefined, now, random)', replace: '1_000' },
  { name: 'unserved: the row of them ends', find: '    this.#setbacks.succeeded(now);\n', replace: '' },
  { name: 'unserved: is reported only if it was released', find: ' return VOID;\n    const about', replace: ' {}\n    const about' },
  { name: 'unserved: is reported', find: "    events.raise('delivery.released', eventOf(delivery, undefined));\n", replace: '' },
  { name: 'unserved: is warned of once in a row', find: 'if (isFirst) log', replace: 'if (true) log' },
]);

const worker = [
  ...of('src/worker/running/run-result.ts', ['test/worker/immediate.test.ts'], {
    name: 'run result: has the error of the receiver',
    find: '  error,\n',
    replace: '  error: undefined,\n',
  }),
  ...of('src/worker/running/execution.ts', ['test/worker/running/timeout.test.ts', 'test/worker/life.test.ts'], {
    name: 'execution: an aborted run has not failed',
    find: "isSignalboxError(error, 'DeliveryAborted')",
    replace: 'false',
  }),
  ...of('src/worker/waking/listener.ts', ['test/conformance/postgres-js.test.ts'], {
    name: 'listener: ends with its worker',
    find: '    await this.#unlisten?.();\n',
    replace: '',
  }),
  ...of('src/worker/process-signals.ts', ['test/cli/verbs/worker.system.test.ts'], {
    name: 'run: a second signal interrupts',
    find: 'if (isStarted) void worker.stop({ force: true });',
    replace: 'if (isStarted) return;',
    hangs: 'The receiver runs on.',
  }),
  ...of('src/worker/waking/wakeup.ts', ['test/worker/waking/wakeup.test.ts'], {
    name: 'wakeup: a wake-up before the sleep ends it',
    find: '    if (!this.#isWoken) {',
    replace: '    if (this.#isWoken || !this.#isWoken) {',
  }),
  ...of('src/liveness/call-timeout.ts', ['test/worker/claiming/lost-claim.test.ts'], {
    name: 'within: a call without an answer times out',
    find: 'Promise.race([work, late])',
    replace: 'work',
    hangs: 'It waits for ever.',
  }),
];

export const edgeMutants: readonly Mutant[] = [
  ...store,
  ...announcement,
  ...drivers,
  ...transaction,
  ...dispatch,
  ...operate,
  ...upkeep,
  ...unserved,
  ...worker,
];
