// Mutants of dedupe keys: who takes one, who waits for it, and when it is free again.
import { type Mutant, mutantsOf } from './mutant.ts';

const sql = 'src/store/emissions/deduped.sql.ts';
const emits = ['test/dispatch/deduped.test.ts'];

export const dedupeMutants: readonly Mutant[] = [
  ...mutantsOf({ file: sql, within: 'appendDeduped', tests: emits }, [
    { name: 'dedupe: a key is free after its window', find: ' and d.until > statement_timestamp() limit 1', replace: ' limit 1' },
    { name: 'dedupe: a key is that of one signal', find: 'where d.signal = $1::text and d.key = i.key', replace: 'where d.key = i.key' },
    {
      name: 'dedupe: a key that was taken meanwhile is not taken again',
      find: '  where d.until <= statement_timestamp()\n',
      replace: '',
    },
    {
      name: 'dedupe: a known key is not locked',
      find: '  where i.n not in (select known.n from known)\n',
      replace: '',
    },
    {
      name: 'dedupe: only what has taken its key is stored',
      find: 'from item i where i.id in (select taken.id from taken)',
      replace: 'from item i',
    },
    {
      name: 'dedupe: the window begins at the emit',
      find: "statement_timestamp() + ${ms('$13')} from item",
      replace: "statement_timestamp() + 0 * ${ms('$13')} from item",
    },
    {
      name: 'dedupe: a duplicate takes no id of a transaction',
      find: 'case when exists (select from fresh) then pg_current_xact_id()::text end as xid',
      replace: 'pg_current_xact_id()::text as xid',
    },
  ]),
  ...mutantsOf({ file: sql, within: 'readDedupe', tests: emits }, [
    {
      name: 'dedupe: the receipt that was waited for is of this signal',
      find: 'd.signal = $1::text and ',
      replace: '$1::text is not null and ',
    },
  ]),
  ...mutantsOf({ file: sql, within: 'forgetDedupe', tests: ['test/maintenance/dedupe.test.ts'] }, [
    { name: 'forget keys: only after their windows', find: ' where d.until <= statement_timestamp()', replace: '' },
    { name: 'forget keys: passes over what an emit has locked', find: ' for update skip locked', replace: '' },
    { name: 'forget keys: the oldest first', find: '  order by d.until limit', replace: '  limit' },
  ]),
  ...mutantsOf({ file: 'src/maintenance/tasks/dedupe.ts', tests: ['test/maintenance/dedupe.test.ts'] }, [
    { name: 'forget keys: one of a cluster', find: ' === undefined) return;', replace: ' === null) return;' },
    { name: 'forget keys: until nothing is left', find: '=== DEDUPE_BATCH);', replace: '< 0);' },
    { name: 'forget keys: ends when its worker does', find: '!abortSignal.aborted && ', replace: '' },
  ]),
  ...mutantsOf({ file: 'src/dispatch/deduped.ts', tests: emits }, [
    { name: 'dedupe: of equal keys the first payload', find: 'if (!firsts.has(key)) firsts', replace: 'firsts' },
    { name: 'dedupe: keys in one order', find: '.sort((a, b) => (a.key < b.key ? -1 : 1))', replace: '' },
    {
      name: 'dedupe: the second of equal keys is a duplicate',
      find: 'receipt.duplicate || receipt.emissionId === id ? receipt',
      replace: 'receipt.duplicate || id ? receipt',
    },
    { name: 'dedupe: a conflict says what to do', find: 'isConflict(error) ? conflict(signal, error) : error', replace: 'error' },
    {
      name: 'dedupe: a key of a function is checked',
      find: "          checkValue(key, keyRule, `${signal.name}.emitMany`, 'a key of dedupeKey');\n",
      replace: '',
    },
  ]),
  ...mutantsOf({ file: 'src/dispatch/reliable.ts', tests: emits }, [
    {
      name: 'dedupe: a duplicate is no witness of a COMMIT',
      find: 'for (const { id } of stored.fresh) place.scope.emissions.push(id);',
      replace: 'for (const { emissionId: id } of stored.receipts) place.scope.emissions.push(id);',
    },
    {
      name: 'dedupe: within goes with a key',
      find: 'options.dedupeKey === undefined && options.within === undefined ?',
      replace: 'options.dedupeKey === undefined ?',
    },
    {
      name: 'dedupe: only what is stored is recorded',
      find: 'this.#record(signal, fresh, options',
      replace: 'this.#record(signal, emissions, options',
    },
  ]),
  ...mutantsOf({ file: 'src/dispatch/batches.ts', tests: emits }, [
    { name: 'emit: the last batch is sent, too', find: '  if (batch.length > 0) yield batch;\n', replace: '' },
  ]),
  ...mutantsOf({ file: 'src/store/emissions/deduped.ts', tests: emits }, [
    { name: 'dedupe: reads the receipts that it waited for', find: 'if (late.length > 0)', replace: 'if (late.length < 0)' },
  ]),
  ...mutantsOf({ file: 'src/dispatch/captured-keys.ts', tests: emits }, [
    { name: 'captured keys: free after a rollback', find: ' && !isUndone(taken.scope)', replace: '' },
    {
      name: 'captured keys: taken by the first',
      find: '    this.#taken.set(place, { receipt, until: now + withinMs, scope });\n',
      replace: '',
    },
  ]),
];
