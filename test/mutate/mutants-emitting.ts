// Mutants of the statements that announce receivers, store emissions and check the tables, and of the tables' keys.
import { type Mutant, mutantsOf } from './mutant.ts';

const file = 'src/store/statements.ts';

const announce = mutantsOf({ file, within: 'announceReceivers', tests: ['test/store/announce.test.ts'] }, [
  {
    name: 'announce: known receivers are not inserted again',
    find: '  where not exists (select from signalbox.receiver r where r.signal = w.signal and r.name = w.name)\n',
    replace: '',
  },
  {
    name: 'announce: the same name of another signal does not count as known',
    find: 'where r.signal = w.signal and r.name = w.name)',
    replace: 'where r.name = w.name)',
  },
  { name: 'announce: order of new rows', find: '  order by w.signal, w.name\n', replace: '' },
  {
    name: 'announce: ON CONFLICT',
    find: `  on conflict (signal, name) do update
  set formerly = excluded.formerly, queue = excluded.queue, priority = excluded.priority, last_seen_at = excluded.last_seen_at\n`,
    replace: '',
  },
  {
    name: 'announce: a conflict updates, rather than do nothing',
    find: `do update
  set formerly = excluded.formerly, queue = excluded.queue, priority = excluded.priority, last_seen_at = excluded.last_seen_at\n`,
    replace: 'do nothing\n',
  },
  { name: 'announce: a conflict takes over what has changed', find: 'formerly = excluded.formerly, queue = excluded.queue, ', replace: '' },
  {
    name: 'announce: only its own signal is changed',
    find: 'join signalbox.receiver r on r.signal = w.signal and r.name = w.name',
    replace: 'join signalbox.receiver r on r.name = w.name',
  },
  { name: 'announce: retired receivers come back', find: 'r.retired_at is not null or ', replace: '' },
  { name: 'announce: seen again each day', find: ` or r.last_seen_at < statement_timestamp() - interval '1 day'`, replace: '' },
  { name: 'announce: not written again within a day', find: `interval '1 day'`, replace: `interval '1 hour'` },
  {
    name: 'announce: changes are noticed',
    find: '\n     or (r.formerly, r.queue, r.priority) is distinct from (w.formerly, w.queue, w.priority)',
    replace: '',
  },
  {
    name: 'announce: order of changed rows',
    tests: ['test/store/announce-order.test.ts'],
    find: '  order by r.signal, r.name\n',
    replace: '',
  },
  {
    name: 'announce: changed rows are locked in that order',
    tests: ['test/store/announce-order.test.ts'],
    find: '\n  for update of r\n',
    replace: '\n',
  },
  { name: 'announce: a changed row is no longer retired', find: 'retired_at = null, ', replace: '' },
  {
    name: 'announce: the answer holds its own signals',
    find: 'join wanted w on r.signal = w.signal and (',
    replace: 'join wanted w on (',
  },
  { name: 'announce: the answer holds former names', find: '(r.name = w.name or r.name = any(w.formerly))', replace: 'r.name = w.name' },
]);

const append = mutantsOf({ file, within: 'append', tests: ['test/store/append.test.ts'] }, [
  { name: 'append: receivers of this signal', find: 'where r.signal = $1::text and ', replace: 'where ' },
  { name: 'append: not to retired receivers', find: 'r.retired_at is null and ', replace: '' },
  {
    name: 'append: not to receivers that nobody has seen for 400 days',
    find: ' and r.last_seen_at > statement_timestamp() - ${FORGET_RECEIVERS_AFTER}',
    replace: '',
  },
  { name: 'append: own receivers', find: 'unnest($8::text::int[]) as own(id)', replace: 'unnest($8::text::int[]) as own(id) where false' },
  {
    name: 'append: each receiver once',
    find: '  union\n  select own.id from unnest($8::text::int[]) as own(id)\n  except\n',
    replace: '  union all\n  select own.id from unnest($8::text::int[]) as own(id)\n  except all\n',
  },
  {
    name: 'append: UNION rather than UNION ALL',
    find: '  union\n',
    replace: '  union all\n',
    equivalent: 'The EXCEPT behind it removes duplicates as well. The mutant "each receiver once" takes both away.',
  },
  {
    name: 'append: former names get nothing',
    find: `  except
  select old.id from signalbox.receiver old join live on old.name = any(live.formerly) and live.name <> all(old.formerly)
  where old.signal = $1::text\n`,
    replace: '',
  },
  {
    name: 'append: two that name each other both get it',
    find: ' and live.name <> all(old.formerly)',
    replace: '',
    tests: ['test/store/renames.test.ts'],
  },
  {
    name: 'append: former names of this signal',
    equivalent: 'Every target is of this signal already; the condition lets the index find the old names.',
    find: '\n  where old.signal = $1::text\n',
    replace: '\n',
  },
  { name: 'append: delay', find: " + ${ms('$6')}", replace: " + 0 * ${ms('$6')}" },
  { name: 'append: priority', find: ' - $7::int * ${HEAD_START}', replace: ' - 0 * $7::int * ${HEAD_START}' },
  { name: 'append: time', find: 'case when $5::text is not null then', replace: 'case when false then' },
  {
    name: 'append: nobody is woken before the time',
    tests: ['test/store/bell.test.ts'],
    find: 'due.run_at <= statement_timestamp() and ',
    replace: '',
  },
  { name: 'append: nobody is woken for nobody', tests: ['test/store/bell.test.ts'], find: ' and exists (select from target)', replace: '' },
  { name: "append: JSON's null", find: "coalesce(i.payload, 'null')", replace: 'i.payload' },
  { name: 'append: version of the payload', find: 'select i.id, t.id, $2::int,', replace: 'select i.id, t.id, 1,' },
]);

const check = mutantsOf({ file: 'src/store/migration.ts', within: 'presentColumns', tests: ['test/store/schema.test.ts'] }, [
  { name: 'check: columns of its own schema', tests: ['test/store/check.test.ts'], find: "\nwhere n.nspname = 'signalbox'", replace: '' },
  {
    name: 'check: tables, and nothing else of their name',
    tests: ['test/store/check.test.ts'],
    find: " and c.relkind in ('r', 'p')",
    replace: '',
  },
  {
    name: 'check: columns that were dropped',
    find: ' and not a.attisdropped',
    replace: '',
    equivalent: 'PostgreSQL gives a dropped column a name that no table of ours has.',
  },
]);

const migration = mutantsOf({ file: 'examples/shop/migrations/0000_init.sql', tests: ['test/store/schema.test.ts'] }, [
  {
    name: 'tables: one live delivery for each emission and receiver',
    find: '\tCONSTRAINT "delivery_emission_receiver" UNIQUE("emission_id","receiver_id"),\n',
    replace: '',
  },
  {
    name: 'tables: one settled delivery for each emission and receiver',
    find: '\tCONSTRAINT "settled_emission_receiver" PRIMARY KEY("emission_id","receiver_id"),\n',
    replace: '',
  },
]);

const payloads = mutantsOf({ file: 'src/core/envelope.ts', tests: ['test/core/thenable.test.ts'] }, [
  {
    name: 'payload: nothing that await adopts',
    find: 'const thenable = findThenable(payload);',
    replace: 'const thenable = undefined as string | undefined;',
  },
  { name: 'payload: what is written is not awaited', find: 'return { stored: data };', replace: 'return { stored: await data };' },
  { name: 'payload: what is read is no thenable', find: 'return refuseThenable(data);', replace: 'return data;' },
  {
    name: 'payload: what an upcast returns is no thenable',
    find: 'await current : refuseThenable(current)',
    replace: 'await current : await current',
  },
]);

export const emittingMutants: readonly Mutant[] = [...announce, ...append, ...check, ...migration, ...payloads];
