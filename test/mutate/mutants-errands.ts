// Mutants of what operators do to many deliveries at once: pauses, errands, and their audit.
import { type Mutant, mutantsOf } from './mutant.ts';

const claims = mutantsOf({ file: 'src/store/deliveries/claim.sql.ts', tests: ['test/operate/pause.test.ts'] }, [
  {
    name: 'pause: the claim',
    within: 'claim',
    find: "d.crashes < $7::int and exists (select from me) and not ${isPaused('r.id')}",
    replace: 'd.crashes < $7::int and exists (select from me)',
  },
  {
    name: 'pause: the claim of a suspect',
    within: 'claim',
    find: "d.crashes >= $7::int and exists (select from me) and not ${isPaused('r.id')}",
    replace: 'd.crashes >= $7::int and exists (select from me)',
  },
  { name: 'pause: immediate mode', within: 'claimEmissions', find: " and not ${isPaused('d.receiver_id')}", replace: '' },
  { name: 'pause: a suspect that waits', within: 'suspectWaits', find: "    and not ${isPaused('r.id')}\n", replace: '' },
]);

const pause = mutantsOf({ file: 'src/store/catalogue/pause.sql.ts', tests: ['test/operate/pause.test.ts'] }, [
  {
    name: 'pause: nothing is read while nothing is paused',
    within: 'PAUSED',
    tests: ['test/store/plan.test.ts'],
    find: '(exists (select from signalbox.receiver p where p.paused_at is not null) or exists (select from signalbox.paused_queue))',
    replace: 'true',
  },
  { name: 'pause: all ids of a receiver', within: 'PAUSED', find: "${rootId('m')} in (", replace: 'm.id in (' },
  {
    name: 'pause: by any of its rows',
    within: 'PAUSED',
    find: "select ${rootId('p')} from signalbox.receiver p where",
    replace: 'select p.id from signalbox.receiver p where',
  },
  {
    name: 'pause: the queue of the latest name',
    within: 'PAUSED',
    find: 'n.last_seen_at desc nulls last, n.id desc',
    replace: 'n.id',
  },
  { name: 'pause: only the paused queues', within: 'PAUSED', find: ' on q.name = latest.queue', replace: ' on true' },
  { name: 'pause: the first time stays', within: 'pauseReceiver', find: ' and r.paused_at is null', replace: '' },
  { name: 'pause: this receiver', within: 'pauseReceiver', find: "where ${isNamed('r', '$1')}", replace: 'where $1::text is not null' },
  { name: 'resume: this receiver', within: 'resumeReceiver', find: "where ${isNamed('r', '$1')}", replace: 'where $1::text is not null' },
  { name: 'resume: only a paused one', within: 'resumeReceiver', find: ' and r.paused_at is not null', replace: '' },
  { name: 'resume: wakes workers', within: 'resumeReceiver', find: 'where exists (select from changed)', replace: 'where false' },
  { name: 'resume: a queue wakes workers', within: 'resumeQueue', find: 'where exists (select from changed)', replace: 'where false' },
  { name: 'resume: this queue', within: 'resumeQueue', find: 'q.name = $1::text\n', replace: '$1::text is not null\n' },
  {
    name: 'pause: a queue that there is',
    within: 'pauseQueue',
    find: ' where exists (select from signalbox.receiver r where r.queue = $1::text)\n',
    replace: '\n',
  },
]);

const slots = mutantsOf(
  { file: 'src/worker/claiming/slots.ts', tests: ['test/operate/pause.test.ts', 'test/worker/claiming/slots.test.ts'] },
  [
    {
      name: 'slots: nothing that has waited for long is started',
      find: '      if (now() - since >= PATIENCE_MS) return this.#giveUpWaiting();\n',
      replace: '',
    },
    { name: 'slots: the loop is told of what is given up', find: '    this.#parts.onGivenUp();\n', replace: '' },
  ],
);

const pausedList = mutantsOf({ file: 'src/store/catalogue/pause.sql.ts', within: 'pausedQueues', tests: ['test/operate/pause.test.ts'] }, [
  { name: 'paused queues: by name', find: 'order by q.name', replace: 'order by q.name desc' },
]);

const pauseActs = mutantsOf({ file: 'src/operate/pause.ts', tests: ['test/operate/pause.test.ts'] }, [
  {
    name: 'pause: a receiver that there is',
    find: '    if (change.found === 0) throw receiverNotFound(subject, receiver);\n',
    replace: '',
  },
  { name: 'pause: a queue that there is or was', find: 'if (change.found === 0 && change.changed === 0)', replace: 'if (false)' },
  { name: 'pause: no event of no change', find: '  if (changed > 0) events', replace: '  events' },
]);

const auditSql = mutantsOf({ file: 'src/store/audit/audit.sql.ts', tests: ['test/operate/audit.test.ts'] }, [
  { name: 'audit: who', within: 'beginAudit', find: '$1::text, $2::text,', replace: '$2::text, $1::text,' },
  {
    name: 'audit: of this act',
    within: 'endAudit',
    find: 'where a.id = $1::text::bigint and ',
    replace: 'where $1::text is not null and ',
  },
  { name: 'audit: the first result stays', within: 'endAudit', find: ' and a.finished_at is null', replace: '' },
  {
    name: 'audit: for 400 days',
    within: 'endAudit',
    find: 'a.at < statement_timestamp() - ${FORGET_AFTER}',
    replace: 'a.at < statement_timestamp()',
  },
  { name: 'audit: so many at once', within: 'endAudit', find: '  limit $3::int\n', replace: '  limit $3::int * 9\n' },
  { name: 'audit: the oldest first', within: 'endAudit', find: '  order by a.at\n', replace: '  order by a.at desc\n' },
  { name: 'audit: those that another deletes', within: 'endAudit', find: '  for update skip locked\n', replace: '  for update\n' },
  {
    name: 'audit: before',
    within: 'listAudit',
    find: 'a.id < coalesce($1::text::bigint, 9223372036854775807)',
    replace: '$1::text is distinct from $1',
  },
  { name: 'audit: the latest first', within: 'listAudit', find: 'order by a.id desc', replace: 'order by a.id' },
  { name: 'audit: a page', within: 'listAudit', find: 'limit $2::int', replace: 'limit $2::int + 1' },
]);

const audit = mutantsOf({ file: 'src/operate/audit.ts', tests: ['test/operate/audit.test.ts'] }, [
  {
    name: 'audit: before the act',
    find: '    const id = await this.begin(act);\n    const done = await this.until(id, work);\n',
    replace: "    const done = await this.until('0', work);\n    const id = await this.begin(act);\n",
  },
  { name: 'audit: not the message', find: 'isSignalboxError(error) ? error.code : name', replace: 'String(error)' },
  { name: 'audit: the act is done all the same', find: '.catch((error: unknown) => {', replace: '.finally((error?: unknown) => {' },
]);

const begun = mutantsOf(
  { file: 'src/operate/errands/errands.ts', tests: ['test/operate/errands.test.ts'], named: 'looks for what is redacted' },
  [{ name: 'errands: none that looks for what is redacted', find: "    reads.queryOf(request.filter, 'errands.begin');\n", replace: '' }],
);

export const errandMutants: readonly Mutant[] = [
  ...claims,
  ...pause,
  ...slots,
  ...pausedList,
  ...pauseActs,
  ...auditSql,
  ...audit,
  ...begun,
];
