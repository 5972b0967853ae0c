// Mutants of what decides who lives: leases, the verdict, what is taken back, and who may claim.
import { type Mutant, mutantsOf } from './mutant.ts';

const file = 'src/store/statements.ts';
const claims = ['test/store/claim.test.ts', 'test/store/races.test.ts'];
const tests = ['test/store/workers.test.ts', 'test/store/races.test.ts'];

const alive = mutantsOf({ file, within: 'ALIVE', tests: claims }, [
  { name: 'claim: for a worker that there is', find: 'w.id = $1::int and ', replace: '$1::int is not null and ', tests },
  { name: 'claim: not for a worker that others found dead', find: ' and w.lost_at is null', replace: '' },
  { name: 'claim: not for a worker whose lease is over', find: ' and w.lease_until > statement_timestamp()', replace: '' },
  { name: 'claim: FOR KEY SHARE', find: '\n  for key share', replace: '' },
  { name: 'claim: lets its own renewal pass', find: 'for key share', replace: 'for share', tests: ['test/store/races.test.ts'] },
  { name: 'claim: asks whether its worker lives', within: 'claim', find: '\n      and exists (select from me)', replace: '' },
  {
    name: 'claimEmissions: asks whether its worker lives',
    within: 'claimEmissions',
    find: '\n    and exists (select from me)',
    replace: '',
  },
]);

const leases = mutantsOf({ file, tests }, [
  {
    name: 'enrol: lease',
    within: 'enrolWorker',
    find: "statement_timestamp() + ${ms('$2')}",
    replace: "statement_timestamp() + 0 * ${ms('$2')}",
  },
  { name: 'renew: id', within: 'renewLease', find: 'where id = $1::int and ', replace: 'where $1::int is not null and ' },
  { name: 'renew: not when others found it dead', within: 'renewLease', find: ' and lost_at is null', replace: '' },
  { name: 'renew: lease', within: 'renewLease', find: "statement_timestamp() + ${ms('$2')}", replace: "lease_until + 0 * ${ms('$2')}" },
  { name: 'renew: session', within: 'renewLease', find: ', backend_pid = pg_backend_pid()', replace: '' },
  { name: 'resign: id', within: 'resignWorker', find: 'where w.id = $1::int for update', replace: 'where $1::int is not null for update' },
  { name: 'resign: waits for its own claim', within: 'resignWorker', find: ' for update of w', replace: '' },
  { name: 'resign: cannot renew', within: 'resignWorker', find: 'set lost_at = statement_timestamp(), ', replace: 'set ' },
  {
    name: 'resign: ends the lease',
    within: 'resignWorker',
    find: ', lease_until = statement_timestamp()',
    replace: '',
    equivalent: 'lost_at alone decides; the time is for people who look at the table.',
  },
]);

const verdict = mutantsOf({ file, within: 'loseWorkers', tests }, [
  { name: 'lose: not those that are lost already', find: 'lost_at is null and ', replace: '' },
  { name: 'lose: only when the lease is over', find: ' and lease_until < statement_timestamp()', replace: '' },
  { name: 'lose: locks', find: ' for update skip locked', replace: '' },
  { name: 'lose: SKIP LOCKED', find: 'for update skip locked', replace: 'for update' },
  { name: 'lose: conflicts with claims', find: 'for update skip locked', replace: 'for no key update skip locked' },
  {
    name: 'lose: order of locks',
    find: 'order by id ',
    replace: '',
    equivalent: 'Whoever skips locked rows waits for none, so the order in which it takes them cannot close a circle.',
  },
  { name: 'lose: also those that others marked', find: ' union select id from signalbox.worker where lost_at is not null', replace: '' },
]);

const rescue = mutantsOf({ file, within: 'rescue', tests }, [
  { name: 'rescue: worker', find: 'd.worker_id = any($1::text::int[]) and ', replace: '$1::text is not null and ' },
  { name: 'rescue: state', find: " and d.state = 'running'", replace: '' },
  { name: 'rescue: the oldest first', find: '  order by d.id limit', replace: '  limit' },
  { name: 'rescue: limit', find: ' limit $2::int', replace: ' limit 2 * $2::int' },
  { name: 'rescue: locks', find: '  for update skip locked\n', replace: '' },
  { name: 'rescue: SKIP LOCKED', find: 'for update skip locked', replace: 'for update' },
  { name: 'rescue: raises the epoch', find: 'epoch = d.epoch + 1, ', replace: '' },
  { name: 'rescue: refund of the attempt', find: 'attempt = d.attempt - 1, ', replace: '' },
  { name: 'rescue: counts the crash', find: 'crashes = d.crashes + 1, ', replace: '' },
  { name: "rescue: what is taken back is nobody's", find: ', worker_id = null', replace: '' },
]);

const forget = mutantsOf({ file, within: 'forgetWorkers', tests }, [
  { name: 'forget: these workers', find: 'w.id = any($1::text::int[])', replace: '$1::text is not null' },
  {
    name: 'forget: none that still holds something',
    find: "\n  and not exists (select from signalbox.delivery d where d.worker_id = w.id and d.state = 'running')",
    replace: '',
  },
  { name: 'forget: what is ready is not held', find: " and d.state = 'running'", replace: '' },
]);

export const livenessMutants: readonly Mutant[] = [...alive, ...leases, ...verdict, ...rescue, ...forget];
