// The errors of the registry name the whole path and the fix.
import { expect, test, vi } from 'vitest';
import { type Class, Db, inject, provide, Service, type Signalbox, Token } from '../../src/index.ts';
import { openBox, thrownBy } from './box.ts';

const KEY = new Token<string>('key');

class Unmarked {}

@Service()
class Middle {
  constructor(readonly unmarked: Unmarked) {}
}

@Service()
class Outer {
  readonly middle = inject(Middle);
}

const message = (...parts: (string | RegExp)[]): unknown => {
  const source = parts.map((part) => (typeof part === 'string' ? part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&') : part.source)).join('.*');
  return expect.stringMatching(new RegExp(source, 's'));
};

test('a class without a provider is named with the path to it and two ways to fix that', async () => {
  await using box = openBox();
  expect(thrownBy(() => box.get(Outer))).toMatchObject({
    code: 'MissingProvider',
    message: message('Unmarked (Outer → Middle → Unmarked)', '@Service()', 'provide(Unmarked'),
  });
  expect(thrownBy(() => box.get(Unmarked))).toMatchObject({ code: 'MissingProvider', message: message(/^Nothing provides Unmarked\. /) });
});

test('a token without a provider is named with the path to it', async () => {
  await using box = openBox({ providers: [provide(Unmarked, { useFactory: (key: string) => ({ key }), inject: [KEY] })] });
  expect(thrownBy(() => box.get(Outer))).toMatchObject({
    code: 'MissingProvider',
    message: message('Token(key) (Outer → Middle → Unmarked → Token(key))', 'useValue'),
  });
});

test('a provided class needs no @Service', async () => {
  await using box = openBox({ providers: [provide(Unmarked, { useClass: Unmarked })] });
  expect(box.get(Outer).middle.unmarked).toBeInstanceOf(Unmarked);
});

@Service()
class Chicken {
  readonly egg: object = inject(Egg);
}

@Service({ inject: [Chicken] })
class Egg {
  constructor(readonly chicken: object) {}
}

@Service()
class Farm {
  constructor(readonly chicken: Chicken) {}
}

test('services that depend on each other in a circle are named, without those that only lead there', async () => {
  await using box = openBox();
  expect(thrownBy(() => box.get(Farm))).toMatchObject({
    code: 'CircularDependency',
    message: message(/circle: Chicken → Egg → Chicken\. /, 'emit a signal'),
  });
});

test('a service that needs itself is a circle', async () => {
  @Service()
  class Ouroboros {
    readonly tail: object = inject(Ouroboros);
  }
  await using box = openBox();
  expect(thrownBy(() => box.get(Ouroboros))).toMatchObject({ code: 'CircularDependency', message: message('Ouroboros → Ouroboros') });
});

test('a circle is found through tokens, factories and replacements', async () => {
  class OtherEgg {
    readonly key = inject(KEY);
  }
  await using box = openBox({
    providers: [provide(KEY, { useFactory: ({ chicken }: Farm) => typeof chicken, inject: [Farm] })],
    overrides: [provide(Egg, { useClass: OtherEgg as unknown as Class<Egg> })],
  });
  expect(thrownBy(() => box.get(KEY))).toMatchObject({
    code: 'CircularDependency',
    message: message('Token(key) → Farm → Chicken → Egg → OtherEgg → Token(key)'),
  });
});

test('providers that refer to each other are a circle', async () => {
  const [ONE, TWO] = [new Token<string>('one'), new Token<string>('two')];
  const pass = (value: string): string => value;
  await using box = openBox({
    providers: [provide(ONE, { useFactory: pass, inject: [TWO] }), provide(TWO, { useFactory: pass, inject: [ONE] })],
  });
  expect(thrownBy(() => box.get(TWO))).toMatchObject({
    code: 'CircularDependency',
    message: message('Token(two) → Token(one) → Token(two)'),
  });
});

test('transient services that need each other are a circle, too', async () => {
  @Service({ scope: 'transient' })
  class Left {
    readonly right: object = inject(Right);
  }
  @Service({ scope: 'transient' })
  class Right {
    readonly left = inject(Left);
  }
  await using box = openBox();
  expect(thrownBy(() => box.get(Left))).toMatchObject({ code: 'CircularDependency', message: message('Left → Right → Left') });
});

test('a circle is found through the box itself', async () => {
  const boxes: Signalbox[] = [];
  @Service()
  class Ouroboros {
    readonly tail: object = boxes[0]!.get(Ouroboros);
  }
  await using box = openBox();
  boxes.push(box);
  expect(thrownBy(() => box.get(Ouroboros))).toMatchObject({ code: 'CircularDependency', message: message('Ouroboros → Ouroboros') });
});

test('after a circle was found, the rest of the box still works', async () => {
  await using box = openBox({ providers: [provide(Unmarked, { useClass: Unmarked })] });
  for (let time = 0; time < 2; time++) expect(thrownBy(() => box.get(Farm))).toMatchObject({ code: 'CircularDependency' });
  expect(box.get(Outer)).toBeInstanceOf(Outer);
});

test('a constructor without declared parameter types is refused, with both ways to declare them', async () => {
  class Billing {
    constructor(
      readonly middle: Middle,
      readonly key: string,
    ) {}
  }
  await using box = openBox({ providers: [provide(Billing, { useClass: Billing })] });
  expect(thrownBy(() => box.get(Billing))).toMatchObject({
    code: 'MissingMetadata',
    message: message(
      'constructor of Billing takes 2 parameters',
      '@Service({ inject: [...] })',
      'emitDecoratorMetadata',
      'reflect-metadata',
    ),
  });
});

test.each([
  ['true', /In Vitest, .*emitDecoratorMetadata: true.*vitest\.config\.ts\. \[MissingMetadata\]$/],
  ['', /before anything else\. \[MissingMetadata\]$/],
])('with VITEST set to "%s", the error ends with the setting for Vitest, or does not mention it', async (set, ending) => {
  class Billing {
    constructor(readonly middle: Middle) {}
  }
  vi.stubEnv('VITEST', set);
  await using box = openBox({ providers: [provide(Billing, { useClass: Billing })] });
  expect(thrownBy(() => box.get(Billing))).toMatchObject({ message: expect.stringMatching(ending) as string });
  vi.unstubAllEnvs();
});

test('an inherited constructor is refused, too, and an empty list says that nothing is needed', async () => {
  class Base {
    constructor(
      readonly unmarked?: Unmarked | undefined,
      ..._rest: never[]
    ) {}
  }
  @Service()
  class Silent extends Base {}
  @Service({ inject: [] })
  class Content extends Base {}
  await using box = openBox();
  expect(thrownBy(() => box.get(Silent))).toMatchObject({
    code: 'MissingMetadata',
    message: message('constructor of Base, which Silent extends, takes 1 parameter,', 'inject'),
  });
  expect(box.get(Content).unmarked).toBeUndefined();
});

test('a parameter whose type is gone at run time is named by its place', async () => {
  @Service()
  class Billing {
    constructor(
      readonly unmarked: Unmarked,
      readonly key: string,
      readonly shape: { readonly size: number },
    ) {}
  }
  await using box = openBox({ providers: [provide(Unmarked, { useClass: Unmarked })] });
  expect(thrownBy(() => box.get(Billing))).toMatchObject({
    code: 'MissingMetadata',
    message: message('Parameter 2', 'Billing', 'String', 'inject', 'Token'),
  });
});

test('a class that a circular import leaves undefined is named by its place', async () => {
  @Service({ inject: [Unmarked, undefined as unknown as typeof Unmarked] })
  class Listed {
    constructor(
      readonly one: Unmarked,
      readonly other: Unmarked,
    ) {}
  }
  @Service()
  class Typed {
    constructor(readonly one: Unmarked) {}
  }
  Reflect.defineMetadata('design:paramtypes', [undefined], Typed);
  await using box = openBox({ providers: [provide(Unmarked, { useClass: Unmarked })] });
  expect(thrownBy(() => box.get(Listed))).toMatchObject({ code: 'MissingMetadata', message: message('Listed', 'position 2', 'import') });
  expect(thrownBy(() => box.get(Typed))).toMatchObject({ code: 'MissingMetadata', message: message('Parameter 1', 'Typed', 'undefined') });
});

test('a class among the services without @Service and @OnSignal is refused by name, and one that extends a service is not', async () => {
  const Nameless = (() => class {})();
  @Service()
  class Base {}
  class Derived extends Base {}
  const refused = (service: Class): unknown => thrownBy(() => openBox({ services: [service] }));
  expect(refused(Unmarked)).toMatchObject({
    code: 'InvalidOption',
    message: message('Unmarked is among the services and carries neither @OnSignal nor @Service', 'provide(Unmarked'),
  });
  expect(refused(Nameless)).toMatchObject({ message: message(/^an anonymous class is among the services/) });
  await using box = openBox({ services: [Derived] });
  expect(box.get(Derived)).toBeInstanceOf(Derived);
  expect(thrownBy(() => box.framework.register([Unmarked]))).toMatchObject({
    code: 'InvalidOption',
    message: message(/^Unmarked is among/),
  });
});

test.each([undefined, null, 'Mailer', {}, { description: 'no token' }])('%j cannot be requested', async (token) => {
  await using box = openBox();
  const nothing = { code: 'InvalidOption', message: message('is nothing that can be injected', 'Ask for a class or a Token') };
  expect(thrownBy(() => box.get(token as never))).toMatchObject(nothing);
  @Service()
  class Asks {
    readonly what = inject(token as never);
  }
  expect(thrownBy(() => box.get(Asks))).toMatchObject({ code: 'InvalidOption', message: message('needed by Asks') });
});

test.each<[what: string, service: unknown, named: string]>([
  ['undefined, as a circular import leaves it', undefined, 'services[1] is undefined: most likely two files import each other'],
  ['null', null, 'services[1] is no class'],
  ['an object in place of its class', new Unmarked(), 'services[1] is no class'],
])('a box refuses a service that is %s', (_what, service, named) => {
  expect(thrownBy(() => openBox({ services: [Unmarked, service as Class] }))).toMatchObject({
    code: 'InvalidOption',
    message: message(named),
  });
});

test('a service that another container lacks is named, whether the container throws or rejects', async () => {
  class Billing {
    readonly key = inject(KEY);
  }
  await using box = openBox({ resolve: () => undefined, providers: [provide(Billing, { useClass: Billing })] });
  await using later = openBox({ resolve: async () => null });
  const lacking = (name: string): object => ({ code: 'MissingProvider', message: message('`resolve`', name, 'Register it there') });
  expect(thrownBy(() => box.get(Unmarked))).toMatchObject(lacking('Unmarked'));
  expect(thrownBy(() => box.get(Billing))).toMatchObject(lacking('Token(key)'));
  await expect(later.get(Unmarked)).rejects.toMatchObject(lacking('Unmarked'));
});

test('inject() outside a construction is refused, and the error says where to get the object', async () => {
  const error = { code: 'NoInjectionContext', message: message('inject(Middle)', 'box.get(Middle)') };
  expect(thrownBy(() => inject(Middle))).toMatchObject(error);
  expect(thrownBy(() => new Outer())).toMatchObject(error);
});

test('inject() is refused once the construction has ended, well or badly', async () => {
  @Service()
  class Late {
    readonly later = (): Middle => inject(Middle);
    readonly soon = Promise.resolve().then(() => thrownBy(() => inject(Middle)));
  }
  await using box = openBox();
  const late = box.get(Late);
  expect(thrownBy(() => late.later())).toMatchObject({ code: 'NoInjectionContext' });
  expect(await late.soon).toMatchObject({ code: 'NoInjectionContext' });
  expect(thrownBy(() => box.get(Outer))).toMatchObject({ code: 'MissingProvider' });
  expect(thrownBy(() => inject(Middle))).toMatchObject({ code: 'NoInjectionContext' });
});

test('only the box makes Db', () => {
  const Constructor = Db as unknown as new () => Db;
  expect(thrownBy(() => new Constructor())).toMatchObject({ code: 'NoInjectionContext', message: message('box.db') });
});
