// The manifest: what the next release would do to rows that are stored.
import { expect, test } from 'vitest';
import { compareManifests, compareRows, type Manifest, manifestOf, type StoredRows } from '../../src/core/manifest.ts';

const manifest = (
  receivers: Record<string, readonly string[]>,
  { version = 1, upcasts = false }: { version?: number; upcasts?: boolean } = {},
): Manifest => ({ manifest: 1, signals: { 'a.b': { version, upcasts } }, receivers: { 'a.b': receivers } });

const problems = (before: Manifest, now: Manifest): string[] => compareManifests(before, now).map(({ problem }) => problem);

const released = manifest({ 'A.run': [], 'B.run': ['B.before'] });

test.each<[string, Manifest, string[]]>([
  ['the same code', released, []],
  ['a receiver that is renamed with formerly', manifest({ 'A.now': ['A.run'], 'B.run': ['B.before'] }), ['outdated']],
  ['a receiver that is renamed without it', manifest({ 'A.now': [], 'B.run': ['B.before'] }), ['receiver-gone', 'outdated']],
  ['a receiver that is gone', manifest({ 'B.run': ['B.before'] }), ['receiver-gone']],
  ['a former name that is dropped, which the catalogue keeps', manifest({ 'A.run': [], 'B.run': [] }), []],
  ['a former name that is added', manifest({ 'A.run': ['A.older'], 'B.run': ['B.before'] }), ['outdated']],
  ['a receiver that is added', manifest({ 'A.run': [], 'B.run': ['B.before'], 'C.run': [] }), ['outdated']],
  ['a version that is raised with an upcast', manifest({ 'A.run': [], 'B.run': ['B.before'] }, { version: 2, upcasts: true }), []],
  ['a version that is raised without one', manifest({ 'A.run': [], 'B.run': ['B.before'] }, { version: 2 }), ['upcast-missing']],
  ['a signal that nobody receives any more', { manifest: 1, signals: {}, receivers: {} }, ['receiver-gone', 'receiver-gone']],
])('%s', (_what, now, expected) => {
  expect(problems(released, now)).toEqual(expected);
});

test('a version that is lowered is a problem, with an upcast too', () => {
  const before = manifest({ 'A.run': [] }, { version: 3 });
  expect(problems(before, manifest({ 'A.run': [] }, { version: 2, upcasts: true }))).toEqual(['version-lowered']);
});

test('the message names the formerly that is missing, and where it belongs', () => {
  const [gone] = compareManifests(released, manifest({ 'A.now': [], 'B.run': ['B.before'] }));
  expect(gone!.message).toContain("add formerly: ['A.run'] to A.now;");
});

test('the order of receivers and of their names changes nothing', () => {
  const signal = { name: 'a.b', version: 1, upcast: undefined };
  const receiver = (name: string, formerly: string[]): never => ({ name, formerly, signal }) as never;
  const [one, other] = [receiver('A.run', ['y', 'x']), receiver('B.run', [])];
  expect(JSON.stringify(manifestOf([other, one]))).toBe(JSON.stringify(manifestOf([one, other])));
  expect(manifestOf([one, other]).receivers).toEqual({ 'a.b': { 'A.run': ['x', 'y'], 'B.run': [] } });
});

const stored: StoredRows = { signal: 'a.b', name: 'A.run', names: ['A.run', 'A.older'], rows: 2, oldest: 1, newest: 1 };

test.each<[string, Partial<StoredRows>, string[]]>([
  ['rows of a receiver that is there', {}, []],
  ['rows under a name that only the catalogue knows to be the same', { name: 'A.older' }, []],
  ['rows of one that is not', { name: 'C.run', names: ['C.run'] }, ['receiver-gone']],
  ['rows of a signal that nobody receives', { signal: 'c.d' }, ['receiver-gone']],
  ['rows in a version to come', { newest: 2 }, ['version-lowered']],
])('%s', (_what, row, expected) => {
  expect(compareRows([{ ...stored, ...row }], released).map(({ problem }) => problem)).toEqual(expected);
});
