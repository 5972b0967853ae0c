// From plain functions to receivers: the functions that a box connects, and those that it refuses.
import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineSignal } from '../../src/index.ts';
import { functionReceivers } from '../../src/receivers/register.ts';
import { openBox, thrownBy } from '../container/box.ts';

const happened = defineSignal('functions.happened', z.object({}));
const other = defineSignal('functions.other', z.object({}));
const call = (): void => {};

test('a function becomes one receiver for each signal, with the options of all', () => {
  const receivers = functionReceivers([happened, other], call, {
    name: 'ledger.note',
    formerly: ['ledger.old'],
    queue: 'slow',
    timeout: '2s',
  });
  const options = { name: 'ledger.note', formerly: ['ledger.old'], queue: 'slow', timeoutMs: 2_000, priority: 0, transactional: true };
  expect(receivers).toMatchObject([
    { ...options, signal: happened, target: { placement: 'function', call } },
    { ...options, signal: other, target: { placement: 'function', call } },
  ]);
});

test('a connected function runs on emit, after the methods that were registered before, until it is disconnected', async () => {
  const calls: string[] = [];
  await using box = openBox();
  const disconnect = ['first', 'second'].map((name) =>
    box.receivers.connect(happened, () => calls.push(name), { name, transactional: false }),
  );
  await happened.emit(box.db, {});
  expect(calls.splice(0)).toEqual(['first', 'second']);
  disconnect[0]!();
  await happened.emit(box.db, {});
  expect(calls).toEqual(['second']);
});

test.each<[what: string, args: unknown[], named: RegExp]>([
  ['no options', [happened, call], /^box\.receivers\.connect: connect was given no name/],
  ['no name', [happened, call, {}], /^box\.receivers\.connect: connect was given no name/],
  ['a name with a space', [happened, call, { name: 'my receiver' }], /name is "my receiver"/],
  ['a name that is no text', [happened, call, { name: 7 }], /name is 7/],
  ['no function', [happened, undefined, { name: 'ledger' }], /^ledger: connect was given no function/],
  ['no signal', [undefined, call, { name: 'ledger' }], /^ledger: connect was given no signal/],
  ['an empty list of signals', [[], call, { name: 'ledger' }], /^ledger: connect was given no signal/],
  ['an undefined signal in a list', [[happened, undefined], call, { name: 'ledger' }], /^ledger: connect was given no signal/],
  ['a former name that is no list', [happened, call, { name: 'ledger', formerly: 'old' }], /^ledger: formerly is "old"\. Give a list/],
  ['an option out of bounds', [happened, call, { name: 'ledger', timeout: '25h' }], /^ledger: timeout/],
])('connect refuses %s, and connects nothing', async (_what, args, named) => {
  await using box = openBox();
  const error = thrownBy(() => (box.receivers.connect as (...args: unknown[]) => unknown)(...args));
  expect(error).toMatchObject({ code: 'InvalidOption', message: expect.stringMatching(named) as string });
  expect(box.receivers.connect(happened, call, { name: 'ledger' })).toBeTypeOf('function');
});

test('the same function under the same name is connected once for a signal, and for another signal, too', async () => {
  await using box = openBox();
  box.receivers.connect(happened, call, { name: 'ledger' });
  expect(thrownBy(() => box.receivers.connect(happened, call, { name: 'ledger' }))).toMatchObject({
    code: 'ReceiverNameTaken',
    message: expect.stringContaining('ledger receives functions.happened twice') as string,
  });
  expect(box.receivers.connect(other, call, { name: 'ledger' })).toBeTypeOf('function');
  expect(thrownBy(() => box.receivers.connect(other, () => {}, { name: 'ledger' }))).toMatchObject({ code: 'ReceiverNameTaken' });
});

test('a closed box connects nothing', async () => {
  const box = openBox();
  await box.close();
  expect(thrownBy(() => box.receivers.connect(happened, call, { name: 'ledger' }))).toMatchObject({ code: 'BoxClosed' });
});
