// Mutants of the catalogue of receivers: one receiver across renames, its rows, and the queries on them.
import { type Mutant, mutantsOf } from './mutant.ts';

const file = 'src/store/catalogue/catalogue.sql.ts';
const announcing = ['test/store/catalogue/announce.test.ts'];
const stories = ['test/store/catalogue/renames.test.ts'];
const order = ['test/store/catalogue/announce-order.test.ts'];

const read = mutantsOf({ file, within: 'readCatalogue', tests: announcing }, [
  { name: 'catalogue: retired receivers come back', find: 'r.retired_at is null and ', replace: '' },
  { name: 'catalogue: seen again each day', find: " and r.last_seen_at >= statement_timestamp() - interval '1 day'", replace: '' },
  { name: 'catalogue: not written again within a day', find: "interval '1 day'", replace: "interval '1 hour'" },
  { name: 'catalogue: the latest of its own receiver', find: "(partition by ${rootId('r')})", replace: '()' },
  {
    name: 'catalogue: only the signals that are asked for',
    find: '\nwhere r.signal = any(array(select jsonb_array_elements_text($1::text::jsonb)))',
    replace: '\nwhere $1::text is not null',
    equivalent: 'The decision is made for each signal by itself. What else is read costs time.',
  },
]);

const add = mutantsOf({ file, within: 'addNames', tests: announcing }, [
  { name: 'catalogue: order of new names', find: 'order by w.signal, w.name\n', replace: '' },
  { name: 'catalogue: a name that another has added', find: 'on conflict (signal, name) do nothing\n', replace: '' },
]);

const change = mutantsOf({ file, within: 'changeReceivers', tests: announcing }, [
  { name: 'catalogue: nothing that has changed since', find: '  where r.xmin::text = c.version\n', replace: '' },
  {
    name: 'catalogue: all changes or none',
    find: ' and (select count(*) from held) = (select count(*) from change)',
    replace: ' and r.id in (select id from held)',
  },
  { name: 'catalogue: order of changed rows', tests: order, find: '  order by r.signal, r.name\n', replace: '' },
  {
    name: 'catalogue: changed rows are locked in that order',
    tests: [...order, ...announcing],
    find: '\n  for update of r\n',
    replace: '\n',
  },
  {
    name: 'catalogue: an announced row is no longer retired',
    find: "case c.seen when 'now' then null else r.retired_at end",
    replace: 'r.retired_at',
  },
  {
    name: 'catalogue: a buried name is announced no more',
    tests: ['test/store/catalogue/announce.test.ts'],
    find: "when 'never' then null ",
    replace: '',
  },
]);

const asked = mutantsOf({ file, tests: ['test/store/emissions/append.test.ts', 'test/operate/statements.test.ts'] }, [
  { name: 'catalogue: retired names are not live', within: 'isLive', find: '${r}.retired_at is null and ', replace: '' },
  {
    name: 'catalogue: names that were last announced 400 days ago are not live',
    within: 'isLive',
    find: 'coalesce(${r}.last_seen_at > statement_timestamp() - ${FORGET_AFTER}, false)',
    replace: '${r}.last_seen_at is not null',
  },
  { name: 'catalogue: all names of a receiver are one', within: 'rootId', find: 'coalesce(${r}.root_id, ${r}.id)', replace: '${r}.id' },
  {
    name: 'catalogue: a receiver has all of its names',
    within: 'isNamed',
    find: "${rootId(r)} in (select ${rootId('n')} from",
    replace: '${r}.id in (select n.id from',
    tests: stories,
  },
  {
    name: 'catalogue: the latest name is shown',
    within: 'SHOWN',
    find: 'n.last_seen_at desc nulls last, ',
    replace: '',
    tests: announcing,
  },
  {
    name: 'catalogue: has receivers of this signal',
    within: 'hasReceivers',
    find: 'r.signal = $1::text and ',
    replace: '$1::text is not null and ',
  },
  { name: 'catalogue: has receivers that are live', within: 'hasReceivers', find: " and ${isLive('r')}", replace: '' },
  {
    name: 'catalogue: lists each name',
    within: 'listReceivers',
    find: 'r.name = shown.name as latest',
    replace: 'true as latest',
    tests: announcing,
  },
]);

const decided = mutantsOf({ file: 'src/core/renames.ts', tests: ['test/core/renames.test.ts'] }, [
  { name: 'renames: receivers of one process are not joined', find: ' || owners.has(other)', replace: '' },
  { name: 'renames: a buried name is not joined again', find: 'this.#hasBuried(root, former) || ', replace: '' },
  {
    name: 'renames: a buried name is not joined again from the other side',
    find: ' || this.#hasBuried(other, receiver.name)',
    replace: '',
  },
  {
    name: 'renames: all names of both are one',
    find: 'for (const row of members) this.#change',
    replace: 'for (const row of members.slice(0, 1)) this.#change',
  },
  {
    name: 'renames: a join writes the root, too',
    find: '{ rootId: row.id === kept ? null : kept });',
    replace: '{ rootId: row.id === kept ? null : kept });\n        this.#changes.delete(kept);',
    hangs: 'The announcements of the property never come to rest.',
  },
  {
    name: 'renames: the root is one that running processes know',
    find: 'isAnnounced(one) === isAnnounced(other) ? one < other : isAnnounced(one)',
    replace: 'one < other',
  },
  { name: 'renames: of two that are known the older is the root', find: '? one < other :', replace: '? one > other :' },
  { name: 'renames: the last announced keeps the ids', find: 'sharing.find(({ name }) => name === latest) ??', replace: '' },
  { name: 'renames: a reused name has an id of its own', find: '      if (sharing.length < 2) continue;\n', replace: '      continue;\n' },
  { name: 'renames: nothing is written twice', find: 'if (!isKnown || ', replace: 'if (true || ' },
  { name: 'renames: names are taken', find: '(row.isLatest || !takesNames)', replace: 'true' },
  { name: 'renames: names are taken at the start only', find: '(row.isLatest || !takesNames)', replace: 'row.isLatest', tests: announcing },
]);

const known = mutantsOf({ file: 'src/store/catalogue/catalogue.ts', tests: ['test/store/catalogue/catalogue.test.ts'] }, [
  { name: 'catalogue: looks again', find: ' && performance.now() - this.#readAt < LOOK_AGAIN_AFTER_MS', replace: '' },
  { name: 'catalogue: knows which ids are outdated', find: '    this.#readAt = -Infinity;\n', replace: '' },
  { name: 'catalogue: one look at a time', find: 'this.#announcing ??= ', replace: 'this.#announcing = ' },
  { name: 'catalogue: new deliveries carry the root', find: '      if (!isRoot) continue;\n', replace: '' },
  {
    name: 'catalogue: reading again takes no names',
    find: 'this.#announceOnce(!this.#isAnnounced())',
    replace: 'this.#announceOnce(true)',
  },
]);

export const catalogueMutants: readonly Mutant[] = [...read, ...add, ...change, ...asked, ...decided, ...known];
