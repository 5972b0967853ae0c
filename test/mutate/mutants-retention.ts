// Mutants of retention: what keeps a prune from taking what must stay, and the keys by which errors are found.
import { type Mutant, mutantsOf } from './mutant.ts';

const keys = mutantsOf({ file: 'src/store/deliveries/settle.sql.ts', tests: ['test/store/deliveries/error-keys.test.ts'] }, [
  {
    name: 'error keys: settle',
    within: 'settle',
    find: 'select h.id, h.emission_id, h.receiver_id,',
    replace: 'select h.id, null::uuid, null::int,',
  },
  {
    name: 'error keys: rescue',
    file: 'src/store/workers/workers.sql.ts',
    within: 'rescue',
    find: 'select id, emission_id, receiver_id, epoch, attempt, $4',
    replace: 'select id, null::uuid, null::int, epoch, attempt, $4',
  },
  ...['cancelDeliveries', 'cancelDead'].map((within) => ({
    name: `error keys: ${within}`,
    file: 'src/store/operations/operations.sql.ts',
    within,
    find: /Dead/.test(within)
      ? 'select id, emission_id, receiver_id, epoch, attempt, $3'
      : 'select id, emission_id, receiver_id, epoch + 1, attempt, $3',
    replace: /Dead/.test(within)
      ? 'select id, null::uuid, null::int, epoch, attempt, $3'
      : 'select id, null::uuid, null::int, epoch + 1, attempt, $3',
  })),
]);

const store = ['test/store/retention/prune.test.ts', 'test/store/retention/races.test.ts', 'test/store/retention/witnesses.test.ts'];
const sql = 'src/store/retention/prune.sql.ts';

const hour = mutantsOf({ file: sql, within: 'HOUR_AGO', tests: store }, [
  { name: 'prune: an hour', find: "interval '1 hour'", replace: "interval '1 minute'" },
]);

const age = mutantsOf({ file: sql, within: 'IS_OLD', tests: store }, [
  { name: 'prune: nothing within an hour of its end', find: 's.finished_at < ${HOUR_AGO} and ', replace: '' },
  {
    name: 'prune: the age of completed',
    find: "when 'completed' then ${ms('$2')}",
    replace: "when 'completed' then ${ms('coalesce($3, $4, $2)')}",
  },
  {
    name: 'prune: the age of cancelled',
    find: "when 'cancelled' then ${ms('$3')}",
    replace: "when 'cancelled' then ${ms('coalesce($2, $4, $3)')}",
  },
  { name: 'prune: the age of dead', find: "when 'dead' then ${ms('$4')}", replace: "when 'dead' then ${ms('coalesce($2, $3, $4)')}" },
]);

const mayGo = mutantsOf({ file: sql, within: 'THAT_MAY_GO', tests: store }, [
  { name: 'prune: no delivery is live', find: 'live.count = 0 and ', replace: '' },
  { name: 'prune: each finished delivery is old', find: 'finished.old = finished.count and ', replace: '' },
  { name: 'prune: nothing within an hour of its emit', find: 'e.emitted_at < ${HOUR_AGO}', replace: 'true' },
  {
    name: 'prune: the age of an emission without deliveries',
    find: "(finished.count > 0 or e.emitted_at < statement_timestamp() - ${ms('$2')})",
    replace: "(finished.count > 0 or true or e.emitted_at < statement_timestamp() - ${ms('$2')})",
  },
]);

const walk = mutantsOf({ file: sql, within: 'WALKED', tests: store }, [
  {
    name: 'prune: a walk goes on',
    find: 'e.id > coalesce($1::text::uuid, ',
    replace: 'e.id > coalesce(nullif($1::text, $1::text)::uuid, ',
  },
  {
    name: 'prune: a walk ends at the time of the least age',
    find: '  order by e.id\n',
    replace: '  or (e.id > $1::text::uuid or $1 is null)\n  order by e.id\n',
  },
]);

const looks = mutantsOf({ file: sql, tests: store }, [
  {
    name: 'prune: all settled rows of an emission are locked, or it stays',
    within: 'holdPrunable',
    find: '  where locked.count = o.count\n',
    replace: '',
  },
  {
    name: 'prune: settled rows are locked',
    within: 'holdPrunable',
    find: 's.emission_id = e.id for update skip locked',
    replace: 's.emission_id = e.id',
  },
  {
    name: 'prune: waits for no settled row',
    within: 'holdPrunable',
    find: 's.emission_id = e.id for update skip locked',
    replace: 's.emission_id = e.id for update',
  },
  {
    name: 'prune: emissions are locked',
    within: 'holdPrunable',
    find: 'e.id = o.id for update skip locked',
    replace: 'e.id = o.id limit 1',
  },
  {
    name: 'prune: waits for no emission',
    within: 'holdPrunable',
    find: 'e.id = o.id for update skip locked',
    replace: 'e.id = o.id for update',
  },
  {
    name: 'prune: a lock that a new delivery cannot pass',
    within: 'holdPrunable',
    find: 'e.id = o.id for update skip locked',
    replace: 'e.id = o.id for no key update skip locked',
  },
  {
    name: 'prune: looks again',
    within: 'pruneHeld',
    find: '  ${THAT_MAY_GO}\n',
    replace:
      '  cross join lateral (select pg_catalog.array_agg(s.ctid) as places from signalbox.settled s where s.emission_id = e.id) finished where coalesce($2, $3, $4, 0::float8) >= 0::float8\n',
  },
  {
    name: 'prune: errors go with their delivery alone',
    within: 'pruneHeld',
    find: 'where x.delivery_id = f.id) x',
    replace: 'where f.id is not null) x',
    equivalent: 'The condition on the id of the delivery excludes the places of others.',
  },
  {
    name: 'prune: counts what would go',
    tests: ['test/operate/prune.test.ts'],
    within: 'countPrunable',
    find: '${THAT_MAY_GO}',
    replace: '${THAT_MAY_GO} or true',
  },
  {
    name: 'prune: all is gone behind the last emission',
    file: 'src/store/retention/retention.ts',
    find: 'isLast: walked < limit };\n    });',
    replace: 'isLast: true };\n    });',
  },
  {
    name: 'prune: a lost worker that holds something stays',
    within: 'forgetLostWorkers',
    find: " and not exists (select from signalbox.delivery d where d.worker_id = w.id and d.state = 'running')",
    replace: '',
  },
  {
    name: 'prune: a worker that waits for nothing holds nothing',
    within: 'forgetLostWorkers',
    find: " and d.state = 'running'",
    replace: '',
  },
  {
    name: 'prune: a lost worker stays for a day',
    within: 'forgetLostWorkers',
    find: "interval '1 day'",
    replace: "interval '1 hour'",
  },
]);

const turns = mutantsOf({ file: 'src/store/retention/turn.sql.ts', tests: ['test/maintenance/prune.test.ts'] }, [
  {
    name: 'turns: one within a period',
    find: "where t.ran_at <= statement_timestamp() - ${ms('$2')}\n",
    replace: 'where $2::float8 > 0::float8\n',
  },
  {
    name: 'turns: a new pass a day later',
    find: 'then t.cursor\n    else excluded.cursor end',
    replace: 'then t.cursor\n    else t.cursor end',
  },
  {
    name: 'turns: goes on from where the last one came',
    find: 'then t.cursor\n    else excluded.cursor end',
    replace: 'then excluded.cursor\n    else excluded.cursor end',
  },
  {
    name: 'turns: a task takes its own',
    within: 'takeTurn',
    find: 'on conflict (name) do update set ran_at = statement_timestamp(),',
    replace: 'on conflict (name) do update set ran_at = t.ran_at,',
  },
  { name: 'turns: of this task', within: 'moveCursor', find: 'where t.name = $1::text', replace: 'where $1::text is not null and false' },
]);

const task = mutantsOf({ file: 'src/maintenance/tasks/prune.ts', tests: ['test/maintenance/prune.test.ts'] }, [
  { name: 'prune task: rests', find: '      if (!isLast) await rest(RESTS_PER_BATCH * durationMs, abortSignal);\n', replace: '' },
  { name: 'prune task: rests longer than it worked', find: 'RESTS_PER_BATCH * durationMs', replace: 'durationMs' },
  { name: 'prune task: ends between two batches', find: '!isLast && !abortSignal.aborted;', replace: '!isLast;' },
  { name: 'prune task: tells of nothing if nothing went', find: 'if (total.emissions > 0) events', replace: 'events' },
  { name: 'prune task: remembers its place', find: '{ task: PRUNE }', replace: '{}' },
  { name: 'prune task: forgets lost workers', find: '  await store.forgetLostWorkers();\n', replace: '' },
]);

const erasing = mutantsOf({ file: 'src/store/retention/erase.sql.ts', tests: ['test/store/retention/erase.test.ts'] }, [
  { name: 'erase: only what has the value', within: 'holdErasable', find: 'from walked where matches', replace: 'from walked' },
  {
    name: 'erase: a walk goes on',
    within: 'holdErasable',
    find: 'e.id > coalesce($1::text::uuid, ',
    replace: 'e.id > coalesce(nullif($1::text, $1::text)::uuid, ',
  },
  {
    name: 'erase: all settled rows of an emission are locked, or it is left',
    within: 'holdErasable',
    find: '  where locked.count = f.count\n',
    replace: '',
  },
  {
    name: 'erase: a retry waits for it',
    within: 'holdErasable',
    find: 's.emission_id = e.id for update skip locked',
    replace: 's.emission_id = e.id',
  },
  { name: 'erase: no delivery lives', within: 'THAT_IS_FINISHED', find: '  where live.count = 0', replace: '  where live.count >= 0' },
  { name: 'erase: looks again', within: 'eraseHeld', find: " ${THAT_IS_FINISHED('h')}", replace: '' },
  { name: 'erase: headers', within: 'eraseHeld', find: ', headers = null', replace: '' },
  { name: 'erase: errors', within: 'eraseHeld', find: 'where x.delivery_id = any(', replace: 'where false and x.delivery_id = any(' },
  {
    name: 'erase: a dry run blanks nothing',
    file: 'src/store/retention/erase.ts',
    find: 'dryRun || held.length === 0',
    replace: 'held.length === 0',
  },
  {
    name: 'erase: the audit does not keep the value',
    file: 'src/operate/erase.ts',
    tests: ['test/operate/erase.test.ts'],
    find: 'about: { path: options.path }',
    replace: 'about: { path: options.path, value: options.value }',
  },
  {
    name: 'erase: no receiver gets a blank payload',
    file: 'src/worker/running/decode.ts',
    tests: ['test/operate/erase.test.ts'],
    find: 'payload === ERASED_PAYLOAD',
    replace: "payload === ''",
  },
  {
    name: 'erase: a blank payload is not tried again',
    file: 'src/core/delivery.ts',
    tests: ['test/operate/erase.test.ts'],
    find: "!isSignalboxError(outcome.error, 'PayloadErased')",
    replace: 'true',
  },
]);

const operate = mutantsOf({ file: 'src/operate/prune.ts', tests: ['test/operate/prune.test.ts'] }, [
  {
    name: 'box.prune: a dry run deletes nothing',
    find: 'dryRun ? await store.count(ages, after) : await store.prune(ages, after)',
    replace: 'await store.prune(ages, after)',
  },
  { name: 'box.prune: an abort ends it', find: '        signal?.throwIfAborted();\n', replace: '' },
  {
    name: 'box.prune: a closed box prunes nothing',
    find: '    box.assertOpen();\n    checkOptions',
    replace: '    checkOptions',
    equivalent: 'Each batch asks again.',
  },
  {
    name: 'retention: a part that is left out keeps its default',
    file: 'src/core/retention.ts',
    find: 'given[state] ?? DEFAULTS[state]',
    replace: 'given[state]!',
  },
  {
    name: 'own transactions: read committed',
    file: 'src/transaction/own-transactions.ts',
    find: "      isolation: 'read committed',\n",
    replace: '',
  },
]);

export const retentionMutants: readonly Mutant[] = [
  ...keys,
  ...hour,
  ...age,
  ...mayGo,
  ...walk,
  ...looks,
  ...turns,
  ...task,
  ...erasing,
  ...operate,
];
