// From the classes of a box to its receivers: stored names, the receivers that may share one, and forgotten services.
import { beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { defineSignal, OnSignal, type OnSignalOptions, Service, type Signalbox } from '../../src/index.ts';
import { forgottenServices } from '../../src/box/warnings.ts';
import { receiversOf } from '../../src/receivers/register.ts';
import { recordingLogger } from '../support/log.ts';
import { openBox, thrownBy } from '../container/box.ts';

const happened = defineSignal('receivers.happened', z.object({}));
const other = defineSignal('receivers.other', z.object({}));

@Service()
class Orders {
  @OnSignal(happened)
  onHappened(): void {}

  @OnSignal(happened)
  @OnSignal(other)
  static onBoth(): void {}
}

const namesOf = (...services: Parameters<typeof receiversOf>[0]): string[] => receiversOf(services).all.map(({ name }) => name);

test('a receiver is stored under its class and method, or under its pinned name', () => {
  @Service({ name: 'Shop' })
  class Renamed {
    @OnSignal(happened)
    onHappened(): void {}
    @OnSignal(happened, { name: 'shop-audit' })
    audit(): void {}
  }
  expect(namesOf(Orders).sort()).toEqual(['Orders.onBoth', 'Orders.onBoth', 'Orders.onHappened']);
  expect(namesOf(Renamed).sort()).toEqual(['Shop.onHappened', 'shop-audit']);
});

test('a class given twice has its receivers once', () => {
  expect(namesOf(Orders, Orders)).toEqual(namesOf(Orders));
});

test('options that a receiver omits have defaults', () => {
  const [receiver] = receiversOf([Orders]).of(happened);
  expect(receiver).toMatchObject({ queue: 'default', priority: 0, timeoutMs: 60_000, transactional: true, retry: { attempts: 12 } });
});

test('receivers of a signal come in the order of the services', () => {
  @Service()
  class First {
    @OnSignal(happened)
    on(): void {}
  }
  @Service()
  class Second {
    @OnSignal(happened)
    on(): void {}
  }
  const order = (...services: Parameters<typeof receiversOf>[0]): string[] =>
    receiversOf(services)
      .of(happened)
      .map(({ name }) => name);
  expect(order(First, Second)).toEqual(['First.on', 'Second.on']);
  expect(order(Second, First)).toEqual(['Second.on', 'First.on']);
});

test('a receiver is found only by the name and the signal of its row', () => {
  const receivers = receiversOf([Orders]);
  expect(receivers.find('Orders.onHappened', happened.name)?.target).toMatchObject({ key: 'onHappened', placement: 'instance' });
  expect(receivers.find('Orders.onHappened', other.name)).toBeUndefined();
  for (const name of ['Orders.constructor', 'Orders.toString', '__proto__', 'Orders'])
    expect(receivers.find(name, happened.name)).toBeUndefined();
});

test('a box refuses a receiver name that two methods have, and names both', () => {
  class Audit {
    @OnSignal(happened, { name: 'audit' })
    one(): void {}
    @OnSignal(other, { name: 'audit' })
    two(): void {}
  }
  expect(thrownBy(() => openBox({ services: [Audit] }))).toMatchObject({
    code: 'ReceiverNameTaken',
    message: expect.stringMatching(/name audit .*Audit\.one and Audit\.two.*@Service\(\{ name \}\)/) as string,
  });
});

test('a box refuses two classes of the same name that have the same receiver', () => {
  const make = (): new () => object => {
    @Service()
    class Twin {
      @OnSignal(happened)
      on(): void {}
    }
    return Twin;
  };
  expect(thrownBy(() => openBox({ services: [make(), make()] }))).toMatchObject({
    code: 'ReceiverNameTaken',
    message: expect.stringContaining('Twin.on is claimed by two classes named Twin') as string,
  });
});

test('a box refuses a method that is tagged twice for a signal', () => {
  class Twice {
    @OnSignal(happened)
    @OnSignal(happened, { queue: 'slow' })
    on(): void {}
  }
  expect(thrownBy(() => openBox({ services: [Twice] }))).toMatchObject({
    code: 'ReceiverNameTaken',
    message: expect.stringMatching(/Twice\.on receives receivers\.happened twice/) as string,
  });
});

test('a box refuses two signals of the same name, and names a receiver of each', () => {
  const copy = defineSignal('receivers.happened', z.object({ more: z.string().optional() }));
  class Audit {
    @OnSignal(copy)
    onCopy(): void {}
  }
  expect(thrownBy(() => openBox({ services: [Orders, Audit] }))).toMatchObject({
    code: 'SignalNameTaken',
    message: expect.stringMatching(/Audit\.onCopy and Orders\.on\w+ receive .*receivers\.happened.*Define each signal once/) as string,
  });
});

test.each<[what: string, options: OnSignalOptions, named: RegExp]>([
  ['a name with a space', { name: 'my receiver' }, /name is "my receiver"/],
  ['an empty name', { name: '' }, /name is ""/],
  ['a name of more than 200 characters', { name: 'x'.repeat(201) }, /1 to 200/],
  ['a queue with a control character', { queue: 'a\u0000' }, /Bad\.on: queue is "a\\u0000"/],
  ['a priority that is not whole', { priority: 0.5 }, /Bad\.on: priority is 0\.5/],
  ['a priority beyond 1000', { priority: -1001 }, /-1000 to 1000/],
  ['a timeout of nothing', { timeout: 0 }, /Bad\.on: timeout is 0\. Give .* from 1ms to 24h/],
  ['a timeout of more than a day', { timeout: '25h' }, /from 1ms to 24h/],
  ['a timeout that is no duration', { timeout: 'soon' as never }, /Bad\.on: timeout.*soon/],
  ['an option that there is not', { retries: 5 } as OnSignalOptions, /Bad\.on: there is no option retries\. The options are name, .*retry/],
  ['an option of retries that there is not', { retry: { times: 5 } as object }, /Bad\.on: there is no option retry\.times\. .*attempts/],
  ['a number of retries in place of options', { retry: 5 as never }, /Bad\.on: retry is 5\. Give an object/],
  ['no attempt at all', { retry: { attempts: 0 } }, /Bad\.on: retry\.attempts is 0/],
])('a box refuses a receiver with %s', (_what, options, named) => {
  class Bad {
    @OnSignal(happened, options as OnSignalOptions & { transactional?: true })
    on(): void {}
  }
  expect(thrownBy(() => openBox({ services: [Bad] }))).toMatchObject({
    code: 'InvalidOption',
    message: expect.stringMatching(named) as string,
  });
});

test('a box refuses names that cannot be stored: of a symbol, of a class without a name', () => {
  const key = Symbol('hidden');
  class Symbolic {
    @OnSignal(happened)
    [key](): void {}
  }
  class Nameless {
    @OnSignal(happened)
    on(): void {}
  }
  Object.defineProperty(Nameless, 'name', { value: '' });
  expect(thrownBy(() => openBox({ services: [Symbolic] }))).toMatchObject({
    code: 'InvalidDecorator',
    message: expect.stringMatching(/Symbolic\[Symbol\(hidden\)\].*name/) as string,
  });
  expect(thrownBy(() => openBox({ services: [Nameless] }))).toMatchObject({ code: 'InvalidOption' });
});

test('a symbol or a class without a name is accepted if the receiver has a name', () => {
  const key = Symbol('hidden');
  class Symbolic {
    @OnSignal(happened, { name: 'hidden' })
    [key](): void {}
  }
  Object.defineProperty(Symbolic, 'name', { value: '' });
  expect(namesOf(Symbolic)).toEqual(['hidden']);
});

class Forgotten {
  @OnSignal(happened)
  on(): void {}
}

@Service()
class ReceivesNothing {}

class Untagged {
  @OnSignal(happened)
  on(): void {}
}

beforeAll(() => Service()(Forgotten));

test('a service with receivers that the box was not given counts as forgotten; one that it was given, or that is extended, does not', () => {
  class Derived extends Orders {}
  expect(forgottenServices([])).toEqual(expect.arrayContaining(['Forgotten', 'Orders']));
  expect(forgottenServices([Orders])).toContain('Forgotten');
  expect(forgottenServices([Orders, Forgotten])).not.toContain('Forgotten');
  expect(forgottenServices([Derived])).not.toContain('Orders');
  // Legacy decorators of methods know their class, so the class is noticed even without @Service.
  expect(forgottenServices([])).toContain(Untagged.name);
  expect(forgottenServices([])).not.toContain(ReceivesNothing.name);
});

test.each<[who: string, act: (box: Signalbox) => unknown]>([
  ['a worker', (box) => box.worker()],
  // Its pool has an unreachable address.
  ['an announcement', (box) => box.receivers.announce().catch(() => {})],
])('%s warns of forgotten services by name, and says where to add them', async (_who, act) => {
  const { log, lines } = recordingLogger();
  await using box = openBox({ services: [Orders], log });
  await act(box);
  const warned = lines.filter(({ level, message }) => level === 'warn' && message?.includes('was given to no box'));
  expect(warned).toContainEqual({
    level: 'warn',
    fields: { service: 'Forgotten' },
    message: expect.stringContaining('Add it to `services` of createSignalbox') as string,
  });
  expect(warned.map(({ fields }) => fields)).not.toContainEqual({ service: 'Orders' });
});

test('a class inherits the receivers of its parent once, and not the name that was pinned for the parent', () => {
  @Service({ name: 'Pinned' })
  class Parent {
    @OnSignal(happened)
    receive(): void {}

    @OnSignal(happened)
    static receiveStatic(): void {}
  }
  class Heir extends Parent {}
  const names = receiversOf([Parent, Heir]).all.map(({ name }) => name);
  expect(names.toSorted()).toEqual(['Heir.receive', 'Heir.receiveStatic', 'Pinned.receive', 'Pinned.receiveStatic']);
});

test('a class that another box of the process was given does not count as forgotten', async () => {
  class Elsewhere {
    @OnSignal(happened)
    on(): void {}
  }
  expect(forgottenServices([])).toContain('Elsewhere');
  await using _box = openBox({ services: [Elsewhere] });
  expect(forgottenServices([])).not.toContain('Elsewhere');
});

test('a stored name that looks minified gives one warning, unless it is pinned', async () => {
  const classes = Object.entries({ t: {}, a$: {}, Ab: { name: 'Pinned' }, e: { name: 'e' }, Orders: {}, u: {} }).map(([name, options]) => {
    class Service_ {
      @OnSignal(happened)
      on(): void {}
    }
    Object.defineProperty(Service_, 'name', { value: name });
    Service(options)(Service_);
    return Service_;
  });
  const { log, lines } = recordingLogger();
  await using box = openBox({ services: classes.slice(0, 4), log });
  box.framework.register(classes.slice(4));
  expect(lines.filter(({ message }) => message?.includes('minified'))).toEqual([
    {
      level: 'warn',
      fields: { receivers: ['t.on', 'a$.on'] },
      message: expect.stringMatching(/2 receivers look minified, as in t\.on\..*@Service\(\{ name \}\)/) as string,
    },
  ]);
});

test('meaningful names give no warning', async () => {
  const { log, lines } = recordingLogger();
  await using box = openBox({ services: [Orders], log });
  box.receivers.connect(happened, () => {}, { name: 'x' });
  expect(lines.filter(({ message }) => message?.includes('minified'))).toEqual([]);
});
