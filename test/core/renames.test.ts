// Decides in memory which names are one receiver across renames. test/store/catalogue/renames.test.ts tests the same in
// a database, with its races.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Announcer, Model, own } from './catalogue-model.ts';

const announcing = (model: Model, ...receivers: string[]): Announcer => new Announcer(model, own(...receivers)).announce();

test('a renamed receiver keeps its id, whichever of the two is announced first', () => {
  for (const order of [
    ['a', 'b<a'],
    ['b<a', 'a'],
    ['a', 'b<a', 'a', 'b<a', 'b'],
  ]) {
    const model = new Model();
    const processes = order.map((receiver) => announcing(model, receiver));
    expect(model.targets()).toHaveLength(1);
    for (const { known } of processes) expect(known!.has(model.targets()[0]!)).toBe(true);
  }
});

test('a receiver that was announced without its former name joins the older of the two later', () => {
  const model = new Model();
  announcing(model, 'a');
  const forgetful = announcing(model, 'b');
  expect(model.targets()).toEqual([1, 2]);
  announcing(model, 'b<a');
  expect([model.targets(), model.groups()]).toEqual([[1], ['a b']]);
  // The process reads the catalogue again.
  expect([...forgetful.announce().known!.keys()]).toEqual([1, 2]);
});

test('joins reach over several renames, even if each lists only the name before', () => {
  const model = new Model();
  for (const receiver of ['d<c', 'b<a', 'c<b']) announcing(model, receiver);
  expect(model.groups()).toHaveLength(1);
  expect(model.targets()).toHaveLength(1);
});

test('when a name is reused for another receiver, all ids stay with the receiver that had the name last', () => {
  const model = new Model();
  announcing(model, 'a');
  const renamed = announcing(model, 'b<a');
  const reusing = announcing(model, 'a', 'b');
  expect(model.groups()).toEqual(['†a b', 'a']);
  expect([...reusing.known!]).toEqual([
    [3, 'a'],
    [1, 'b'],
    [2, 'b'],
  ]);
  // A process of the release before uses the name in its old meaning, and joins nothing.
  expect([...renamed.announce().known!]).toEqual([
    [1, 'b'],
    [2, 'b'],
  ]);
  announcing(model, 'b<a');
  expect(model.groups()).toEqual(['†a b', 'a']);
  expect(model.targets()).toHaveLength(2);
});

test('a new name that is now used for another receiver gets an id of its own', () => {
  const model = new Model();
  announcing(model, 'a');
  announcing(model, 'b<a');
  announcing(model, 'a');
  announcing(model, 'a', 'b');
  expect(model.groups()).toEqual(['a †b', 'b']);
  announcing(model, 'b<a');
  expect(model.groups()).toEqual(['a †b', 'b']);
});

test('two receivers of one process are not joined by a former name of one of them', () => {
  const model = new Model();
  announcing(model, 'b<a');
  announcing(model, 'b', 'c<a');
  expect(model.groups()).toEqual(['b a', 'c']);
});

test('a receiver that is in the catalogue is not written again, except for its latest name', () => {
  const model = new Model();
  announcing(model, 'a');
  announcing(model, 'b<a');
  const before = JSON.stringify([...model.entries]);
  announcing(model, 'b<a');
  announcing(model, 'b');
  expect(JSON.stringify([...model.entries])).toBe(before);
  expect(
    model
      .read()
      .filter(({ isLatest }) => isLatest)
      .map(({ name }) => name),
  ).toEqual(['b']);
  announcing(model, 'a');
  expect(
    model
      .read()
      .filter(({ isLatest }) => isLatest)
      .map(({ name }) => name),
  ).toEqual(['a']);
});

test('in whatever order and interleaving processes of several releases announce, there is one receiver that all of them run', () => {
  const releases = ['a', 'b<a', 'c<a<b', 'c<b<a', 'd<a<b<c'];
  const starts = fc.array(fc.constantFrom(...releases), { minLength: 1, maxLength: 6 });
  const turns = fc.array(fc.nat(5), { maxLength: 60 });
  fc.assert(
    fc.property(starts, turns, (started, order) => {
      const model = new Model();
      const processes = started.map((receiver) => new Announcer(model, own(receiver)));
      const check = (): void => {
        const targets = model.targets();
        expect(targets.length).toBeLessThan(2);
        for (const { known } of processes) if (known) expect(known.has(targets[0]!)).toBe(true);
      };
      for (const turn of order) {
        const process = processes[turn % processes.length]!;
        if (!process.known) process.step();
        check();
      }
      for (const process of processes) {
        while (!process.known) process.step();
        check();
      }
      expect(model.targets()).toHaveLength(1);
    }),
    { numRuns: 2_000 },
  );
});

test('whatever is joined at the same time, every name points to a root', () => {
  // Each lists only the name before: the single receiver shows only when all have announced.
  const releases = ['a', 'b<a', 'c<b', 'd<c'];
  const starts = fc.shuffledSubarray([...releases, ...releases], { minLength: 2 });
  const turns = fc.array(fc.nat(7), { maxLength: 80 });
  fc.assert(
    fc.property(starts, turns, (started, order) => {
      const model = new Model();
      const processes = [...started, ...releases].map((receiver) => new Announcer(model, own(receiver)));
      const check = (): void => {
        for (const { rootId } of model.entries.values()) if (rootId !== null) expect(model.entries.get(rootId)!.rootId).toBeNull();
      };
      for (const turn of order) {
        const process = processes[turn % processes.length]!;
        if (!process.known) process.step();
        check();
      }
      for (const process of processes) {
        while (!process.known) process.step();
        check();
      }
      expect(model.groups()).toHaveLength(1);
      expect(model.targets()).toHaveLength(1);
    }),
    { numRuns: 2_000 },
  );
});
