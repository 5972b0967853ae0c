// Mutants of what the read model shows beside deliveries, and of what it does not show.
import { type Mutant, mutantsOf } from './mutant.ts';

const redactionTests = ['test/operate/redaction.test.ts', 'test/core/redact.test.ts'];

const redaction = [
  ...mutantsOf({ file: 'src/operate/redaction.ts', tests: redactionTests }, [
    { name: 'redact: texts of errors by default', find: "errors = redaction ? 'all' : 'none'", replace: "errors = 'none'" },
    { name: 'redact: a function that throws', find: '    } catch {\n      return REDACTED;', replace: '    } catch {\n      return text;' },
    {
      name: 'redact: a function that returns no text',
      find: "typeof redacted === 'string' ? redacted : REDACTED",
      replace: "typeof redacted === 'string' ? redacted : text",
    },
    { name: 'redact: stacks', find: 'stack === undefined ? undefined : this.text(stack)', replace: 'stack' },
    { name: 'redact: messages', find: 'message: this.text(message)', replace: 'message' },
    { name: 'redact: names', find: 'name: this.word(name),', replace: 'name,' },
    { name: 'redact: errors of deliveries', find: 'this.showsErrors ? delivery :', replace: 'true ? delivery :' },
    { name: 'redact: no search by what is redacted', find: 'if (payload && touches(', replace: 'if (payload && false && touches(' },
    { name: 'redact: no search by text of an error', find: 'this.showsErrors ? error : { name: error.name }', replace: 'error' },
  ]),
  ...mutantsOf({ file: 'src/operate/reads.ts', tests: redactionTests }, [
    {
      name: 'redact: groups',
      find: 'message = row.message === null ? null : redactor.text(row.message)',
      replace: 'message = row.message',
    },
    { name: 'redact: names of groups', find: 'name = row.name === null ? null : redactor.word(row.name)', replace: 'name = row.name' },
    {
      name: 'redact: messages before they are cut',
      find: 'redactor.showsErrors ? MESSAGE_CHARACTERS : WHOLE_MESSAGE',
      replace: 'MESSAGE_CHARACTERS',
    },
    { name: 'redact: payload of a delivery', find: 'this.#redactor.payload(payload)', replace: 'payload' },
    { name: 'redact: headers of a delivery', find: 'this.#redactor.headers(headers)', replace: 'headers' },
    { name: 'redact: payload of an emission', find: 'this.#redactor.payload(row.payload)', replace: 'row.payload' },
    { name: 'redact: headers of an emission', find: 'this.#redactor.headers(row.headers)', replace: 'row.headers' },
  ]),
  ...mutantsOf({ file: 'src/core/redact.ts', tests: redactionTests }, [
    { name: 'redact: letters of any case', find: 'redacted.toLowerCase() === step.toLowerCase()', replace: 'redacted === step' },
    { name: 'redact: any position', find: '(isPosition(redacted) && isPosition(step))', replace: 'false' },
    { name: 'redact: what holds what is redacted', find: 'redacted.slice(0, path.length).every', replace: 'redacted.every' },
    { name: 'redact: no JSON is not shown', find: '    return JSON.stringify(REDACTED);\n  }\n}', replace: '    return text;\n  }\n}' },
    { name: 'redact: nothing behind the value', find: 'if (this.#at < this.#text.length) throw', replace: 'if (false) throw' },
  ]),
];

const status = mutantsOf({ file: 'src/store/operations/status.sql.ts', tests: ['test/operate/status.test.ts'] }, [
  {
    name: 'status: due',
    within: 'receiverStatus',
    find: "d.state = 'ready' and d.run_at <= statement_timestamp()",
    replace: "d.state = 'ready'",
  },
  {
    name: 'status: only ready ones are due',
    within: 'receiverStatus',
    find: "and d.state = 'ready' and d.run_at",
    replace: 'and d.run_at',
  },
  {
    name: 'status: only ready ones are due later',
    within: 'receiverStatus',
    find: "(where q.state = 'ready')::int as later",
    replace: '(where true)::int as later',
  },
  {
    name: 'status: one more tells of more',
    within: 'receiverStatus',
    find: 'order by d.run_at limit ${COUNTED + 1}',
    replace: 'order by d.run_at limit ${COUNTED}',
  },
  { name: 'status: only dead ones', within: 'receiverStatus', find: " where u.state = 'dead'", replace: '' },
  {
    name: 'status: running ones ahead of their time',
    within: 'receiverStatus',
    find: 'sum(front.running + later.running)',
    replace: 'sum(front.running)',
  },
  {
    name: 'status: a receiver that no process announces',
    within: 'receiverStatus',
    find: ' - ${ANNOUNCED_WITHIN}',
    replace: " - interval '400 days'",
  },
  {
    name: 'status: the queue is paused',
    within: 'receiverStatus',
    find: "${millis('q.paused_at')} as queue",
    replace: "${millis('c.paused_at')} as queue",
  },
  { name: 'receivers: retired ones', within: 'receiverList', find: 'case when not c.live then', replace: 'case when c.live then' },
  {
    name: 'workers: running ones alone',
    within: 'workerStatus',
    find: " where f.state = 'running'",
    replace: '',
    equivalent: 'A delivery that waits has no worker: it is counted for none, and the condition spares the rows.',
  },
  { name: 'workers: lost ones', within: 'workerStatus', find: 'w.lost_at is not null as lost', replace: 'w.lost_at is null as lost' },
]);

const signals = mutantsOf({ file: 'src/operate/status.ts', tests: ['test/operate/status.test.ts'] }, [
  { name: 'status: an orphan has deliveries', find: '!row.fresh && due.count + later.count + running.count > 0', replace: '!row.fresh' },
  { name: 'status: a lost worker', find: 'row.lost || row.expired', replace: 'row.lost' },
  { name: 'status: more than are counted', find: 'more: cut || count > COUNTED', replace: 'more: cut' },
]);

export const statusMutants: readonly Mutant[] = [...redaction, ...status, ...signals];
