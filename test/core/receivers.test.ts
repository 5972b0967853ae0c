// The table of receivers: found by stored name and by signal, changed as a whole or not at all.
import { expect, test } from 'vitest';
import { z } from 'zod';
import { type Receiver, Receivers, type ReceiverTarget } from '../../src/core/receivers.ts';
import { DEFAULT_RETRY } from '../../src/core/retry.ts';
import { defineSignal } from '../../src/index.ts';

const placed = defineSignal('order.placed', z.object({}));
const paid = defineSignal('order.paid', z.object({}));

class Mailer {}
class Stock {}
const twin = ((): typeof Mailer => {
  class Mailer {}
  return Mailer;
})();

const method = (service: typeof Mailer, key: string | symbol, placement: 'instance' | 'static' = 'instance'): ReceiverTarget => ({
  placement,
  service,
  key,
});
const onMail = method(Mailer, 'onMail');
function audit(): void {}
const auditing: ReceiverTarget = { placement: 'function', call: audit };

function receiver(name: string, target: ReceiverTarget, more: Partial<Receiver> = {}): Receiver {
  return {
    name,
    formerly: [],
    signal: placed,
    queue: 'default',
    priority: 0,
    retry: DEFAULT_RETRY,
    timeoutMs: 1,
    transactional: true,
    isolation: 'read committed',
    target,
    ...more,
  };
}

const names = (receivers: readonly Receiver[]): string[] => receivers.map(({ name }) => name);

test('the receivers of a signal come in the order in which they were registered', () => {
  const receivers = new Receivers([
    receiver('B.two', method(Stock, 'two')),
    receiver('C.other', method(Stock, 'other'), { signal: paid }),
    receiver('A.one', onMail),
  ]);
  expect(names(receivers.of(placed))).toEqual(['B.two', 'A.one']);
  expect(names(receivers.of(paid))).toEqual(['C.other']);
  expect(names(receivers.all)).toEqual(['B.two', 'C.other', 'A.one']);
});

test('a signal without receivers has an empty list', () => {
  expect(new Receivers([]).of(placed)).toEqual([]);
  expect(new Receivers([receiver('A.one', onMail)]).of(paid)).toEqual([]);
});

test('a receiver is found only by its name together with its signal', () => {
  const [ofPlaced, ofPaid] = [receiver('Mailer.onMail', onMail), receiver('Mailer.onMail', onMail, { signal: paid })];
  const receivers = new Receivers([ofPlaced, ofPaid]);
  expect(receivers.find('Mailer.onMail', 'order.placed')).toBe(ofPlaced);
  expect(receivers.find('Mailer.onMail', 'order.paid')).toBe(ofPaid);
  for (const [name, signal] of [
    ['Mailer.onMail', 'order.lost'],
    ['Mailer', 'order.placed'],
    ['toString', 'order.placed'],
    ['__proto__', '__proto__'],
    ['', ''],
  ] as const)
    expect(receivers.find(name, signal)).toBeUndefined();
});

test('a receiver is not found by a former name', () => {
  const receivers = new Receivers([receiver('Mailer.onMail', onMail, { formerly: ['Post.onMail'] })]);
  expect(receivers.find('Post.onMail', 'order.placed')).toBeUndefined();
});

test.each<[what: string, all: Receiver[]]>([
  ['one method receives two signals', [receiver('A.x', onMail), receiver('A.x', onMail, { signal: paid })]],
  ['one method has two names', [receiver('A.x', onMail), receiver('A.y', onMail)]],
  ['one function receives two signals', [receiver('audit', auditing), receiver('audit', auditing, { signal: paid })]],
  [
    'a method keeps its former name for each signal',
    [receiver('A.x', onMail, { formerly: ['A.w'] }), receiver('A.x', onMail, { formerly: ['A.w'], signal: paid })],
  ],
  ['a method had its own name before', [receiver('A.x', onMail, { formerly: ['A.x'] })]],
])('nothing is refused where %s', (_what, all) => {
  expect(new Receivers(all).all).toEqual(all);
});

test.each<[what: string, one: Receiver, other: Receiver, where: string]>([
  ['two methods', receiver('A.x', onMail), receiver('A.x', method(Stock, 'count')), 'Mailer.onMail and Stock.count'],
  [
    'two signals of two methods',
    receiver('A.x', onMail),
    receiver('A.x', method(Stock, 'a'), { signal: paid }),
    'Mailer.onMail and Stock.a',
  ],
  ['two classes of one name', receiver('A.x', onMail), receiver('A.x', method(twin, 'onMail')), 'two classes named Mailer'],
  ['a method and a function', receiver('A.x', onMail), receiver('A.x', auditing), 'Mailer.onMail and the function audit'],
  ['a function and a method', receiver('A.x', auditing), receiver('A.x', onMail), 'the function audit and Mailer.onMail'],
  [
    'two functions',
    receiver('x', { placement: 'function', call: () => 1 }),
    receiver('x', auditing),
    'the function call and the function audit',
  ],
  [
    'two functions without a name',
    receiver('x', {
      placement: 'function',
      call: (
        () => () =>
          1
      )(),
    }),
    receiver('x', {
      placement: 'function',
      call: (
        () => () =>
          2
      )(),
    }),
    'the function (anonymous) and the function (anonymous)',
  ],
  [
    'methods named by symbols',
    receiver('x', method(Mailer, Symbol('a'))),
    receiver('x', method(Mailer, Symbol('b'))),
    'Mailer.Symbol(a) and Mailer.Symbol(b)',
  ],
  [
    'a name and a former name',
    receiver('A.x', onMail),
    receiver('B.y', method(Stock, 'a'), { formerly: ['A.x'] }),
    'Mailer.onMail and Stock.a',
  ],
  [
    'two former names',
    receiver('A.x', onMail, { formerly: ['C.z'] }),
    receiver('B.y', method(Stock, 'a'), { formerly: ['C.z'] }),
    'Mailer.onMail and Stock.a',
  ],
])('a name that %s have in common is refused, and the error names both places', (_what, one, other, where) => {
  expect(() => new Receivers([one, other])).toThrow(
    expect.objectContaining({ code: 'ReceiverNameTaken', message: expect.stringContaining(` is claimed by ${where}. `) as string }),
  );
});

test('a static method and a method of one key are told apart', () => {
  const all = [receiver('A.x', onMail), receiver('A.x', method(Mailer, 'onMail', 'static'))];
  expect(() => new Receivers(all)).toThrow(
    expect.objectContaining({
      code: 'ReceiverNameTaken',
      message: expect.stringContaining('by Mailer.onMail and static Mailer.onMail.') as string,
    }),
  );
});

test('a receiver that receives a signal twice is refused', () => {
  expect(() => new Receivers([receiver('A.x', onMail), receiver('A.x', onMail)])).toThrow(
    expect.objectContaining({ code: 'ReceiverNameTaken', message: expect.stringContaining('A.x receives order.placed twice') as string }),
  );
});

test('two definitions of one signal are refused, by the names of their receivers', () => {
  const again = defineSignal('order.placed', z.object({}));
  expect(() => new Receivers([receiver('A.x', onMail), receiver('B.y', method(Stock, 'a'), { signal: again })])).toThrow(
    expect.objectContaining({ code: 'SignalNameTaken', message: expect.stringMatching(/^B\.y and A\.x .*order\.placed/) as string }),
  );
});

test('receivers can be added and removed, and each change is counted', () => {
  const [mail, count] = [receiver('A.x', onMail), receiver('B.y', method(Stock, 'a'))];
  const receivers = new Receivers([mail]);
  expect(receivers.version).toBe(0);
  receivers.add([count]);
  expect([names(receivers.of(placed)), receivers.version]).toEqual([['A.x', 'B.y'], 1]);
  expect(receivers.find('B.y', 'order.placed')).toBe(count);
  receivers.remove([mail]);
  expect([names(receivers.all), names(receivers.of(placed)), receivers.version]).toEqual([['B.y'], ['B.y'], 2]);
  expect(receivers.find('A.x', 'order.placed')).toBeUndefined();
});

test('a removed name can be used again', () => {
  const mail = receiver('A.x', onMail);
  const receivers = new Receivers([mail]);
  receivers.remove([mail]);
  receivers.add([receiver('A.x', auditing)]);
  expect(receivers.find('A.x', 'order.placed')?.target).toBe(auditing);
});

test('either all receivers are added or none', () => {
  const receivers = new Receivers([receiver('A.x', onMail)]);
  const fine = receiver('B.y', method(Stock, 'a'));
  expect(() => receivers.add([fine, receiver('A.x', auditing)])).toThrow(expect.objectContaining({ code: 'ReceiverNameTaken' }));
  expect([names(receivers.all), names(receivers.of(placed)), receivers.version]).toEqual([['A.x'], ['A.x'], 0]);
  expect(receivers.find('B.y', 'order.placed')).toBeUndefined();
});

test('a returned list of receivers does not change afterwards', () => {
  const receivers = new Receivers([receiver('A.x', onMail)]);
  const [all, of] = [receivers.all, receivers.of(placed)];
  receivers.add([receiver('B.y', method(Stock, 'a'))]);
  expect([names(all), names(of)]).toEqual([['A.x'], ['A.x']]);
});

test('a name of one receiver that is a former name of another one of the same signal is refused, even for the same method', () => {
  const before = receiver('A.one', onMail);
  const after = receiver('A.two', onMail, { formerly: ['A.one'] });
  for (const both of [
    [before, after],
    [after, before],
  ])
    expect(() => new Receivers(both)).toThrow(expect.objectContaining({ code: 'ReceiverNameTaken' }));
  expect(names(new Receivers([before, { ...after, signal: paid }]).all)).toEqual(['A.one', 'A.two']);
});

test('removed receivers free their names, and receivers that could not be added leave nothing behind', () => {
  const [one, two] = [receiver('A.one', onMail, { formerly: ['A.was'] }), receiver('B.two', method(Stock, 'two'))];
  const receivers = new Receivers([one]);
  const taking = receiver('A.was', method(Stock, 'was'));
  expect(() => receivers.add([two, taking])).toThrow(expect.objectContaining({ code: 'ReceiverNameTaken' }));
  expect([names(receivers.all), names(receivers.of(placed)), receivers.find('B.two', placed.name)]).toEqual([
    ['A.one'],
    ['A.one'],
    undefined,
  ]);
  receivers.remove([one, two]);
  receivers.add([two, taking]);
  expect([names(receivers.all), names(receivers.of(placed))]).toEqual([
    ['B.two', 'A.was'],
    ['B.two', 'A.was'],
  ]);
});

test('a change reads only the receivers that it changes, so that very many can be added one by one', () => {
  const receivers = new Receivers([]);
  let looks = 0;
  const add = (index: number): void =>
    receivers.add([
      {
        ...receiver(`R.${index}`, { placement: 'function', call: () => {} }),
        get name() {
          looks++;
          return `R.${index}`;
        },
      },
    ]);
  add(-1);
  const ofOne = looks;
  for (let index = 0; index < 20_000; index++) add(index);
  expect(receivers.of(placed)).toHaveLength(20_001);
  expect(looks).toBeLessThan(20_001 * (ofOne + 2));
});
