// Mutants of the operators' statements.
import { type Mutant, mutantsOf } from './mutant.ts';

const file = 'src/store/operations/operations.sql.ts';
const tests = ['test/operate/deliveries.test.ts', 'test/operate/statements.test.ts'];

const requeue = mutantsOf({ file, within: 'requeueDeliveries', tests }, [
  { name: 'requeue: emission', find: 's.emission_id = $1::text::uuid and ', replace: '$1::text is not null and ' },
  { name: 'requeue: receiver', find: "($2::text is null or ${isNamed('r', '$2')})", replace: '($2::text is null or true)' },
  { name: 'requeue: state', find: 's.state = any($3::text::text[])', replace: '$3::text is not null' },
  { name: 'requeue: order of locks', find: '  order by s.receiver_id\n', replace: '' },
  { name: 'requeue: locks', find: '\n  for update of s\n', replace: '\n' },
  {
    name: 'requeue: only the receivers that are meant',
    find: 'where s.emission_id = back.emission_id and s.receiver_id = back.receiver_id',
    replace: 'where s.emission_id = back.emission_id',
  },
  { name: 'requeue: raises the epoch', find: 'epoch + 1, ', replace: 'epoch, ' },
  { name: 'requeue: a replay is a new generation', find: 'generation + $4::int', replace: 'generation + 0 * $4::int' },
  { name: 'requeue: keeps the id', find: 'overriding system value', replace: 'overriding user value' },
  {
    name: 'requeue: nobody is woken for nothing',
    tests: ['test/operate/statements.test.ts'],
    equivalent: 'Only a row that was found asks for the notification, so without any it is not sent either way.',
    find: ' where exists (select from requeued)',
    replace: '',
  },
  { name: 'requeue: wakes workers', find: 'where exists (select from requeued)', replace: 'where false' },
]);

const makeDue = mutantsOf({ file, within: 'makeDeliveriesDue', tests }, [
  { name: 'makeDue: emission', find: 'd.emission_id = $1::text::uuid and ', replace: '$1::text is not null and ' },
  { name: 'makeDue: receiver', find: "($2::text is null or ${isNamed('r', '$2')})", replace: '($2::text is null or true)' },
  { name: 'makeDue: of this receiver row', find: 'r.id = d.receiver_id and ', replace: '' },
  { name: 'makeDue: state', find: "d.state = 'ready' and ", replace: '' },
  { name: 'makeDue: not what is due already', find: ' and d.run_at > statement_timestamp()', replace: '' },
  {
    name: 'makeDue: nobody is woken for nothing',
    tests: ['test/operate/statements.test.ts'],
    equivalent: 'Only a row that was found asks for the notification, so without any it is not sent either way.',
    find: ' where exists (select from due)',
    replace: '',
  },
  { name: 'makeDue: wakes workers', find: 'where exists (select from due)', replace: 'where false' },
]);

const cancel = mutantsOf({ file, within: 'cancelDeliveries', tests }, [
  { name: 'cancel: emission', find: 'd.emission_id = $1::text::uuid and ', replace: '$1::text is not null and ' },
  { name: 'cancel: receiver', find: "($2::text is null or ${isNamed('r', '$2')})", replace: '($2::text is null or true)' },
  { name: 'cancel: order of locks', find: '  order by d.id\n', replace: '' },
  { name: 'cancel: locks', find: '\n  for update of d\n', replace: '\n' },
  { name: 'cancel: raises the epoch', find: "'cancelled', epoch + 1, ", replace: "'cancelled', epoch, " },
  {
    name: 'cancel: notes the reason',
    find: '$3::text::jsonb, statement_timestamp() from gone',
    replace: '$3::text::jsonb, statement_timestamp() from gone where false',
  },
]);

const cancelDead = mutantsOf({ file, within: 'cancelDead', tests }, [
  { name: 'cancel dead: emission', find: 's.emission_id = $1::text::uuid and ', replace: '$1::text is not null and ' },
  { name: 'cancel dead: receiver', find: "($2::text is null or ${isNamed('r', '$2')})", replace: '($2::text is null or true)' },
  { name: 'cancel dead: state', find: " and s.state = 'dead'", replace: '' },
  { name: 'cancel dead: raises the epoch', find: 'epoch = s.epoch + 1, ', replace: '' },
  {
    name: 'cancel dead: notes the reason',
    find: '$3::text::jsonb, statement_timestamp() from ended',
    replace: '$3::text::jsonb, statement_timestamp() from ended where false',
  },
]);

const look = mutantsOf({ file, tests: [...tests, 'test/operate/box.test.ts'] }, [
  { name: 'countLive: emission', within: 'countLive', find: 'emission_id = $1::text::uuid', replace: '$1::text is not null' },
  { name: 'countLive: is there', within: 'countLive', find: 'where id = $1::text::uuid', replace: '' },
]);

export const operationMutants: readonly Mutant[] = [...requeue, ...makeDue, ...cancel, ...cancelDead, ...look];
