// Mutants of errands: their batches, their rows, what is asked for and how they are carried on.
import { type Mutant, mutantsOf } from './mutant.ts';

const races = 'test/operate/errand-races.test.ts';
const acts = 'test/operate/errands.test.ts';
const receivers = 'test/operate/receiver-acts.test.ts';

const walk = mutantsOf({ file: 'src/store/errands/walk.sql.ts', tests: [races, acts] }, [
  { name: 'errand: of this id', within: 'MINE', find: 'where e.id = $1::text::uuid and ', replace: 'where $1::text is not null and ' },
  { name: 'errand: one that runs', within: 'MINE', find: "e.state = 'running' and ", replace: '' },
  { name: 'errand: where it was read', within: 'MINE', find: ' and e.cursor = $2::text::jsonb', replace: '' },
  { name: 'errand: one worker at a time', within: 'MINE', find: '  for no key update skip locked\n', replace: '  for no key update\n' },
  {
    name: 'errand: nothing that is emitted later',
    within: 'LIVE',
    find: " and coalesce(${emissionOf('e.emitted_at')} <= ${BEFORE}, true)",
    replace: '',
  },
  {
    name: 'errand: from the cursor on, live',
    within: 'LIVE',
    find: '(d.emission_id, d.receiver_id) > (${AT_ROW}) and ',
    replace: '$3::text is not null and ',
    tests: [races],
  },
  {
    name: 'errand: nothing that ends later, unfinished',
    within: 'UNFINISHED',
    find: '    and d.finished_at <= ${BEFORE} and exists',
    replace: '    and exists',
  },
  {
    name: 'errand: from the cursor on, unfinished',
    tests: [races],
    within: 'UNFINISHED',
    find: ' and (d.finished_at, d.emission_id, d.receiver_id) > (${AT_TIME}, ${AT_ROW})',
    replace: ' and $3::text is not null',
  },
  {
    name: 'errand: nothing that ends later, settled',
    within: 'SETTLED',
    find: ' and d.finished_at <= ${BEFORE} as fits',
    replace: ' as fits',
  },
  {
    name: 'errand: from the cursor on, settled',
    within: 'SETTLED',
    find: '(d.emission_id, d.receiver_id) > (${AT_ROW}) and ',
    replace: '$3::text is not null and ',
  },
  { name: 'errand: only what fits', within: 'picked', find: ' where l.fits', replace: '' },
  { name: 'errand: so many at once', within: 'picked', find: '(select f.n from fitting f where f.k = $5::int), ', replace: '' },
  { name: 'errand: the room of each receiver', within: 'picked', find: ' and f.j > room.free', replace: ' and f.j > room.free + 1' },
  { name: 'errand: only replayed ones take room', within: 'picked', find: ' and d.generation > 0 limit', replace: ' limit' },
  { name: 'errand: room of this receiver', within: 'picked', find: 'd.receiver_id = f.receiver_id and ', replace: '' },
  { name: 'errand: nothing behind what has no room', within: 'picked', find: '(select stop.n - 1 from stop)', replace: 'null' },
  { name: 'errand: locks in one order', within: 'picked', find: '  order by f.emission_id, f.receiver_id\n', replace: '' },
  { name: 'errand: locks', within: 'heldOf', find: '    for update${skip}\n', replace: '' },
  { name: 'errand: waits for no receiver', within: 'HELD_LIVE', find: "' skip locked'", replace: "''" },
  {
    name: 'errand: leaves what runs where it is',
    within: 'HELD_READY',
    find: `" and d.state = 'ready'"`,
    replace: "''",
    tests: [races],
  },
  { name: 'errand: waits for other acts', within: 'HELD_SETTLED', find: "'', '')", replace: "'', ' skip locked')" },
  {
    name: 'errand: places by their keys',
    within: 'isHeld',
    find: '\n    and (d.emission_id, d.receiver_id) in (select h.emission_id, h.receiver_id from ${from} h)',
    replace: '',
  },
]);

const batches = mutantsOf({ file: 'src/store/errands/batch.sql.ts', tests: [acts, races] }, [
  { name: 'errand: over a time', within: 'DUE', find: " + random() * ${ms(`coalesce(${option('overMs')}, '0')`)}", replace: '' },
  { name: 'errand: a pass that has left none', within: 'MOVED', find: 't.remaining > 0 or ', replace: '' },
  {
    name: 'errand: what senders store late',
    within: 'MOVED',
    find: " or coalesce(${option('horizon')}::xid8 >= pg_snapshot_xmin(pg_current_snapshot()), false)",
    replace: '',
    tests: [receivers],
  },
  { name: 'errand: counts what it has changed', within: 'MOVED', find: 'e.done + v.acted', replace: 'e.done' },
  {
    name: 'errand: counts what others have changed',
    within: 'MOVED',
    find: 'then v.remaining else 0 end,\n    updated_at',
    replace: 'then 0 else 0 end,\n    updated_at',
  },
  { name: 'errand: forgets the value', within: 'MOVED', find: "then ${scrubbed('e.filter')} else", replace: 'then e.filter else' },
  {
    name: 'errand: gives its place to another',
    within: 'MOVED',
    find: 'then null else e.fingerprint end',
    replace: 'then e.fingerprint else e.fingerprint end',
  },
  {
    name: 'errand: completes its entry of the audit',
    within: 'MOVED',
    find: " and moved.state = 'done'\n), notified",
    replace: " and moved.state = 'never'\n), notified",
  },
  { name: 'errand: the emission is there', within: 'HAS_EMISSION', find: "coalesce(${emissionOf('true')}, false)", replace: 'true' },
  { name: 'errand: keeps the id', within: 'REQUEUED', find: 'overriding system value', replace: 'overriding user value' },
  { name: 'errand: raises the epoch', within: 'REQUEUED', find: 'g.epoch + 1', replace: 'g.epoch' },
  {
    name: 'errand: a replay is a new generation',
    within: 'REQUEUED',
    find: "g.generation + ${option('generations')}::int",
    replace: "g.generation + 0 * ${option('generations')}::int",
  },
  {
    name: 'requeueUnfinished: only dead and cancelled',
    within: 'requeueUnfinished',
    find: 'UNFINISHED(HAS_EMISSION)',
    replace: 'UNFINISHED()',
  },
  { name: 'requeueSettled: only with its emission', within: 'requeueSettled', find: 'SETTLED(HAS_EMISSION)', replace: 'SETTLED()' },
  { name: 'makeDueBatch: not later than it was', within: 'makeDueBatch', find: 'least(d.run_at, ${DUE})', replace: 'd.run_at' },
  { name: 'cancelLiveBatch: raises the epoch', within: 'cancelLiveBatch', find: "'cancelled', epoch + 1", replace: "'cancelled', epoch" },
  { name: 'cancelDeadBatch: later than the errand', within: 'cancelDeadBatch', find: ', finished_at = statement_timestamp()', replace: '' },
  { name: 'errand: the reason', within: 'noted', find: "$9::text::jsonb -> 'error'::text", replace: "'{}'::jsonb" },
  {
    name: 'move: not beside a live one of its own',
    within: 'DOUBLE',
    tests: [receivers, races],
    find: '(select true from signalbox.delivery o where o.emission_id = d.emission_id and o.receiver_id = ${TO} limit 1)\n    or ',
    replace: '',
  },
  {
    name: 'move: not beside a settled one of its own',
    within: 'DOUBLE',
    tests: [receivers, races],
    find: '\n    or (select true from signalbox.settled o where o.emission_id = d.emission_id and o.receiver_id = ${TO} limit 1)',
    replace: '',
  },
  {
    name: 'move: errors go along',
    within: 'ERRORS',
    find: 'where x.delivery_id = s.id',
    replace: 'where x.delivery_id = s.id and false',
    tests: [receivers],
  },
  { name: 'moveLiveBatch: raises the epoch', within: 'moveLiveBatch', find: ', epoch = d.epoch + 1', replace: '', tests: [receivers] },
  {
    name: 'moveDeadBatch: to the other',
    within: 'moveDeadBatch',
    find: 'set receiver_id = ${TO}',
    replace: 'set receiver_id = d.receiver_id',
    tests: [receivers],
  },
]);

const rows = mutantsOf({ file: 'src/store/errands/errands.sql.ts', tests: [acts, races] }, [
  { name: 'errand: without the value', within: 'scrubbed', find: " - 'value'::text", replace: '' },
  { name: 'errands: one at a time', within: 'beginErrand', find: 'on conflict (fingerprint) do nothing\n', replace: '' },
  { name: 'errands: the same', within: 'sameErrand', find: 'where e.fingerprint = $1::text', replace: 'where $1::text is not null' },
  { name: 'errands: this one', within: 'getErrand', find: 'e.id = $1::text::uuid', replace: '$1::text is not null' },
  { name: 'errands: the unfinished', within: 'unfinishedErrands', find: 'where e.finished_at is null ', replace: '' },
  { name: 'errands: the latest first', within: 'listErrands', find: 'order by e.id desc', replace: 'order by e.id' },
  { name: 'errands: a page', within: 'listErrands', find: 'limit $2::int', replace: 'limit $2::int + 1' },
  { name: 'errands: never after their end', within: 'changeErrand', find: ' and e.finished_at is null', replace: '' },
  {
    name: 'errands: stopped for good',
    within: 'changeErrand',
    find: "finished_at = case when $2::text = 'stopped' then statement_timestamp() end",
    replace: 'finished_at = null',
  },
  { name: 'errands: completes the entry', within: 'changeErrand', find: " and changed.state = 'stopped'", replace: ' and false' },
  {
    name: 'errands: the horizon',
    within: 'nextTransaction',
    find: 'pg_snapshot_xmax(pg_current_snapshot())',
    replace: "'0'::xid8",
    tests: [receivers],
  },
]);

const retiring = mutantsOf({ file: 'src/store/errands/retire.sql.ts', tests: [receivers] }, [
  { name: 'retire: this receiver', within: 'retireReceiver', find: "where ${isNamed('r', '$1')}", replace: 'where $1::text is not null' },
  { name: 'retire: the first time stays', within: 'retireReceiver', find: ' and r.retired_at is null', replace: '' },
  { name: 'move: of the same signal', within: 'movesTo', find: 'o.signal = r.signal and ', replace: '' },
]);

const operate = mutantsOf({ file: 'src/operate/errands/errands.ts', tests: [acts] }, [
  {
    name: 'errands: acting again is asked for',
    find: "if (wanted.act === 'replay' && !wanted.actsAgain) ",
    replace: "if (wanted.act === 'move') ",
  },
  { name: 'errands: a preview of the states of its act', find: 'const meant = { ...filter, states };', replace: 'const meant = filter;' },
  { name: 'errands: what is begun twice', find: '      throw unfinished(act, other ?? id);\n', replace: '' },
  { name: 'errands: shows no value', find: 'return { ...errand, filter: withoutValue(errand.filter) };', replace: 'return errand;' },
  { name: 'errands: records no value', find: 'filter: withoutValue(filter),', replace: 'filter,' },
]);

const more = [
  ...mutantsOf({ file: 'src/operate/errands/acts-again.ts', tests: [acts] }, [
    {
      name: 'acts again: not known to this process',
      find: 'latest && meant.has(root) && !isTransactional.has(root)',
      replace: 'latest && meant.has(root) && isTransactional.get(root) === false',
    },
    { name: 'acts again: of the filter', find: 'latest && meant.has(root)', replace: 'latest' },
  ]),
  ...mutantsOf({ file: 'src/operate/errands/request.ts', tests: [acts] }, [
    { name: 'errand: states that it can change', find: '  if (cannot)\n', replace: '  if (false)\n' },
    { name: 'errand: no variable without a value', find: '  refuseUndefined(filter, `${subject}: filter`);\n', replace: '' },
  ]),
  ...mutantsOf({ file: 'src/operate/errands/stages.ts', tests: [acts, receivers, races] }, [
    { name: 'errand: a stage with passes', find: "new Set(['cancelLive', 'moveLive'])", replace: 'new Set()' },
    {
      name: 'errand: the next stage',
      find: 'cursor.stage + 1 < stages.length ? startOf(cursor.stage + 1) : undefined',
      replace: 'undefined',
    },
  ]),
  ...mutantsOf({ file: 'src/operate/errands/work.ts', tests: [acts] }, [
    {
      name: 'errand: until the signal',
      find: ' || abortSignal?.aborted) return errand;',
      replace: ') return errand;',
      hangs: 'It waits for room for ever.',
    },
  ]),
  ...mutantsOf({ file: 'src/operate/errands/receiver-acts.ts', tests: [receivers] }, [
    { name: 'move: where it could be run', find: '  if (lost) refuse(', replace: '  if (false) refuse(' },
    { name: 'move: to another', find: '  if (moves.some((move) => moves.some(', replace: '  if (moves.every((move) => !moves.some(' },
  ]),
  ...mutantsOf({ file: 'src/maintenance/tasks/errands.ts', tests: [acts], named: 'a worker carries errands on' }, [
    { name: 'errand: by workers', find: '  run: work,\n', replace: '  run: () => {},\n' },
  ]),
];

export const bulkMutants: readonly Mutant[] = [...walk, ...batches, ...rows, ...retiring, ...operate, ...more];
