// How many deliveries of a receiver may share a transaction, by its pace.
import { expect, test } from 'vitest';
import type { Receiver } from '../../../src/core/receivers.ts';
import { Sharing } from '../../../src/worker/running/sharing.ts';

const receiver = (more: Partial<Receiver> = {}): Receiver =>
  ({ transactional: true, isolation: 'read committed', share: 25, ...more }) as Receiver;

test('without a pace yet two share, then as many as run within 20 ms, up to what the receiver says', () => {
  const sharing = new Sharing();
  const one = receiver();
  expect(sharing.most(one)).toBe(2);
  sharing.took(one, 4);
  expect(sharing.most(one)).toBe(5);
  for (let i = 0; i < 50; i++) sharing.took(one, 0.1);
  expect(sharing.most(one)).toBe(25);
});

test('one that takes longer than all may shares with none, until it is quick again', () => {
  const sharing = new Sharing();
  const one = receiver();
  sharing.took(one, 30);
  expect(sharing.most(one)).toBe(1);
  for (let i = 0; i < 50; i++) sharing.took(one, 15);
  expect(sharing.most(one)).toBe(2);
});

test('one that is refused shares with none any more', () => {
  const sharing = new Sharing();
  const one = receiver();
  expect([sharing.refuse(one), sharing.refuse(one), sharing.most(one)]).toEqual([true, false, 1]);
});

test.each([
  ['does not say so', { share: undefined }],
  ['says that it does not', { share: false }],
  ['has no transaction', { transactional: false }],
  ['is isolated', { isolation: 'repeatable read' }],
  ['takes batches', { batch: 10 }],
] as const)('one that %s shares with none', (_what, more) => {
  expect(new Sharing().most(receiver(more))).toBe(1);
});

test('the default of the box is for those that say nothing and can share', () => {
  const sharing = new Sharing(10);
  const one = receiver({ share: undefined });
  sharing.took(one, 0.1);
  expect(sharing.most(one)).toBe(10);
  expect(sharing.most(receiver({ share: undefined, isolation: 'serializable' }))).toBe(1);
  expect(sharing.most(receiver({ share: false }))).toBe(1);
});
