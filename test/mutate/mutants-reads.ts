// Mutants of the read model.
import { type Mutant, mutantsOf } from './mutant.ts';

const filter = mutantsOf({ file: 'src/store/operations/filter.sql.ts', within: 'matches', tests: ['test/operate/filter.test.ts'] }, [
  { name: 'filter: state', find: 'd.state = any(${states}::text::text[])', replace: '${states}::text is not null' },
  {
    name: 'filter: receivers',
    find: 'd.receiver_id = any(${receivers}::text::int[])',
    replace: 'd.receiver_id is not null',
  },
  { name: 'filter: emission', find: 'd.emission_id = ${emission}::text::uuid', replace: '${emission}::text::uuid is not null' },
  { name: 'filter: since', find: '${time} >= ${timeOf(since)}', replace: '${since}::text is not null' },
  { name: 'filter: until', find: '${time} < ${timeOf(until)}', replace: '${until}::text is not null' },
  { name: 'filter: until is not included', find: '${time} < ${timeOf(until)}', replace: '${time} <= ${timeOf(until)}' },
  { name: 'filter: name of the error', find: "x.error ->> 'name'::text = ${name}::text", replace: 'false' },
  { name: 'filter: text of the error', find: 'lower(${text}::text)) > 0', replace: 'lower(${text}::text)) < 0' },
  {
    name: 'filter: any case of letters',
    find: "strpos(lower(x.error ->> 'message'::text)",
    replace: "strpos((x.error ->> 'message'::text)",
  },
  { name: 'filter: the latest error', find: 'order by x.at desc, x.id desc', replace: 'order by x.at desc, x.id' },
  { name: 'filter: the errors of this delivery', find: 'where x.delivery_id = d.id order', replace: 'where d.id > 0 order' },
  { name: 'filter: value', find: 'd.emission_id) = ${value}::text', replace: 'd.emission_id) is not null or ${value}::text is null' },
  { name: 'filter: path', find: 'e.payload #>> ${path}::text::text[]', replace: "e.payload #>> array['customer', 'email']" },
]);

const receivers = mutantsOf({ file: 'src/store/operations/filter.sql.ts', within: 'receiverIds', tests: ['test/operate/filter.test.ts'] }, [
  { name: 'receivers of a filter: name', find: "${isNamed('r', '$1')}", replace: 'true' },
  { name: 'receivers of a filter: signal', find: 'r.signal = $2::text', replace: 'true' },
]);

const tests = ['test/operate/filter.test.ts'];

const given = [
  ...mutantsOf({ file: 'src/store/operations/filter.ts', tests }, [
    { name: 'receivers of a filter: a signal alone', find: ' && signal === undefined', replace: '' },
  ]),
  ...mutantsOf({ file: 'src/store/params.ts', tests }, [
    { name: 'filter: steps of a path are quoted', find: "text.replace(/[\"\\\\]/g, '\\\\$&')", replace: 'text' },
  ]),
  ...mutantsOf({ file: 'src/operate/filter.ts', tests }, [
    { name: 'filter: no state is a mistake', find: ' && (value as readonly unknown[]).length > 0', replace: '' },
    { name: 'filter: no U+0000', find: " && !value.includes('\\u0000')", replace: '' },
    { name: 'filter: no half pairs', find: ' && value.isWellFormed()', replace: '' },
    { name: 'filter: an act is not widened', find: '  if (lacking) throw', replace: '  if (lacking && false) throw' },
  ]),
];

const pageTests = ['test/operate/pages.test.ts'];
const pageFile = 'src/store/operations/page.sql.ts';

const pages = [
  ...mutantsOf({ file: pageFile, tests: pageTests }, [
    {
      name: 'page by emission: what it reads',
      within: 'pageByEmission',
      find: 'page(BY_EMISSION, 15)',
      replace: "page(BY_EMISSION, 15).replace('order by d.n', 'order by d.n desc')",
    },
    {
      name: 'page by end: what it reads',
      within: 'pageByEnd',
      find: 'page(BY_END, 13)',
      replace: "page(BY_END, 13).replace('order by d.n', 'order by d.n desc')",
    },
    {
      name: 'page by due time: what it reads',
      within: 'pageByDue',
      find: 'page(BY_DUE, 12)',
      replace: "page(BY_DUE, 12).replace('order by d.n', 'order by d.n desc')",
    },
    {
      name: 'count by emission: what it reads',
      within: 'countByEmission',
      find: 'count(BY_EMISSION, 15)',
      replace: "count(BY_EMISSION, 15).replace('(where d.found)', '(where true)')",
    },
    {
      name: 'count by end: what it reads',
      within: 'countByEnd',
      find: 'count(BY_END, 13)',
      replace: "count(BY_END, 13).replace('(where d.found)', '(where true)')",
    },
    {
      name: 'count by due time: what it reads',
      within: 'countByDue',
      find: 'count(BY_DUE, 12)',
      replace: "count(BY_DUE, 12).replace('(where d.found)', '(where true)')",
    },
    {
      name: 'page: live ones only where they are wanted',
      within: 'BY_EMISSION',
      find: '(u.is_live and $10::text::boolean)',
      replace: "(u.is_live and $10::text is distinct from 'neither')",
      equivalent: 'the filter refuses them all the same: a walk is spared their entries',
    },
    {
      name: 'page: behind the position',
      within: 'BY_EMISSION',
      find: '(u.emission_id, u.receiver_id) < ($13::text::uuid, $14::int)',
      replace: '(u.emission_id, u.receiver_id) <= ($13::text::uuid, $14::int)',
    },
    {
      name: 'page: the latest first',
      within: 'BY_EMISSION',
      find: 'u.emission_id desc, u.receiver_id desc',
      replace: 'u.emission_id, u.receiver_id',
    },
    {
      name: 'page: entries at most',
      tests: ['test/reads/at-scale.test.ts'],
      within: 'BY_EMISSION',
      find: 'limit $15::int',
      replace: 'limit 2 * $15::int',
    },
    {
      name: 'page by end: not completed ones',
      within: 'BY_END',
      find: "s.state <> 'completed' and ",
      replace: '',
    },
    {
      name: 'page by end: behind the position',
      within: 'BY_END',
      find: 's.emission_id, s.receiver_id) < (',
      replace: 's.emission_id, s.receiver_id) <= (',
    },
    {
      name: 'page by end: the latest first',
      within: 'BY_END',
      find: 's.finished_at desc, s.emission_id desc, s.receiver_id desc',
      replace: 's.finished_at, s.emission_id desc, s.receiver_id desc',
    },
    {
      name: 'page by end: of the same end',
      within: 'BY_END',
      find: 's.finished_at desc, s.emission_id desc, s.receiver_id desc',
      replace: 's.finished_at desc, s.emission_id, s.receiver_id',
    },
    { name: 'page by due time: of the receivers', within: 'BY_DUE', find: 'l.receiver_id = own.id and ', replace: '' },
    { name: 'page by due time: behind the position', within: 'BY_DUE', find: '(l.run_at, l.id) > (', replace: '(l.run_at, l.id) >= (' },
    {
      name: 'page by due time: the first first',
      within: 'BY_DUE',
      find: 'order by d.run_at, d.id',
      replace: 'order by d.run_at desc, d.id',
    },
    { name: 'walk: only what matches', within: 'walk', find: 'where w.found or w.n', replace: 'where w.n > 0 or w.n' },
    { name: 'walk: its last entry', within: 'walk', find: 'w.found or w.n = $${window}::int8', replace: 'w.found' },
    {
      name: 'walk: rows at most',
      within: 'walk',
      find: 'limit $${window + 1}::int',
      replace: 'limit $${window + 1}::int + 1',
      equivalent: 'The caller cuts the page to its size: one row more is read, and not shown.',
    },
    { name: 'count: only what matches', within: 'count', find: 'count(*) filter (where d.found)', replace: 'count(*)' },
    { name: 'groups: the latest error', within: 'latestDead', find: 'order by y.at desc, y.id desc', replace: 'order by y.at desc, y.id' },
  ]),
  ...mutantsOf({ file: 'src/store/operations/pages.ts', tests: pageTests }, [
    { name: 'page: one more tells of the next page', find: 'limit + 1 - all.length', replace: 'limit - all.length' },
    { name: 'page: goes on from the last entry', find: '    start = end;', replace: '    start ??= end;' },
    { name: 'count: one more tells that there are more', find: 'most + 1 - count', replace: 'most - count' },
    {
      name: 'count: more where the walk was cut',
      find: '{ count, more: true, cutAt: start }',
      replace: '{ count, more: false, cutAt: start }',
    },
  ]),
  ...mutantsOf({ file: 'src/operate/cursor.ts', tests: pageTests }, [
    { name: 'cursor: of this order', find: 'letter !== LETTERS[order] || ', replace: '' },
    { name: 'cursor: time', find: ' || !/^-?\\d{1,16}$/.test(at)', replace: '' },
    { name: 'cursor: emission', find: '!uuid.accepts(emissionId) || ', replace: '' },
    { name: 'cursor: receiver', find: ' || Math.abs(receiverId as number) >= 2 ** 31', replace: '' },
    { name: 'cursor: id', find: ' || !rowId.accepts(id)', replace: '' },
    { name: 'cursor: no more than it has', find: ' || parts.length !== 5', replace: '' },
  ]),
  ...mutantsOf({ file: 'src/operate/paging.ts', tests: pageTests }, [
    {
      name: 'order: finished has no live and no completed ones',
      find: "state === 'dead' || state === 'cancelled'",
      replace: "state !== 'ready'",
    },
    { name: 'order: due is of a receiver', find: ' && (receiver !== undefined || signal !== undefined)', replace: '' },
  ]),
  ...mutantsOf({ file: 'src/operate/groups.ts', tests: pageTests }, [
    { name: 'groups: the first characters', find: '.slice(0, MESSAGE_CHARACTERS)', tests: ['test/operate/redaction.test.ts'], replace: '' },
    {
      name: 'groups: by receiver',
      find: 'JSON.stringify([receiver, name, start, search])',
      replace: 'JSON.stringify([name, start, search])',
    },
  ]),
];

const detailTests = ['test/operate/details.test.ts'];

const details = [
  ...mutantsOf({ file: 'src/store/operations/details.sql.ts', tests: detailTests }, [
    {
      name: 'details: of the receiver',
      within: 'deliveryDetails',
      find: ' and l.receiver_id = any($2::text::int[])',
      replace: ' and $2::text is not null',
    },
    {
      name: 'details: of the emission',
      within: 'deliveryDetails',
      find: 'where l.emission_id = $1::text::uuid and ',
      replace: 'where $1::text is not null and ',
    },
    { name: 'locate: by its id', within: 'locateDelivery', find: 'd.id = $1::text::bigint', replace: 'd.id <> $1::text::bigint' },
    {
      name: 'locate: by its errors',
      within: 'locateDelivery',
      find: 'x.delivery_id = $1::text::bigint',
      replace: 'x.delivery_id <> $1::text::bigint',
    },
    { name: 'locate: a sibling', within: 'locateSibling', find: ' and s.id = $2::text::bigint', replace: ' and $2::text is not null' },
    {
      name: 'locate: entries at most',
      within: 'locateSettled',
      find: 'order by t.emission_id desc, t.receiver_id desc limit $2::int',
      replace: 'order by t.emission_id desc, t.receiver_id desc limit 2 * $2::int',
    },
  ]),
  ...mutantsOf({ file: 'src/store/operations/details.sql.ts', tests: detailTests }, [
    {
      name: 'emission: of its id',
      within: 'emissionDetails',
      find: 'where e.id = $1::text::uuid',
      replace: 'where e.id <> $1::text::uuid',
    },
  ]),
  ...mutantsOf({ file: 'src/store/operations/delivery.sql.ts', tests: detailTests }, [
    { name: 'fields: worker of a live one', within: 'LIVE', find: 'l.worker_id', replace: 'null::int as worker_id' },
    { name: 'fields: end of a settled one', within: 'SETTLED', find: 'null::timestamptz as run_at', replace: 's.finished_at as run_at' },
    {
      name: 'fields: a deleted emission',
      within: 'JOINS',
      find: 'limit 1) e on true',
      replace: 'limit 1) e on e.signal is not null',
      equivalent: 'A row that is joined has a signal.',
    },
    { name: 'fields: a deleted receiver', within: 'JOINS', find: 'left join signalbox.receiver r', replace: 'join signalbox.receiver r' },
    { name: 'fields: the latest errors', find: 'order by y.at desc, y.id desc limit', replace: 'order by y.at, y.id limit' },
  ]),
  ...mutantsOf({ file: 'src/store/operations/delivery.ts', tests: detailTests }, [
    { name: 'fields: says that there are more errors', find: 'moreErrors: errors.length > mostErrors', replace: 'moreErrors: false' },
    { name: 'fields: no more errors than it says', find: 'errors.slice(-mostErrors)', replace: 'errors' },
  ]),
];

export const readMutants: readonly Mutant[] = [...filter, ...receivers, ...given, ...pages, ...details];
