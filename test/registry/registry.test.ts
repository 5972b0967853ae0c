// The registry: how services come about, and what it says when they cannot.
import { drizzle } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { expect, test } from 'vitest';
import { z } from 'zod';
import {
  createSignalbox,
  Db,
  defineSignal,
  inject,
  OnSignal,
  provide,
  Service,
  type Signalbox,
  type SignalboxOptions,
  Token,
} from '../../src/index.ts';

/** No connection is opened: nothing is queried. */
const boxOf = (options: Partial<SignalboxOptions>): Signalbox =>
  createSignalbox({ db: drizzle({ client: postgres('postgres://nobody@127.0.0.1:9/none') }), log: false, ...options });

const CLOCK = new Token<() => number>('clock');

@Service()
class Engine {
  readonly power: number = 7;
}

@Service()
class Car {
  constructor(
    readonly engine: Engine,
    readonly db: Db,
  ) {}
}

test('constructors get what their parameters are typed as, each made once', () => {
  const box = boxOf({ services: [Car] });
  const car = box.get(Car);
  expect(car.engine).toBeInstanceOf(Engine);
  expect(car.db).toBe(box.db);
  expect(box.get(Car)).toBe(car);
  expect(box.get(Engine)).toBe(car.engine);
});

test('two boxes share no object', () => {
  const [one, other] = [boxOf({ services: [Car] }), boxOf({ services: [Car] })];
  expect(one.get(Car)).not.toBe(other.get(Car));
  expect(one.get(Car).engine).not.toBe(other.get(Engine));
  expect(one.get(Car).db).not.toBe(other.get(Car).db);
});

test('a transient service is made anew each time', () => {
  @Service({ scope: 'transient' })
  class Ticket {}
  const box = boxOf({ services: [Ticket] });
  expect(box.get(Ticket)).not.toBe(box.get(Ticket));
});

test('listed injectables, tokens, values, factories and classes that stand in', () => {
  @Service({ inject: [Engine, CLOCK] })
  class Timer {
    constructor(
      readonly engine: { power: number },
      readonly clock: () => number,
    ) {}
  }
  class Silent extends Engine {}
  const LABEL = new Token<string>('label');
  const box = boxOf({
    services: [Timer],
    providers: [
      provide(CLOCK, { useValue: () => 5 }),
      provide(Engine, { useClass: Silent }),
      provide(LABEL, { useFactory: (timer, clock) => `${timer.engine.power}@${clock()}`, inject: [Timer, CLOCK] }),
    ],
  });
  expect(box.get(Timer).engine).toBeInstanceOf(Silent);
  expect(box.get(LABEL)).toBe('7@5');
});

test('inject() works in constructors, fields and factories, and nowhere else', () => {
  class Field {
    readonly engine = inject(Engine);
  }
  const POWER = new Token<number>('power');
  const box = boxOf({ services: [Field], providers: [provide(POWER, { useFactory: () => inject(Engine).power })] });
  expect(box.get(Field).engine).toBe(box.get(Engine));
  expect(box.get(POWER)).toBe(7);
  expect(() => inject(Engine)).toThrow(expect.objectContaining({ code: 'NoInjectionContext' }));
  expect(() => new Field()).toThrow(expect.objectContaining({ code: 'NoInjectionContext' }));
});

test('an override takes the place of a service or a value', () => {
  const box = boxOf({ services: [Car], override: [provide(Engine, { useValue: { power: 1 } })] });
  expect(box.get(Car).engine.power).toBe(1);
});

test('what nothing provides is named with the path to it', () => {
  class Wheel {}
  @Service({ inject: [Wheel] })
  class Axle {
    constructor(readonly wheel: Wheel) {}
  }
  @Service({ inject: [Axle, CLOCK] })
  class Cart {
    constructor(
      readonly axle: Axle,
      readonly clock: () => number,
    ) {}
  }
  expect(() => boxOf({ services: [Cart] }).get(Cart)).toThrow(
    expect.objectContaining({
      code: 'MissingProvider',
      message: expect.stringMatching(/Nothing provides Wheel \(Cart → Axle → Wheel\).*@Service\(\)/) as string,
    }),
  );
  const withWheel = boxOf({ services: [Cart], providers: [provide(Wheel, { useClass: Wheel })] });
  expect(() => withWheel.get(Cart)).toThrow(
    expect.objectContaining({ message: expect.stringMatching(/Token\(clock\) \(Cart → Token\(clock\)\)/) as string }),
  );
});

test('a circle is named as it goes', () => {
  const EGG = new Token<object>('egg');
  @Service({ inject: [EGG] })
  class Hen {
    constructor(readonly egg: object) {}
  }
  const box = boxOf({ services: [Hen], providers: [provide(EGG, { useFactory: () => inject(Hen) })] });
  expect(() => box.get(Hen)).toThrow(
    expect.objectContaining({ code: 'CircularDependency', message: expect.stringContaining('Hen → Token(egg) → Hen') as string }),
  );
});

test('a constructor of which nothing is known says what would help', () => {
  class Undecorated {
    constructor(readonly engine: Engine) {}
  }
  expect(() => boxOf({ services: [Undecorated] }).get(Undecorated)).toThrow(
    expect.objectContaining({
      code: 'MissingMetadata',
      message: expect.stringMatching(/Undecorated takes 1 parameter.*@Service\(\{ inject.*emitDecoratorMetadata/) as string,
    }),
  );
  @Service()
  class Plain {
    constructor(readonly name: string) {}
  }
  expect(() => boxOf({ services: [Plain] }).get(Plain)).toThrow(
    expect.objectContaining({
      code: 'MissingMetadata',
      message: expect.stringMatching(/Parameter 1 of the constructor of Plain.*String/) as string,
    }),
  );
  @Service({ inject: [undefined as unknown as typeof Engine] })
  class Circular {
    constructor(readonly engine: Engine) {}
  }
  expect(() => boxOf({ services: [Circular] }).get(Circular)).toThrow(
    expect.objectContaining({ code: 'MissingMetadata', message: expect.stringContaining('two files import each other') as string }),
  );
});

test('what a constructor throws comes out as it is, and is not remembered as made', () => {
  let times = 0;
  @Service()
  class Fragile {
    constructor() {
      if (++times === 1) throw new Error('first time');
    }
  }
  const box = boxOf({ services: [Fragile] });
  expect(() => box.get(Fragile)).toThrow('first time');
  expect(box.get(Fragile)).toBeInstanceOf(Fragile);
});

test('a receiver name that two methods claim is refused, and so are two signals of one name', () => {
  const one = defineSignal('registry.one', z.object({}));
  const namesake = defineSignal('registry.one', z.object({}));
  class A {
    @OnSignal(one, { name: 'Shared.receive' })
    static async a(): Promise<void> {}
  }
  class B {
    @OnSignal(one, { name: 'Shared.receive' })
    static async b(): Promise<void> {}
  }
  class C {
    @OnSignal(namesake)
    static async c(): Promise<void> {}
  }
  expect(() => boxOf({ services: [A, B] })).toThrow(
    expect.objectContaining({
      code: 'ReceiverNameTaken',
      message: expect.stringMatching(/Shared\.receive is claimed by A\.a and B\.b/) as string,
    }),
  );
  expect(() => boxOf({ services: [A, C] })).toThrow(
    expect.objectContaining({ code: 'SignalNameTaken', message: expect.stringContaining('registry.one') as string }),
  );
  const twins = [1, 2].map(() => {
    class Twin {
      @OnSignal(one)
      static async receive(): Promise<void> {}
    }
    return Twin;
  });
  expect(() => boxOf({ services: twins })).toThrow(
    expect.objectContaining({ message: expect.stringContaining('two classes named Twin') as string }),
  );
  expect(() => boxOf({ services: [A, A] })).not.toThrow();
});

test('a database that cannot be driven is refused', () => {
  for (const db of [undefined, {}, { $client: {} }, postgres('postgres://nobody@127.0.0.1:9/none')])
    expect(() => createSignalbox({ db: db as never })).toThrow(expect.objectContaining({ code: 'UnsupportedDatabase' }));
});

test('Db itself cannot be made by hand', () => {
  expect(() => new (Db as unknown as new () => object)()).toThrow(expect.objectContaining({ code: 'NoInjectionContext' }));
});
