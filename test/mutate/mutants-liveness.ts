// Mutants of the decision which workers live: leases, the verdict, the rescue, and the workers that may claim.
import { type Mutant, mutantsOf } from './mutant.ts';

const file = 'src/store/workers/workers.sql.ts';
const claims = ['test/store/deliveries/claim.test.ts', 'test/store/races.test.ts'];
const tests = ['test/store/workers/workers.test.ts', 'test/store/races.test.ts'];

const lock = ['test/store/workers/liveness.test.ts'];
const crashes = ['test/store/workers/crashes.test.ts'];

const alive = mutantsOf({ file: 'src/store/deliveries/claim.sql.ts', within: 'ALIVE', tests: claims }, [
  { name: 'claim: for a worker that there is', find: 'w.id = $1::int and ', replace: '$1::int is not null and ', tests },
  { name: 'claim: not for a worker that others marked dead', find: ' and w.lost_at is null', replace: '' },
  { name: 'claim: not for a worker whose lease has expired', find: ' and w.lease_until > statement_timestamp()', replace: '' },
  { name: 'claim: FOR KEY SHARE', find: '\n  for key share', replace: '' },
  { name: 'claim: lets its own renewal pass', find: 'for key share', replace: 'for share', tests: ['test/store/races.test.ts'] },
  { name: 'claim: checks that its worker lives', within: 'claim', find: ' and exists (select from me)', replace: '', count: 2 },
  {
    name: 'claimEmissions: checks that its worker lives',
    within: 'claimEmissions',
    find: '\n    and exists (select from me)',
    replace: '',
  },
]);

const leases = mutantsOf({ file, tests }, [
  {
    name: 'fence: an id that another has is drawn again',
    within: 'enrolWorker',
    find: 'on conflict (id) do nothing',
    replace: 'on conflict (id) do update set label = excluded.label',
    tests: ['test/store/deliveries/fence.test.ts'],
  },
  {
    name: 'enrol: lease',
    within: 'enrolWorker',
    find: "statement_timestamp() + ${ms('$2')}",
    replace: "statement_timestamp() + 0 * ${ms('$2')}",
  },
  { name: 'renew: id', within: 'renewLease', find: 'where id = $1::int and ', replace: 'where $1::int is not null and ' },
  { name: 'renew: not when others marked it dead', within: 'renewLease', find: ' and lost_at is null', replace: '' },
  { name: 'renew: lease', within: 'renewLease', find: "statement_timestamp() + ${ms('$2')}", replace: "lease_until + 0 * ${ms('$2')}" },
  { name: 'renew: session', within: 'renewLease', find: ', backend_pid = pg_backend_pid(),\n', replace: ',\n' },
  {
    name: 'renew: locked, from the session that took the lock',
    within: 'renewLease',
    find: '$3::int = pg_backend_pid() and ',
    replace: '$3::int is not null and ',
    tests: lock,
  },
  {
    name: 'renew: locked, twice in a row',
    within: 'renewLease',
    find: ' and backend_pid = pg_backend_pid(), false)',
    replace: ', false)',
    tests: lock,
  },
  {
    name: 'lock: of one session',
    within: 'lockWorker',
    find: 'pg_try_advisory_lock(',
    replace: 'pg_try_advisory_lock_shared(',
    tests: lock,
  },
  { name: 'resign: id', within: 'resignWorker', find: 'where w.id = $1::int for update', replace: 'where $1::int is not null for update' },
  { name: 'resign: waits for its own claim', within: 'resignWorker', find: ' for update of w', replace: '' },
  { name: 'resign: cannot renew', within: 'resignWorker', find: 'set lost_at = statement_timestamp(), ', replace: 'set ' },
  {
    name: 'resign: ends the lease',
    within: 'resignWorker',
    find: ', lease_until = statement_timestamp()',
    replace: '',
    equivalent: 'lost_at alone decides; the time is for operators who read the table.',
  },
]);

const verdict = mutantsOf({ file, within: 'markExpiredDead', tests }, [
  { name: 'mark dead: not those that are dead already', find: 'lost_at is null and ', replace: '' },
  { name: 'mark dead: only when the lease has expired', find: ' and lease_until < statement_timestamp()', replace: '' },
  { name: 'mark dead: locks', find: ' for update skip locked', replace: '' },
  { name: 'mark dead: SKIP LOCKED', find: 'for update skip locked', replace: 'for update' },
  { name: 'mark dead: conflicts with claims', find: 'for update skip locked', replace: 'for no key update skip locked' },
  {
    name: 'mark dead: order of locks',
    find: 'order by id ',
    replace: '',
    equivalent: 'A statement that skips locked rows waits for none, so the order in which it takes them cannot close a circle.',
  },
  {
    name: 'mark dead: also those that others marked',
    find: ' union select id from signalbox.worker where lost_at is not null',
    replace: '',
  },
]);

const pooler = mutantsOf({ file: 'src/liveness/lease.ts', tests: ['test/crash/pooled.system.test.ts'] }, [
  {
    name: 'lease: no lock behind a pooler',
    find: 'pid !== undefined && pid !== lastPid()',
    replace: 'pid !== undefined && lastPid() === undefined',
    named: 'leave each other alone',
  },
]);

const TRY = ' where pg_try_advisory_xact_lock_shared(${WORKER_LOCKS}, id)';

const checks = mutantsOf({ file, within: 'findUnlocked', tests: lock }, [
  { name: 'first check: a lock that is trusted', find: 'w.locked and ', replace: '' },
  { name: 'first check: not those that are dead already', find: ' and w.lost_at is null', replace: '' },
  { name: 'first check: not oneself', find: ' and w.id <> $1::int', replace: ' and $1::int is not null' },
  { name: 'first check: the workers that come after it', find: 'order by w.id <= $1::int, w.id', replace: 'order by w.id' },
  { name: 'first check: has a limit', find: '\n  limit ${MOST_CHECKED}', replace: '' },
  { name: 'first check: whose lock is free', find: TRY, replace: '' },
  {
    name: 'first check: two do not take each other for a session',
    find: 'pg_try_advisory_xact_lock_shared',
    replace: 'pg_try_advisory_xact_lock',
  },
  {
    name: 'first check: at first only of those that the server knows',
    find: ' and (not $2::text::boolean or w.incarnation = ${INCARNATION})',
    replace: ' and $2::text is not null',
  },
  {
    name: 'first check: later at all of them',
    find: 'not $2::text::boolean or ',
    replace: '$2::text is not null and ',
  },
  {
    name: 'second check: at first only of those that the server knows',
    within: 'markUnlockedDead',
    find: '\n    and (not $2::text::boolean or w.incarnation = ${INCARNATION})',
    replace: ' and $2::text is not null',
  },
  {
    name: 'second check: later at all of them',
    within: 'markUnlockedDead',
    find: 'not $2::text::boolean or ',
    replace: '$2::text is not null and ',
  },
  ...mutantsOf({ file, within: 'INCARNATION', tests: ['test/crash/incarnation.system.test.ts'] }, [
    { name: 'incarnation: another after a restart', find: "${micros('pg_postmaster_start_time()')}, ", replace: '' },
    { name: 'incarnation: another after a crash', find: ", ${micros('b.stats_reset')}", replace: '' },
  ]),
  {
    name: 'renew: notes the incarnation',
    within: 'renewLease',
    find: ', incarnation = ${INCARNATION}',
    replace: '',
    tests: lock,
  },
  {
    name: 'second check: no renewal in between',
    within: 'markUnlockedDead',
    find: " and ${micros('w.lease_until')} = f.lease",
    replace: '',
  },
  { name: 'second check: a lock that is trusted', within: 'markUnlockedDead', find: ' and w.locked', replace: '' },
  { name: 'second check: the verdict is given once', within: 'markUnlockedDead', find: ' and w.lost_at is null', replace: '' },
  { name: 'second check: SKIP LOCKED', within: 'markUnlockedDead', find: ' skip locked', replace: '' },
  { name: 'second check: locks', within: 'markUnlockedDead', find: ' for update of w skip locked', replace: '' },
  { name: 'second check: whose lock is free', within: 'markUnlockedDead', find: TRY, replace: '' },
]);

const ends = mutantsOf({ file, within: 'endTransactions', tests: lock }, [
  {
    name: 'end: of dead workers',
    find: "join pg_catalog.unnest($1::text::int[]) as lost(id) on a.application_name = 'signalbox worker ' || lost.id::text",
    replace: "join unnest($1::text::int[]) as lost(id) on a.application_name like 'signalbox worker %'",
  },
  { name: 'end: in this database', find: 'a.datname = current_database() and ', replace: '' },
  { name: 'end: of the same user', find: ' and a.usename = current_user', replace: '' },
  { name: 'end: at all', find: 'where a.datname', replace: 'where false and a.datname' },
]);

const HOLDING = "d.worker_id = any($1::text::int[]) and d.state = 'running'";

const rescue = mutantsOf({ file, within: 'rescue', tests }, [
  { name: 'rescue: worker', find: HOLDING, replace: "$1::text is not null and d.state = 'running'", tests: crashes },
  { name: 'rescue: state', find: HOLDING, replace: 'd.worker_id = any($1::text::int[])', tests: crashes },
  { name: 'rescue: the oldest first', find: '  order by d.id limit', replace: '  limit' },
  { name: 'rescue: limit', find: ' limit $2::int', replace: ' limit 2 * $2::int' },
  { name: 'rescue: locks', find: '  for update skip locked\n', replace: '' },
  { name: 'rescue: SKIP LOCKED', find: 'for update skip locked', replace: 'for update' },
  { name: 'rescue: raises the epoch', find: 'epoch = d.epoch + 1, ', replace: '' },
  { name: 'rescue: refund of the attempt', find: 'attempt = d.attempt - 1, ', replace: '' },
  { name: 'rescue: counts the crash', find: 'd.crashes + case when f.charged then 1 else 0 end', replace: 'd.crashes' },
  { name: "rescue: what is rescued is no worker's", find: ', worker_id = null', replace: '' },
  { name: 'rescue: only a delivery that ran alone is dead', find: 'load.held = 1 and not', replace: 'not', tests: crashes },
  {
    name: 'rescue: alone in the process, not in the worker',
    find: 'w.process_id in (select lost.process_id from signalbox.worker lost where lost.id = any($1::text::int[]))',
    replace: 'w.id = any($1::text::int[])',
    tests: crashes,
  },
  {
    name: 'rescue: alone in this process, not in all that died',
    find: 'w.process_id in (select lost.process_id from signalbox.worker lost where lost.id = any($1::text::int[]))',
    replace: 'true',
    tests: crashes,
    equivalent: 'The load is joined by the process: that of others is counted for nothing. Only time is saved.',
  },
  { name: 'rescue: a waiting delivery is no neighbour', find: " and d.state = 'running'\n  group", replace: '\n  group', tests: crashes },
  { name: 'rescue: alone, even before rescued deliveries', find: ' and not w.had_company', replace: '', count: 2, tests: crashes },
  { name: 'rescue: neighbours are remembered', find: 'set had_company = true', replace: 'set had_company = false', tests: crashes },
  { name: 'rescue: and only neighbours', find: 'load.held > 1 and not', replace: 'not', tests: crashes },
  {
    name: 'rescue: only where something is rescued',
    find: ' and exists (select from held)',
    replace: '',
    equivalent: 'A neighbour of which nothing was rescued is there to be counted the next time, too.',
  },
  {
    name: 'rescue: workers in one order',
    find: '  order by w.id for no key update of w\n',
    replace: '',
    tests: ['test/store/races.test.ts'],
  },
  { name: 'rescue: the crash budget', find: 'h.crashes + 1 >= $3::int', replace: 'h.crashes + 2 >= $3::int', tests: crashes },
  { name: 'rescue: death raises the epoch', find: 'd.epoch + 1 as epoch', replace: 'd.epoch as epoch', tests: crashes },
  {
    name: 'rescue: death is recorded',
    find: 'statement_timestamp() from gone\n)\nselect',
    replace: 'statement_timestamp() from gone where false\n)\nselect',
    tests: crashes,
  },
]);

const forget = mutantsOf({ file, within: 'forgetWorkers', tests }, [
  { name: 'forget: these workers', find: 'w.id = any($1::text::int[])', replace: '$1::text is not null' },
  { name: 'forget: in one order', find: '\n  order by w.id for update of w', replace: '', tests: ['test/store/races.test.ts'] },
  {
    name: 'forget: none that still holds something',
    find: " and not exists (select from signalbox.delivery d where d.worker_id = w.id and d.state = 'running')",
    replace: '',
  },
  { name: 'forget: a ready delivery is not held', find: " and d.state = 'running'", replace: '' },
]);

export const livenessMutants: readonly Mutant[] = [...alive, ...leases, ...verdict, ...pooler, ...checks, ...ends, ...rescue, ...forget];
