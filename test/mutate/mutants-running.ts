// Mutants of the statements that claim, complete, settle and release deliveries. mutants-liveness.ts: the workers that
// may claim.
import { type Mutant, mutantsOf } from './mutant.ts';

const claimSql = 'src/store/deliveries/claim.sql.ts';
const settleSql = 'src/store/deliveries/settle.sql.ts';

const taken = mutantsOf({ file: claimSql, within: 'takeFrom', tests: ['test/store/deliveries/claim.test.ts'] }, [
  { name: 'claim: raises the epoch', find: 'epoch = d.epoch + 1, ', replace: '' },
  { name: 'claim: counts the attempt', find: 'attempt = d.attempt + 1, ', replace: '' },
  { name: 'claim: records its worker', find: ', worker_id = $1::int', replace: '' },
]);

const TAKEN = "${takeFrom('select place from picked union all select place from alone')}`";

/** What picks, in the place where it may run again for each row. */
const INLINED =
  "${takeFrom('picked').replace(lockedBy('picked'), `d.ctid in (\n" +
  `  select due.place
  from unnest($2::text::int[], $3::text::int[], $4::text::int[]) as r(id, free, version)
  cross join lateral (
    select d.ctid as place from signalbox.delivery d
    where d.receiver_id = r.id and d.run_at <= statement_timestamp() + $6::float8 * interval '1 millisecond' and d.state = 'ready'
      and d.version <= r.version and d.crashes < $7::int and exists (select from me)
    order by d.run_at
    limit least(r.free, $5::int)
    for update skip locked
  ) due
  limit $5::int
` +
  ')`)}`';

const claim = mutantsOf({ file: claimSql, within: 'claim', tests: ['test/store/deliveries/claim.test.ts'] }, [
  { name: 'claim: of this receiver', find: 'd.receiver_id = r.id and ', replace: '', count: 2 },
  { name: 'claim: due', find: "d.run_at <= statement_timestamp() + ${ms('$6')} and ", replace: '$6::float8 is not null and ', count: 2 },
  {
    name: 'claim: ahead of its time only if asked to',
    find: "statement_timestamp() + ${ms('$6')}",
    replace: "statement_timestamp() + interval '1 minute' + ${ms('$6')}",
    count: 2,
  },
  { name: 'claim: ready', find: " and d.state = 'ready'", replace: '', count: 2 },
  { name: 'claim: of a version that it can read', find: ' and d.version <= r.version', replace: ' and r.version is not null', count: 2 },
  {
    name: 'claim: in the order of time',
    tests: ['test/store/deliveries/picking.test.ts'],
    find: '    order by d.run_at\n',
    replace: '',
    count: 2,
  },
  { name: 'claim: no more of one receiver than it may have', find: 'least(r.free, $5::int)', replace: '$5::int' },
  { name: 'claim: no more than its limit', find: '  ) due\n  limit $5::int\n', replace: '  ) due\n' },
  {
    name: 'claim: the limit within each receiver',
    find: 'least(r.free, $5::int)',
    replace: 'r.free',
    equivalent: 'The outer limit stops asking for rows in time, and no row is locked before it is asked for.',
  },
  {
    name: 'claim: locks',
    find: '\n    for update skip locked\n',
    replace: '\n',
    count: 2,
    tests: ['test/store/races.test.ts', 'test/store/deliveries/claim.test.ts'],
  },
  { name: 'claim: SKIP LOCKED', find: 'for update skip locked', replace: 'for update', count: 2 },
  {
    name: 'claim: picks in a CTE, not in a subquery that may run again',
    tests: ['test/store/deliveries/picking.test.ts'],
    find: TAKEN,
    replace: INLINED,
  },
  {
    name: 'claim: MATERIALIZED',
    find: 'picked as materialized (',
    replace: 'picked as (',
    equivalent: 'PostgreSQL never inlines a CTE that locks rows. The word says so to the reader, and to versions to come.',
  },
]);

const claimEmissions = mutantsOf({ file: claimSql, within: 'claimEmissions', tests: ['test/store/deliveries/claim.test.ts'] }, [
  { name: 'claimEmissions: of these receivers', find: 'd.receiver_id = r.id and ', replace: '' },
  { name: 'claimEmissions: of a version that it can read', find: ' and d.version <= r.version', replace: '' },
  { name: 'claimEmissions: of these emissions', find: 'd.emission_id = any($4::text::uuid[]) and ', replace: '$4::text is not null and ' },
  { name: 'claimEmissions: due', find: 'd.run_at <= statement_timestamp() and ', replace: '' },
  { name: 'claimEmissions: ready', find: " and d.state = 'ready'", replace: '' },
  {
    name: 'claimEmissions: locks',
    find: '\n  for update of d skip locked\n',
    replace: '\n',
    tests: ['test/store/races.test.ts', 'test/store/deliveries/claim.test.ts'],
  },
  { name: 'claimEmissions: SKIP LOCKED', find: 'for update of d skip locked', replace: 'for update of d' },
  {
    name: 'claimEmissions: order of locks',
    find: '  order by d.id\n',
    replace: '',
    equivalent: 'Whoever skips locked rows waits for none, so the order in which it takes them cannot close a circle.',
  },
]);

const orphans = mutantsOf({ file: claimSql, tests: ['test/worker/running/rows.test.ts'], named: 'whose emission was deleted' }, [
  { name: 'orphan: a claimed delivery is known', within: 'takeFrom', find: 'left join', replace: 'join' },
  {
    name: 'orphan: is found by operators',
    file: 'src/store/operations/delivery.sql.ts',
    within: 'JOINS',
    find: 'left join lateral',
    replace: 'join lateral',
  },
  {
    name: 'orphan: has no payload',
    file: 'src/worker/running/decode.ts',
    find: 'if (payload !== null) return decodePayload(signal, payload, version);',
    replace: "if (signal) return decodePayload(signal, payload ?? 'null', version);",
  },
  {
    name: 'orphan: ends at once',
    file: 'src/core/delivery.ts',
    find: "!isSignalboxError(outcome.error, 'EmissionMissing') &&",
    replace: '',
  },
]);

/** In which only the worker's id can refuse. */
const fence = ['test/store/deliveries/fence.test.ts'];

const settleFirst = mutantsOf({ file: settleSql, within: 'settleFirst', tests: ['test/store/deliveries/settle.test.ts'] }, [
  { name: 'settleFirst: id', find: 'id = $1::text::bigint and ', replace: '$1::text is not null and ' },
  { name: 'settleFirst: state', find: "state = 'running' and ", replace: '' },
  { name: 'settleFirst: epoch', find: ' and epoch = $2::int', replace: ' and $2::int is not null' },
  { name: 'fence: settleFirst by worker', find: ' and worker_id = $5::int', replace: ' and $5::int is not null', tests: fence },
  { name: 'settleFirst: statement timeout', find: "set_config('statement_timeout', $3::text, true)", replace: '$3::text' },
  {
    name: 'settleFirst: timeout of an idle transaction',
    find: "set_config('idle_in_transaction_session_timeout', $3::text, true)",
    replace: '$3::text',
  },
  { name: 'settleFirst: the timeouts are of the transaction', find: '$3::text, true)', replace: '$3::text, false)', count: 2 },
  {
    name: 'settleFirst: names the session after its worker',
    find: "set_config('application_name', coalesce((select 'signalbox worker ' || worker_id::text from done), ''), true)",
    replace: 'null',
  },
  {
    name: 'settleFirst: the name is of the transaction',
    find: "from done), ''), true)",
    replace: "from done), ''), false)",
  },
  { name: 'settleFirst: not without the transaction that it counts on', find: ' and not ${OUTSIDE_LANE}', replace: '' },
  { name: 'settleFirst: says whether it found the delivery', find: 'from kept) as completed', replace: 'from (select) k) as completed' },
]);

const own = mutantsOf({ file: settleSql, within: 'HELD_CLAIM', tests: ['test/store/deliveries/settle.test.ts'] }, [
  { name: 'written apart: id', find: 'd.id = o.id and ', replace: '' },
  { name: 'written apart: epoch', find: ' and d.epoch = o.epoch', replace: '' },
  { name: 'fence: written apart by worker', find: ' and d.worker_id = o.worker_id', replace: '', tests: fence },
  { name: 'written apart: state', find: " and d.state = 'running'", replace: '' },
  {
    name: 'written apart: locks',
    find: '    for update\n',
    replace: '',
    tests: ['test/store/races.test.ts', 'test/store/deliveries/settle.test.ts'],
  },
]);

const complete = mutantsOf({ file: settleSql, within: 'complete', tests: ['test/store/deliveries/settle.test.ts'] }, [
  { name: 'complete: id', find: 'd.id = any($1::text::bigint[]) and ', replace: '$1::text is not null and ' },
  { name: 'complete: state', find: "d.state = 'running' and ", replace: '' },
  { name: 'complete: epoch', find: ' and d.epoch = $2::int', replace: ' and $2::int is not null' },
  { name: 'fence: complete by worker', find: ' and d.worker_id = $3::int', replace: ' and $3::int is not null', tests: fence },
  { name: 'complete: is no other end', find: "'completed'", replace: "'cancelled'" },
]);

const settle = mutantsOf({ file: settleSql, within: 'settle', tests: ['test/store/deliveries/settle.test.ts'] }, [
  { name: 'settle: order of locks', find: '  order by o.id\n', replace: '' },
  { name: 'settle: delay', find: " + ${ms('h.delay_ms')}", replace: '' },
  { name: 'settle: refund of the attempt', find: 'attempt = d.attempt - h.refund::int, ', replace: '' },
  { name: "settle: a failed delivery is nobody's", find: ', worker_id = null', replace: '' },
  {
    name: 'settle: only retried deliveries are made ready',
    find: ` and h."to" = 'ready'`,
    replace: '',
    equivalent:
      'PostgreSQL 15 to 18 execute the later ones of such statements first, and a deleted row is not updated. It promises neither.',
  },
  { name: 'settle: only ended deliveries are moved', find: ` and h."to" in ('dead', 'cancelled')`, replace: '' },
]);

const release = mutantsOf({ file: settleSql, within: 'release', tests: ['test/store/deliveries/settle.test.ts'] }, [
  { name: 'release: order of locks', find: '  order by o.id\n', replace: '' },
  { name: 'release: raises the epoch', find: 'epoch = d.epoch + 1, ', replace: '' },
  { name: 'release: refund of the attempt', find: 'attempt = d.attempt - 1, ', replace: '' },
  { name: "release: a released delivery is nobody's", find: 'worker_id = null,', replace: '' },
  { name: 'release: keeps its place without a delay', find: 'when g.delay_ms > 0', replace: 'when true' },
  { name: 'release: delay', find: 'when g.delay_ms > 0', replace: 'when false' },
]);

const alone = mutantsOf({ file: claimSql, within: 'claim', tests: ['test/store/workers/crashes.test.ts'] }, [
  { name: 'claim: nothing beside others that must run alone', find: 'd.crashes < $7::int and ', replace: '' },
  { name: 'alone: only when nothing runs', find: '$8::text::boolean and ', replace: '$8::text is not null and ' },
  { name: 'alone: only if nothing else is due', find: ' and not exists (select from picked)', replace: '' },
  {
    name: 'alone: only deliveries with crashes',
    find: 'd.crashes > 0 and d.crashes >= $7::int and ',
    replace: '',
    equivalent: 'Nothing else is due then, so whatever is found has crashed. The words let the small index serve.',
  },
  { name: 'alone: one of all receivers', find: '(select from picked)\n  limit 1\n', replace: '(select from picked)\n' },
]);

const suspect = mutantsOf({ file: claimSql, within: 'suspectWaits', tests: ['test/store/workers/crashes.test.ts'] }, [
  { name: 'suspect: deliveries with crashes', find: 'd.crashes > 0 and d.crashes >= $3::int and ', replace: '$3::int is not null and ' },
  { name: 'suspect: due', find: ' and d.run_at <= statement_timestamp()', replace: '' },
  { name: 'suspect: of a version that it can read', find: ' and d.version <= r.version', replace: '' },
  { name: 'suspect: ready', find: "d.state = 'ready' and ", replace: '' },
]);

const held = mutantsOf({ file: claimSql, within: 'heldDeliveries', tests: ['test/store/workers/workers.test.ts'] }, [
  { name: 'held: by this worker', find: 'd.worker_id = $1::int and ', replace: '$1::int is not null and ' },
  { name: 'held: running', find: " and d.state = 'running'", replace: '' },
]);

export const runningMutants: readonly Mutant[] = [
  ...taken,
  ...claim,
  ...claimEmissions,
  ...orphans,
  ...settleFirst,
  ...own,
  ...complete,
  ...settle,
  ...release,
  ...alone,
  ...suspect,
  ...held,
];
