// Mutants of the read model.
import { type Mutant, mutantsOf } from './mutant.ts';

const filter = mutantsOf({ file: 'src/store/operations/filter.sql.ts', within: 'matches', tests: ['test/operate/filter.test.ts'] }, [
  { name: 'filter: state', find: 'd.state = any(${states}::text::text[])', replace: '${states}::text is not null' },
  {
    name: 'filter: receivers',
    find: 'd.receiver_id = any(${receivers}::text::int[])',
    replace: 'd.receiver_id is not null',
  },
  { name: 'filter: emission', find: 'd.emission_id = ${emission}::text::uuid', replace: 'd.emission_id is not null' },
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
  { name: 'filter: value', find: 'd.emission_id) = ${value}::text', replace: 'd.emission_id) is not null' },
  { name: 'filter: path', find: 'e.payload #>> ${path}::text::text[]', replace: "e.payload #>> array['customer', 'email']" },
]);

const receivers = mutantsOf({ file: 'src/store/operations/filter.sql.ts', within: 'receiverIds', tests: ['test/operate/filter.test.ts'] }, [
  { name: 'receivers of a filter: name', find: 'r.name = $1::text', replace: 'true' },
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

export const readMutants: readonly Mutant[] = [...filter, ...receivers, ...given];
