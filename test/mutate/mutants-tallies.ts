// Mutants of what is counted, written, folded and read.
import { type Mutant, mutantsOf } from './mutant.ts';

const sql = 'src/store/tallies/tallies.sql.ts';
const statements = ['test/store/tallies/tallies.test.ts'];
const reads = ['test/operate/tallies.test.ts'];

const writing = [
  ...mutantsOf({ file: sql, within: 'writeTallies', tests: statements }, [
    { name: 'tallies: a write that was overtaken changes nothing', find: '  where t.n < excluded.n\n', replace: '' },
    { name: 'tallies: a write is all of its minute, not more of it', find: 'set n = excluded.n,', replace: 'set n = t.n + excluded.n,' },
  ]),
  ...mutantsOf({ file: sql, within: 'writeEmissionTallies', tests: statements }, [
    { name: 'tallies: a write of emits that was overtaken', find: '  where t.n < excluded.n\n', replace: '' },
    { name: 'tallies: emits are all of their minute', find: 'set n = excluded.n', replace: 'set n = t.n + excluded.n' },
  ]),
  ...mutantsOf({ file: sql, within: 'foldTallies', tests: statements }, [
    {
      name: 'fold: only what is old',
      find: "t.minute < ${spanOf(`(statement_timestamp() - ${ms('$2')})`)}",
      replace: '$2::text is not null',
    },
    {
      name: 'fold: whole spans',
      find: "t.minute < ${spanOf(`(statement_timestamp() - ${ms('$2')})`)}",
      replace: "t.minute < statement_timestamp() - ${ms('$2')}",
    },
    { name: 'fold: what is folded is not taken again', find: ' and ($1::int <> 60 or t.worker_id <> 0)', replace: '' },
    { name: 'fold: passes over what another has', find: '  for update skip locked\n', replace: '' },
    { name: 'fold: adds to what is there', find: 'set n = t.n + excluded.n', replace: 'set n = excluded.n' },
    { name: 'fold: adds buckets', find: "buckets = ${sumOf('t.buckets', 'excluded.buckets')}", replace: 'buckets = excluded.buckets' },
  ]),
  ...mutantsOf({ file: sql, within: 'foldEmissionTallies', tests: statements }, [
    {
      name: 'fold: emits: only what is old',
      find: "t.minute < ${spanOf(`(statement_timestamp() - ${ms('$2')})`)}",
      replace: '$2::text is not null',
    },
  ]),
  ...mutantsOf({ file: sql, within: 'forgetTallies', tests: statements }, [
    { name: 'forget: hours alone', find: 'where t.seconds = 3600 and t.minute', replace: 'where t.minute', count: 2 },
    {
      name: 'forget: by age',
      find: "  where t.seconds = 3600 and t.minute < statement_timestamp() - ${ms('$1')}\n  order by t.minute limit $2::int for update skip locked\n), old_emission",
      replace: '  where t.seconds = 3600 and $1::float8 > 0\n  order by t.minute limit $2::int for update skip locked\n), old_emission',
    },
  ]),
  ...mutantsOf({ file: 'src/store/tallies/gauges.sql.ts', within: 'sampleGauges', tests: ['test/store/tallies/gauges.test.ts'] }, [
    { name: 'gauges: due are ready', find: "count(*) filter (where q.state = 'ready')::int as due", replace: 'count(*)::int as due' },
    { name: 'gauges: the oldest is one that waits', find: " filter (where q.state = 'ready') as oldest", replace: ' as oldest' },
    { name: 'gauges: dead alone', find: "where u.state = 'dead' ", replace: '' },
    { name: 'gauges: all names of a receiver', find: "  group by ${rootId('r')}\n", replace: "  group by ${rootId('r')}, r.id\n" },
    { name: 'gauges: a new sample replaces the old one', find: 'set due = excluded.due,', replace: 'set' },
  ]),
  ...mutantsOf({ file: 'src/maintenance/own-tasks.ts', tests: ['test/maintenance/own-tasks.test.ts'] }, [
    { name: 'tasks: the names of all our own', find: ', GAUGES, TALLIES, DEDUPE]', replace: ', DEDUPE]' },
  ]),
  ...mutantsOf({ file: 'src/maintenance/tasks/tallies.ts', tests: ['test/maintenance/tallies.test.ts'] }, [
    { name: 'tallies: one of a cluster samples', find: 'if (await isTurn(parts, GAUGES, SAMPLE_EVERY_MS)) await', replace: 'await' },
    { name: 'tallies: one of a cluster folds', find: '  if (!(await isTurn(parts, TALLIES, FOLD_EVERY_MS))) return;\n', replace: '' },
    { name: 'tallies: folds until nothing is left', find: ' === FOLD_BATCH);\n  while', replace: ' < 0);\n  while' },
    { name: 'tallies: ends when its worker does', find: '    while (!abortSignal.aborted && ', replace: '    while (' },
  ]),
];

const reading = [
  ...mutantsOf({ file: 'src/store/tallies/reading.sql.ts', tests: reads }, [
    { name: 'read: of one receiver', within: 'readRuns', find: '$4::text is null or', replace: 'true or' },
    { name: 'read: receivers apart', within: 'readRuns', find: 'then t.receiver_id else 0 end', replace: 'then 0 else 0 end' },
    { name: 'read: what an emit was caused by', within: 'readEmits', find: 'r.id = s.caused_by_receiver', replace: 'r.id = 0' },
    { name: 'read: rows of workers', within: 'readWorkers', find: ' and t.worker_id <> 0', replace: ' and t.worker_id = 0' },
    {
      name: 'read: gauges of the roots',
      within: 'readGauges',
      find: 'r.id = g.receiver_id',
      replace: 'r.id <> g.receiver_id',
      tests: ['test/store/tallies/gauges.test.ts'],
    },
  ]),
  ...mutantsOf({ file: 'src/operate/tallies.ts', tests: reads }, [
    { name: 'read: steps of hours where minutes are folded', find: 'fromMs < now - FOLDED_MS ? HOUR_MS : MINUTE_MS', replace: 'MINUTE_MS' },
    { name: 'read: a span that ends before it begins', find: '  if (fromMs >= endMs)', replace: '  if (false)' },
  ]),
];

const health = ['test/operate/health-handler.test.ts'];

const probes = [
  ...mutantsOf({ file: 'src/operate/health-handler.ts', tests: health }, [
    {
      name: 'probes: alive whatever the database does',
      find: "        return text(200, 'alive');",
      replace: '        return readiness(health);',
    },
    { name: 'probes: not ready without the database', find: 'status: ok ? 200 : 503', replace: 'status: 200' },
    { name: 'probes: no text of an error', find: 'return code ?? name;', replace: 'return errorReport(error).message;' },
    { name: 'probes: only questions', find: "request.method !== 'GET' && request.method !== 'HEAD'", replace: 'false' },
  ]),
  ...mutantsOf({ file: 'src/prometheus/metrics.ts', tests: ['test/prometheus/metrics.test.ts'] }, [
    {
      name: 'metrics: seconds',
      find: 'event.lagMs / 1_000',
      replace: 'event.lagMs',
      equivalent: 'only its count is asserted: how long a delivery waits is not known to a test',
    },
    {
      name: 'metrics: the undo removes them',
      find: '    for (const name of Object.keys(METRICS)) register.removeSingleMetric(name);\n',
      replace: '',
    },
    {
      name: 'metrics: nothing of a database that is away',
      find: ' && labelNames.length === 0) this.remove();',
      replace: ' && false) this.remove();',
    },
  ]),
  ...mutantsOf({ file: 'src/prometheus/reading.ts', tests: ['test/prometheus/metrics.test.ts'] }, [
    {
      name: 'metrics: a scrape outlives the database',
      find: '  } catch {\n    return { signalbox_database_up: alone(0) };\n',
      replace: '  } catch (error) {\n    throw error;\n',
    },
    { name: 'metrics: orphaned after a day', find: '< now - DAY_MS ? 1 : 0', replace: '< now - 365 * DAY_MS ? 1 : 0' },
    { name: 'metrics: the oldest in seconds', find: 'Math.max(0, now - oldestDue.getTime()) / 1_000', replace: '0' },
  ]),
];

const counting = [
  ...mutantsOf({ file: 'src/tallies/counters.ts', tests: ['test/tallies/counters.test.ts'] }, [
    { name: 'count: nothing is written twice', find: 'counter.n > counter.written ?', replace: 'counter.n > 0 ?' },
    { name: 'count: emits are not written twice', find: 'each.n > each.written ?', replace: 'each.n > 0 ?' },
    {
      name: 'count: what comes while it is written',
      find: '(counters[index]!.counter.written = n)',
      replace: '(counters[index]!.counter.written = counters[index]!.counter.n)',
    },
    { name: 'count: a minute stays until it is written', find: ' && !isWritten(minute)', replace: ' && false' },
    { name: 'count: a minute that cannot be written is dropped', find: 'minute.seconds > current - KEPT_MINUTES * 60 && ', replace: '' },
    {
      name: 'count: no more minutes than that',
      find: '    if (this.#minutes.length > KEPT_MINUTES) this.#minutes.shift();\n',
      replace: '',
    },
    { name: 'count: a clock that is set back', find: 'last.seconds >= seconds', replace: 'last.seconds === seconds' },
  ]),
  ...mutantsOf({ file: 'src/transaction/scope.ts', tests: reads }, [
    {
      name: 'count: emits of savepoints that are kept',
      find: '    if (child.emitted) (this.emitted ??= []).push(...child.emitted);\n',
      replace: '',
    },
  ]),
  ...mutantsOf({ file: 'src/dispatch/reliable.ts', tests: [...reads, 'test/dispatch/caused.test.ts'] }, [
    {
      name: 'cause: of the same tables',
      find: '  if (call?.store !== store) return undefined;\n',
      replace: '  if (!call) return undefined;\n',
      tests: ['test/dispatch/caused.test.ts'],
    },
    {
      name: 'cause: of a batch no single emission',
      find: 'call.deliveries.length === 1 ? first.emissionId : null',
      replace: 'first.emissionId',
      tests: ['test/dispatch/caused.test.ts'],
    },
  ]),
  ...mutantsOf({ file: 'src/store/emissions/emissions.sql.ts', tests: reads }, [
    {
      name: 'cause: is stored',
      within: 'appendCaused',
      find: "values: ', $11::text::uuid, $12::int'",
      replace: "values: ', null, null'",
      tests: ['test/dispatch/caused.test.ts'],
    },
    {
      name: 'append: a plain emit has no cause',
      within: 'append',
      find: "columns: ''",
      replace: "columns: ', nothing'",
      tests: ['test/store/emissions/append.test.ts'],
    },
  ]),
  ...mutantsOf({ file: 'src/store/operations/details.sql.ts', within: 'causedEmissions', tests: ['test/dispatch/caused.test.ts'] }, [
    { name: 'causes: of these emissions', find: 'where e.caused_by = any($1::text::uuid[])', replace: 'where $1::text is not null' },
  ]),
  ...mutantsOf({ file: 'src/operate/causes.ts', tests: ['test/dispatch/caused.test.ts'] }, [
    { name: 'causes: no deeper than that', find: 'const DEEPEST = 10;', replace: 'const DEEPEST = 30;' },
    { name: 'causes: tells of what is deeper', find: 'more: rows.length > 0 };', replace: 'more: false };' },
    { name: 'causes: tells of what is wider', find: '    if (rows.length > left) return { emissions, more: true };\n', replace: '' },
  ]),
  ...mutantsOf({ file: 'src/tallies/tallies.ts', tests: ['test/tallies/tallies.test.ts'] }, [
    {
      name: 'count: nothing that is folded by now',
      find: '    this.#counters.dropOld(this.#now());\n    try {',
      replace: '    try {',
    },
  ]),
  ...mutantsOf({ file: 'src/signalbox.ts', tests: reads }, [
    { name: 'count: a box that is closed writes', find: '  if (tallies) lifetime.beforeClosed(() => tallies.flush());\n', replace: '' },
    { name: 'count: only if asked', find: 'isOn: settings.tallies && testing === undefined', replace: 'isOn: true' },
  ]),
];

export const tallyMutants: readonly Mutant[] = [...writing, ...reading, ...probes, ...counting];
