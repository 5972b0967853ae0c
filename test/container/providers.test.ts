// The sources of injected values, the number of instances of each, and replacements.
import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineSignal, inject, OnSignal, provide, Service, Token } from '../../src/index.ts';
import { openBox, thrownBy } from './box.ts';

const KEY = new Token<string>('key');
const happened = defineSignal('providers.happened', z.object({}));

@Service()
class Config {
  readonly key: string = 'from the config';
}

@Service()
class Mailer {
  constructor(readonly config: Config) {}
}

@Service()
class Billing {
  constructor(readonly mailer: Mailer) {}
}

test('a token stands for a value, whatever the value is', async () => {
  const NOTHING = new Token<undefined>('nothing');
  const CLOCK = new Token<() => number>('clock');
  await using box = openBox({
    providers: [provide(KEY, { useValue: '' }), provide(NOTHING, { useValue: undefined }), provide(CLOCK, { useValue: () => 7 })],
  });
  expect([box.get(KEY), box.get(NOTHING), box.get(CLOCK)()]).toEqual(['', undefined, 7]);
});

test('two tokens with the same name are two tokens', async () => {
  const TWIN = new Token<string>('key');
  await using box = openBox({ providers: [provide(KEY, { useValue: 'one' }), provide(TWIN, { useValue: 'two' })] });
  expect([box.get(KEY), box.get(TWIN)]).toEqual(['one', 'two']);
});

test('a factory gets the arguments of its list, and is called once', async () => {
  let calls = 0;
  const factory = (config: Config, mailer: Mailer): string => `${config.key}, ${mailer.config === config}, ${++calls}`;
  await using box = openBox({ providers: [provide(KEY, { useFactory: factory, inject: [Config, Mailer] })] });
  expect([box.get(KEY), box.get(KEY)]).toEqual(['from the config, true, 1', 'from the config, true, 1']);
});

test('a transient factory is called each time', async () => {
  let calls = 0;
  await using box = openBox({ providers: [provide(KEY, { useFactory: () => `call ${++calls}`, scope: 'transient' })] });
  expect([box.get(KEY), box.get(KEY)]).toEqual(['call 1', 'call 2']);
});

test('a provider may be written in one object, as in NestJS: a value, a class, a factory', async () => {
  await using box = openBox({
    providers: [
      { provide: KEY, useFactory: (config: Config) => `key of ${config.constructor.name}`, inject: [Config] },
      { provide: Object, useValue: 'replaced' },
    ],
    overrides: [{ provide: Object, useValue: 'value' }],
  });
  expect([box.get(KEY), box.get(Object)]).toEqual(['key of Config', 'value']);
});

test('an asynchronous factory provides its promise, and is called once', async () => {
  const LATER = new Token<Promise<string>>('later');
  let calls = 0;
  await using box = openBox({ providers: [provide(LATER, { useFactory: async () => `call ${++calls}` })] });
  expect([await box.get(LATER), await box.get(LATER)]).toEqual(['call 1', 'call 1']);
});

test('a factory is not called before its value is needed', async () => {
  const refuse = (): string => {
    throw new Error('called');
  };
  await using box = openBox({ providers: [provide(KEY, { useFactory: refuse })] });
  expect(box.get(Config)).toBeInstanceOf(Config);
});

test('get throws the error of a factory, and the next get tries again', async () => {
  const failure = new Error('no key yet');
  let ready = false;
  const factory = (): string => {
    if (!ready) throw failure;
    return 'key';
  };
  @Service({ inject: [KEY] })
  class Signer {
    constructor(readonly key: string) {}
  }
  await using box = openBox({ providers: [provide(KEY, { useFactory: factory })] });
  expect(thrownBy(() => box.get(Signer))).toBe(failure);
  ready = true;
  expect(box.get(Signer).key).toBe('key');
});

test('a service is made once for a box, when it is first needed', async () => {
  let made = 0;
  @Service()
  class Counter {
    readonly number = ++made;
  }
  @Service()
  class Reader {
    constructor(readonly counter: Counter) {}
  }
  await using box = openBox({ services: [Counter, Reader] });
  expect(made).toBe(0);
  expect(box.get(Reader).counter).toBe(box.get(Counter));
  expect(box.get(Reader)).toBe(box.get(Reader));
  expect(made).toBe(1);
});

test('a transient service is made anew for each use', async () => {
  @Service({ scope: 'transient' })
  class Buffer {}
  @Service()
  class Left {
    readonly buffer = inject(Buffer);
  }
  @Service()
  class Right {
    readonly buffer = inject(Buffer);
  }
  await using box = openBox();
  expect(new Set([box.get(Left).buffer, box.get(Right).buffer, box.get(Left).buffer, box.get(Buffer), box.get(Buffer)]).size).toBe(4);
});

test('a transient replacement is made anew, under both names', async () => {
  @Service({ scope: 'transient' })
  class FakeMailer extends Mailer {}
  await using box = openBox({ providers: [provide(Mailer, { useClass: FakeMailer })] });
  expect(new Set([box.get(Mailer), box.get(Mailer), box.get(FakeMailer), box.get(Billing).mailer]).size).toBe(4);
  expect(box.get(Billing)).toBe(box.get(Billing));
});

test('two boxes share no instance', async () => {
  const providers = [provide(KEY, { useFactory: () => new Date().toISOString() })];
  await using one = openBox({ services: [Billing], providers });
  await using two = openBox({ services: [Billing], providers });
  expect(one.get(Billing)).not.toBe(two.get(Billing));
  expect(one.get(Billing).mailer).not.toBe(two.get(Billing).mailer);
  expect(one.db).not.toBe(two.db);
});

test('a class replaces another, and is the same object under both', async () => {
  class FakeMailer extends Mailer {}
  await using box = openBox({ providers: [provide(Mailer, { useClass: FakeMailer })] });
  expect(box.get(Billing).mailer).toBeInstanceOf(FakeMailer);
  expect(box.get(FakeMailer)).toBe(box.get(Mailer));
});

test('of two providers for the same value, the later one counts', async () => {
  await using box = openBox({ providers: [provide(KEY, { useValue: 'first' }), provide(KEY, { useValue: 'second' })] });
  expect(box.get(KEY)).toBe('second');
});

test('an override replaces services and providers for everything that needs them', async () => {
  class FakeConfig extends Config {
    override readonly key = 'fake';
  }
  const fakeMailer = { config: new FakeConfig() };
  await using box = openBox({
    services: [Billing, Mailer, Config],
    providers: [provide(KEY, { useValue: 'real' })],
    overrides: [
      provide(Mailer, { useValue: fakeMailer }),
      provide(Config, { useClass: FakeConfig }),
      provide(KEY, { useFactory: (config: Config) => config.key, inject: [Config] }),
    ],
  });
  expect(box.get(Billing).mailer).toBe(fakeMailer);
  expect(box.get(Config)).toBeInstanceOf(FakeConfig);
  expect(box.get(KEY)).toBe('fake');
});

test('a receiver is called on the object of the override', async () => {
  const calls: string[] = [];
  @Service()
  class Orders {
    @OnSignal(happened, { transactional: false })
    onHappened(): void {
      calls.push('real');
    }
  }
  class FakeOrders extends Orders {
    override onHappened(): void {
      calls.push('fake');
    }
  }
  await using box = openBox({ services: [Orders], overrides: [provide(Orders, { useClass: FakeOrders })] });
  await happened.emit(box.db, {});
  expect(calls).toEqual(['fake']);
});

test('the call of a receiver whose override lacks the method fails with that error', async () => {
  @Service()
  class Orders {
    @OnSignal(happened, { transactional: false })
    onHappened(): void {}
  }
  await using box = openBox({ services: [Orders], overrides: [provide(Orders, { useValue: {} as Orders })] });
  await expect(happened.emit(box.db, {})).rejects.toMatchObject({
    code: 'MissingProvider',
    message: expect.stringContaining('What provides Orders has no method onHappened') as string,
  });
});
