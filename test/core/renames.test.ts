// What is one receiver across renames, decided in memory. The same in a database, with its races, is in test/store/renames.test.ts.
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

test('a receiver that was announced without its former name is joined later, to the older of the two', () => {
  const model = new Model();
  announcing(model, 'a');
  const forgetful = announcing(model, 'b');
  expect(model.targets()).toEqual([1, 2]);
  announcing(model, 'b<a');
  expect([model.targets(), model.groups()]).toEqual([[1], ['a b']]);
  // It looks again.
  expect([...forgetful.announce().known!.keys()]).toEqual([1, 2]);
});

test('joins reach over several renames, also if each lists only the one before', () => {
  const model = new Model();
  for (const receiver of ['d<c', 'b<a', 'c<b']) announcing(model, receiver);
  expect(model.groups()).toHaveLength(1);
  expect(model.targets()).toHaveLength(1);
});

test('a name that is reused for another receiver leaves all ids to the one that had it last', () => {
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
  // A process of the release before means the name as it was, and joins nothing.
  expect([...renamed.announce().known!]).toEqual([
    [1, 'b'],
    [2, 'b'],
  ]);
  announcing(model, 'b<a');
  expect(model.groups()).toEqual(['†a b', 'a']);
  expect(model.targets()).toHaveLength(2);
});

test('a new name that is taken for another receiver than it was announced for gets an id of its own', () => {
  const model = new Model();
  announcing(model, 'a');
  announcing(model, 'b<a');
  announcing(model, 'a');
  announcing(model, 'a', 'b');
  expect(model.groups()).toEqual(['a †b', 'b']);
  announcing(model, 'b<a');
  expect(model.groups()).toEqual(['a †b', 'b']);
});

test('receivers that a process has beside each other are not joined by a former name that one of them was joined with', () => {
  const model = new Model();
  announcing(model, 'b<a');
  announcing(model, 'b', 'c<a');
  expect(model.groups()).toEqual(['b a', 'c']);
});

test('what a catalogue has is not written again, but for the latest name', () => {
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

test('whatever processes of several releases announce, in whatever order and between whose steps, there is one receiver that all of them run', () => {
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

test('whatever is joined at the same time, no name points to one that is no root', () => {
  // Each lists only the name before: what is one receiver shows when all have announced.
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
