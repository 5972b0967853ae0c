// Signalbox in a real NestJS application.
import { Controller, Inject, Injectable, Module, Scope } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { drizzle } from 'drizzle-orm/postgres-js';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { Db, defineSignals, type DeliveryContext, OnSignal, type Signalbox, Transactional } from '../../src/index.ts';
import { SIGNALBOX, SignalboxModule } from '../../src/nest/module.ts';
import { createDatabase } from '../support/database.ts';
import { createEffects, effects, readEffects } from '../support/effects.ts';

const payment = defineSignals('nest', { completed: z.object({ id: z.number() }) });

@Injectable()
class Payments {
  constructor(@Inject(Db) private readonly db: Db) {}

  @Transactional()
  async complete(id: number, { fail }: { fail: boolean }): Promise<void> {
    await this.db.insert(effects).values({ receiver: 'paid', value: id });
    await payment.completed.emitReliable(this.db, { id });
    if (fail) throw new Error('rolled back');
  }
}

@Controller()
class PaymentController {
  constructor(private readonly payments: Payments) {}

  async webhook(id: number, fail: boolean): Promise<void> {
    await this.payments.complete(id, { fail });
  }
}

@Injectable()
class Orders {
  constructor(private readonly payments: Payments) {}

  @OnSignal(payment.completed)
  async onPaymentCompleted({ id }: { id: number }, { tx }: DeliveryContext): Promise<void> {
    expect(this.payments).toBeInstanceOf(Payments);
    await tx.insert(effects).values({ receiver: 'ordered', value: id });
  }
}

let made = 0;

@Injectable({ scope: Scope.REQUEST })
class PerRequest {
  readonly number = ++made;

  @OnSignal(payment.completed)
  async receive({ id }: { id: number }, { tx }: DeliveryContext): Promise<void> {
    await tx.insert(effects).values({ receiver: `request ${this.number}`, value: id });
  }
}

@Module({ providers: [Payments], exports: [Payments], controllers: [PaymentController] })
class PaymentModule {}

@Module({ imports: [PaymentModule], providers: [Orders] })
class OrderModule {}

test('receivers are found on providers, Db is injected, and the worker lives with the application', async () => {
  await using database = await createDatabase();
  const sql = database.connect({ max: 1 });
  await createEffects(sql);
  const db = drizzle({ client: database.connect({ max: 5 }) });

  @Module({ imports: [OrderModule, SignalboxModule.forRoot({ db, log: false, worker: { pollInterval: 50 } })] })
  class AppModule {}

  const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
  const box = app.get<Signalbox>(SIGNALBOX);
  const completed = box.next('delivery.completed');
  await app.get(PaymentController).webhook(1, false);
  await expect(app.get(PaymentController).webhook(2, true)).rejects.toThrow('rolled back');
  expect(await completed).toMatchObject({ receiver: 'Orders.onPaymentCompleted' });
  expect(await sql`select from signalbox.worker`).toHaveLength(1);
  await app.close();
  expect(await sql`select from signalbox.worker`).toHaveLength(0);
  expect(await readEffects(sql)).toEqual(['paid:1', 'ordered:1']);
  expect(() => box.worker()).toThrow(expect.objectContaining({ code: 'BoxClosed' }));
});

test('options may be injected, a process may only emit, and a request-scoped provider is made for each delivery', async () => {
  await using database = await createDatabase();
  const sql = database.connect({ max: 1 });
  await createEffects(sql);
  const db = drizzle({ client: database.connect({ max: 5 }) });
  const DATABASE = Symbol('database');

  @Module({ providers: [{ provide: DATABASE, useValue: db }], exports: [DATABASE] })
  class DatabaseModule {}

  @Module({
    imports: [
      PaymentModule,
      SignalboxModule.forRootAsync({
        imports: [DatabaseModule],
        inject: [DATABASE],
        useFactory: async (injected: typeof db) => ({ db: injected, log: false as const }),
      }),
    ],
    providers: [PerRequest],
  })
  class AppModule {}

  const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
  const box = app.get<Signalbox>(SIGNALBOX);
  await app.get(Payments).complete(1, { fail: false });
  await app.get(Payments).complete(2, { fail: false });
  expect(await sql`select from signalbox.worker`).toHaveLength(0);
  expect(await box.drain()).toMatchObject({ completed: 2 });
  await app.close();
  expect(new Set(await readEffects(sql))).toEqual(new Set(['paid:1', 'paid:2', 'request 1:1', 'request 2:2']));
});
