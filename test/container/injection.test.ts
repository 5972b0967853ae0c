// The sources of a constructor's arguments: its types, a list, or inject().
import { expect, test } from 'vitest';
import { Db, inject, provide, Service, Token } from '../../src/index.ts';
import { openBox } from './box.ts';

const GREETING = new Token<string>('greeting');

@Service()
class Clock {
  readonly zone = 'UTC';
}

@Service()
class Mailer {
  constructor(
    readonly clock: Clock,
    readonly db: Db,
  ) {}
}

test('a constructor gets arguments by its parameter types, and so do their constructors', async () => {
  @Service()
  class Billing {
    constructor(readonly mailer: Mailer) {}
  }
  await using box = openBox();
  const { mailer } = box.get(Billing);
  expect(mailer).toBeInstanceOf(Mailer);
  expect(mailer.clock.zone).toBe('UTC');
  expect(mailer.db).toBe(box.db);
});

test('a constructor gets arguments by its list, in order', async () => {
  @Service({ inject: [GREETING, Mailer] })
  class Billing {
    constructor(
      readonly greeting: string,
      readonly mailer: Mailer,
    ) {}
  }
  await using box = openBox({ providers: [provide(GREETING, { useValue: 'hello' })] });
  const billing = box.get(Billing);
  expect(billing.greeting).toBe('hello');
  expect(billing.mailer).toBeInstanceOf(Mailer);
});

test('the list takes precedence over the types', async () => {
  class OldMailer extends Mailer {}
  @Service({ inject: [OldMailer] })
  class Billing {
    constructor(readonly mailer: Mailer) {}
  }
  await using box = openBox({ services: [OldMailer] });
  expect(box.get(Billing).mailer).toBeInstanceOf(OldMailer);
});

test('inject() serves field initialisers, constructors and factories', async () => {
  @Service()
  class Billing {
    readonly mailer = inject(Mailer);
    readonly greeting: string;
    constructor() {
      this.greeting = inject(GREETING);
    }
  }
  await using box = openBox({ providers: [provide(GREETING, { useFactory: () => `hello from ${inject(Clock).zone}` })] });
  const billing = box.get(Billing);
  expect(billing.mailer).toBe(box.get(Mailer));
  expect(billing.greeting).toBe('hello from UTC');
});

test('inject() still works after an inner construction has failed', async () => {
  @Service()
  class Broken {
    constructor() {
      throw new Error('no licence');
    }
  }
  @Service()
  class Billing {
    readonly problem = ((): unknown => {
      try {
        return inject(Broken);
      } catch (error) {
        return error;
      }
    })();
    readonly mailer = inject(Mailer);
  }
  await using box = openBox();
  const billing = box.get(Billing);
  expect(billing.problem).toEqual(new Error('no licence'));
  expect(billing.mailer).toBe(box.get(Mailer));
});

test('inject() belongs to the box that makes the object, even if one box uses another', async () => {
  @Service()
  class Inner {
    readonly greeting = inject(GREETING);
  }
  await using other = openBox({ providers: [provide(GREETING, { useValue: 'other' })] });
  @Service()
  class Outer {
    readonly inner = other.get(Inner);
    readonly greeting = inject(GREETING);
  }
  await using box = openBox({ providers: [provide(GREETING, { useValue: 'own' })] });
  const outer = box.get(Outer);
  expect([outer.inner.greeting, outer.greeting]).toEqual(['other', 'own']);
});

test("a class without a constructor gets its parent's arguments", async () => {
  @Service()
  class SmtpMailer extends Mailer {}
  @Service({ inject: [GREETING] })
  class Greeter {
    constructor(readonly greeting: string) {}
  }
  @Service()
  class LoudGreeter extends Greeter {}
  await using box = openBox({ providers: [provide(GREETING, { useValue: 'hello' })] });
  expect(box.get(SmtpMailer).clock).toBe(box.get(Clock));
  expect(box.get(LoudGreeter).greeting).toBe('hello');
});

test('a class with its own constructor gets the arguments of that', async () => {
  @Service()
  class SmtpMailer extends Mailer {
    constructor(db: Db, clock: Clock) {
      super(clock, db);
    }
  }
  class Fixed {
    constructor(readonly value: string) {}
  }
  @Service()
  class Hello extends Fixed {
    constructor() {
      super('hello');
    }
  }
  await using box = openBox();
  expect(box.get(SmtpMailer).clock).toBe(box.get(Clock));
  expect(box.get(Hello).value).toBe('hello');
});
