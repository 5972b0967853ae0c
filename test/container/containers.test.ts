// Services that other containers make: the box asks them through `resolve`.
import { asClass, asFunction, createContainer, InjectionMode } from 'awilix';
import { Container, inject, injectable } from 'inversify';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { container as tsyringe, injectable as tsyringeInjectable } from 'tsyringe';
import { Db, defineSignal, OnSignal, type Signalbox, type SignalboxOptions, Transactional } from '../../src/index.ts';
import { createEffects, effects, readEffects } from '../support/effects.ts';
import { harness } from '../support/harness.ts';

const happened = defineSignal('containers.happened', z.object({ value: z.number() }));

/** The service that each container makes: it has an injected Db, a receiver and a transactional method. */
abstract class Ledger {
  protected abstract readonly ledgerDb: Db;

  @OnSignal(happened)
  async receive({ value }: { value: number }): Promise<void> {
    await this.write(value);
  }

  @Transactional()
  async write(value: number): Promise<void> {
    await this.ledgerDb.insert(effects).values({ receiver: this.constructor.name, value });
  }
}

async function delivers(
  services: SignalboxOptions['services'],
  resolveBy: (box: () => Signalbox) => NonNullable<SignalboxOptions['resolve']>,
): Promise<string[]> {
  let box: Signalbox | undefined;
  await using h = await harness({ services: services!, resolve: resolveBy(() => box!) });
  box = h.box as unknown as Signalbox;
  await createEffects(h.sql);
  await h.db.transaction(async (tx) => void (await happened.emitReliable(tx, { value: 1 })));
  expect(await h.box.drain()).toMatchObject({ completed: 1 });
  return readEffects(h.sql);
}

test('tsyringe', async () => {
  @tsyringeInjectable()
  class Tsyringe extends Ledger {
    constructor(protected readonly ledgerDb: Db) {
      super();
    }
  }
  const effectsOf = await delivers([Tsyringe], (box) => {
    tsyringe.register(Db as never, { useFactory: () => box().db });
    return (token) => tsyringe.resolve(token as never);
  });
  expect(effectsOf).toEqual(['Tsyringe:1']);
});

test('inversify', async () => {
  @injectable()
  class Inversify extends Ledger {
    constructor(@inject(Db) protected readonly ledgerDb: Db) {
      super();
    }
  }
  const effectsOf = await delivers([Inversify], (box) => {
    const container = new Container();
    container.bind<unknown>(Db).toDynamicValue(() => box().db);
    container.bind(Inversify).toSelf().inSingletonScope();
    return (token) => container.getAsync(token as never);
  });
  expect(effectsOf).toEqual(['Inversify:1']);
});

test('Awilix', async () => {
  class Awilix extends Ledger {
    protected readonly ledgerDb: Db;
    constructor({ db }: { db: Db }) {
      super();
      this.ledgerDb = db;
    }
  }
  const effectsOf = await delivers([Awilix], (box) => {
    const container = createContainer({ injectionMode: InjectionMode.PROXY });
    container.register({ db: asFunction(() => box().db), Awilix: asClass(Awilix).singleton() });
    // Awilix knows its registrations by name.
    return (token) => container.resolve((token as { name: string }).name);
  });
  expect(effectsOf).toEqual(['Awilix:1']);
});
