// Services with receivers that cannot be made are refused before any work begins, without making any service. The pool
// of these boxes has an unreachable address, so these refusals come before any query.
import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineSignal, inject, OnSignal, provide, Service, type Signalbox, Token } from '../../src/index.ts';
import { openBox } from './box.ts';

const happened = defineSignal('check.happened', z.object({}));
const KEY = new Token<string>('key');
const OTHER = new Token<string>('other');

const made: string[] = [];

class Mailer {}

@Service()
class Ledger {
  constructor() {
    made.push('Ledger');
  }
}

@Service()
class Receipts {
  constructor(
    readonly ledger: Ledger,
    readonly mailer: Mailer,
  ) {
    made.push('Receipts');
  }

  @OnSignal(happened)
  receive(): void {}
}

class Untyped {
  constructor(readonly ledger: Ledger) {}
}
// The output of a compiler that emits no types: the method's decorator alone would make it emit them here.
OnSignal(happened)(Object.assign(Untyped.prototype, { receive() {} }), 'receive', { value(): void {} });

const beginnings: [what: string, begin: (box: Signalbox) => Promise<unknown>][] = [
  ['a worker starts', (box) => box.worker().start()],
  ['a worker claims once', (box) => box.worker().tick()],
  ['a worker runs', (box) => box.worker().run()],
  ['a box drains', (box) => box.drain()],
  ['receivers are announced', (box) => box.receivers.announce()],
];

test.each(beginnings)('before %s, a missing provider is named with its path, and nothing is made', async (_what, begin) => {
  made.length = 0;
  await using box = openBox({ services: [Receipts] });
  await expect(begin(box)).rejects.toMatchObject({
    code: 'MissingProvider',
    message: expect.stringContaining('Nothing provides Mailer (Receipts → Mailer)') as string,
  });
  expect(made).toEqual([]);
});

test.each(beginnings)('before %s, a constructor of unknown parameters is refused', async (_what, begin) => {
  await using box = openBox({ services: [Untyped] });
  await expect(begin(box)).rejects.toMatchObject({
    code: 'MissingMetadata',
    message: expect.stringContaining('The constructor of Untyped takes 1 parameter') as string,
  });
});

test('a circle is found through factories and replacements', async () => {
  const pass = (value: string): string => value;
  await using box = openBox({
    services: [Receipts],
    providers: [
      provide(Mailer, { useFactory: (key: string) => ({ key }), inject: [KEY] }),
      provide(KEY, { useFactory: pass, inject: [OTHER] }),
      provide(OTHER, { useFactory: pass, inject: [KEY] }),
    ],
  });
  await expect(box.receivers.announce()).rejects.toMatchObject({
    code: 'CircularDependency',
    message: expect.stringContaining('Token(key) → Token(other) → Token(key)') as string,
  });
});

/** The check finds nothing without making services: the next step is a query, which fails without a database. */
const passes = { code: 'DatabaseUnreachable' };

test('a replaced service does not need its own dependencies', async () => {
  await using box = openBox({
    services: [Receipts],
    overrides: [provide(Receipts, { useValue: { receive() {} } as unknown as Receipts })],
  });
  await expect(box.worker().start()).rejects.toMatchObject(passes);
});

test('a class that replaces another, and a class that two need, are no circle', async () => {
  @Service({ inject: [Ledger] })
  class PaperMail extends Mailer {
    constructor(readonly ledger: Ledger) {
      super();
    }
  }
  await using box = openBox({ services: [Receipts], providers: [provide(Mailer, { useClass: PaperMail })] });
  await expect(box.worker().start()).rejects.toMatchObject(passes);
});

test('services without receivers, or with static ones only, are not checked', async () => {
  @Service()
  class Silent {
    constructor(readonly mailer: Mailer) {}
  }
  class Static {
    constructor(readonly mailer: Mailer) {}
    @OnSignal(happened)
    static receive(): void {}
  }
  await using box = openBox({ services: [Silent, Static] });
  await expect(box.worker().start()).rejects.toMatchObject(passes);
});

test('the injections of fields are not visible to the check, and objects of another container are not checked', async () => {
  class Late {
    readonly mailer = inject(Mailer);
    @OnSignal(happened)
    receive(): void {}
  }
  await using late = openBox({ services: [Late] });
  await expect(late.worker().start()).rejects.toMatchObject(passes);
  await using elsewhere = openBox({ services: [Receipts], resolve: () => undefined });
  await expect(elsewhere.worker().start()).rejects.toMatchObject(passes);
});
