// Mistakes that must not compile, each at its own line, in both kinds of decorators. Nothing here is ever run.
import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core';
import { z } from 'zod';
import {
  type BatchContext,
  type BatchItem,
  createSignalbox,
  Db,
  defineSignals,
  type DeliveryContext,
  type DetachedBatchContext,
  type DetachedDeliveryContext,
  type EmittedBy,
  inject,
  OnSignal,
  type PayloadOf,
  provide,
  Service,
  Token,
  Transactional,
} from '../../src/index.ts';

declare const db: PgDatabase<PgQueryResultHKT>;

const isoDate = z.codec(z.iso.datetime(), z.date(), { decode: (text) => new Date(text), encode: (date) => date.toISOString() });
const payment = defineSignals('payment', {
  completed: z.object({ id: z.number(), at: isoDate.optional() }),
  refunded: { schema: z.object({ reason: z.string() }), version: 2 },
});
const CLOCK = new Token<() => Date>('clock');

defineSignals('versions', {
  right: { schema: z.object({ at: isoDate }), version: 2, upcast: (stored, version) => ({ at: `${String(stored)} ${version.toFixed()}` }) },
  // @ts-expect-error -- an upcast returns the stored form, in which a date is a text
  wrong: { schema: z.object({ at: isoDate }), version: 2, upcast: () => ({ at: new Date() }) },
});

const received: typeof payment.completed.$payload = { id: 1, at: new Date() } satisfies PayloadOf<typeof payment.completed>;
const emitted: EmittedBy<typeof payment.completed>[] = [received];
// @ts-expect-error -- an emit takes the date, not the text that is stored of it
emitted.push({ id: 1, at: '2030-01-01T09:00:00Z' });

class Right {
  @OnSignal(payment.completed)
  async completed({ id, at }: PayloadOf<typeof payment.completed>, { tx }: DeliveryContext): Promise<void> {
    await tx.execute(`${id.toFixed()} ${at?.toISOString()}` as never);
  }

  @OnSignal(payment.completed)
  @OnSignal(payment.refunded, { transactional: false })
  static async payloadIsOptional(): Promise<void> {}

  @OnSignal(payment.refunded, { transactional: false })
  async detached({ reason }: { reason: string }, { log }: DetachedDeliveryContext): Promise<void> {
    log.info({ reason }, 'refunded');
  }

  @OnSignal([payment.completed, payment.refunded])
  async either(payload: PayloadOf<typeof payment.completed> | PayloadOf<typeof payment.refunded>): Promise<string> {
    return 'id' in payload ? payload.id.toFixed() : payload.reason;
  }

  @OnSignal(payment.completed, { batch: 50 })
  async batch(items: BatchItem<PayloadOf<typeof payment.completed>>[], { tx }: BatchContext): Promise<void> {
    for (const { payload, attempt, fail } of items) {
      await tx.execute(`${payload.at?.toISOString()} ${attempt.toFixed()}` as never);
      fail(new Error('not mine'));
    }
  }

  @OnSignal([payment.completed, payment.refunded], { batch: 50, transactional: false })
  static async detachedBatch(
    items: readonly BatchItem<{ id: number } | { reason: string }>[],
    { log }: DetachedBatchContext,
  ): Promise<void> {
    log.info({ items: items.length }, 'refunded');
  }

  @Transactional()
  async transactional(value: number): Promise<number> {
    return value;
  }
}

class Wrong {
  // @ts-expect-error -- the payload has a number
  @OnSignal(payment.completed)
  async wrongType(_payload: { id: string }): Promise<void> {}

  // @ts-expect-error -- the payload has no such property
  @OnSignal(payment.completed)
  async missingProperty(_payload: { amount: number }): Promise<void> {}

  // @ts-expect-error -- the payload of another signal
  @OnSignal(payment.refunded)
  async otherSignal(_payload: PayloadOf<typeof payment.completed>): Promise<void> {}

  // @ts-expect-error -- codecs hand receivers the decoded form
  @OnSignal(payment.completed)
  async storedForm(_payload: { id: number; at?: string | undefined }): Promise<void> {}

  // @ts-expect-error -- there is no transaction
  @OnSignal(payment.refunded, { transactional: false })
  async noTransaction(_payload: { reason: string }, { tx }: DeliveryContext): Promise<void> {
    void tx;
  }

  // @ts-expect-error -- two signals, one of which does not fit
  @OnSignal(payment.refunded)
  @OnSignal(payment.completed)
  static async stacked(_payload: { id: number }): Promise<void> {}

  // @ts-expect-error -- one of the signals does not fit
  @OnSignal([payment.completed, payment.refunded])
  async onlyOne(_payload: PayloadOf<typeof payment.refunded>): Promise<void> {}

  // @ts-expect-error -- a batch is an array of deliveries
  @OnSignal(payment.completed, { batch: 50 })
  async singleOfBatch(_payload: PayloadOf<typeof payment.completed>): Promise<void> {}

  // @ts-expect-error -- one delivery at a time
  @OnSignal(payment.completed)
  async batchOfSingle(_items: BatchItem<PayloadOf<typeof payment.completed>>[]): Promise<void> {}

  // @ts-expect-error -- items, not payloads
  @OnSignal(payment.completed, { batch: 50 })
  async payloads(_items: PayloadOf<typeof payment.completed>[]): Promise<void> {}

  // @ts-expect-error -- the payload of another signal
  @OnSignal(payment.completed, { batch: 50 })
  async otherBatch(_items: BatchItem<PayloadOf<typeof payment.refunded>>[]): Promise<void> {}

  // @ts-expect-error -- one of the signals does not fit
  @OnSignal([payment.completed, payment.refunded], { batch: 50 })
  async oneOfBatch(_items: BatchItem<PayloadOf<typeof payment.refunded>>[]): Promise<void> {}

  // @ts-expect-error -- there is no transaction
  @OnSignal(payment.refunded, { batch: 50, transactional: false })
  async noBatchTransaction(_items: BatchItem<{ reason: string }>[], { tx }: BatchContext): Promise<void> {
    void tx;
  }

  // @ts-expect-error -- the attempts are those of the items
  @OnSignal(payment.refunded, { batch: 50 })
  async noAttempt(_items: BatchItem<{ reason: string }>[], { attempt }: DeliveryContext): Promise<void> {
    void attempt;
  }

  // @ts-expect-error -- a number
  @OnSignal(payment.completed, { batch: '50' })
  async wrongBatch(): Promise<void> {}

  // @ts-expect-error -- no such option
  @OnSignal(payment.completed, { retries: 3 })
  async wrongOption(): Promise<void> {}

  // @ts-expect-error -- a duration has a unit
  @OnSignal(payment.completed, { timeout: '30' })
  async wrongDuration(): Promise<void> {}

  // @ts-expect-error -- @Transactional makes the method asynchronous
  @Transactional()
  synchronous(): number {
    return 1;
  }
}

@Service({ inject: [CLOCK, Right] })
class Listed {
  constructor(
    readonly clock: () => Date,
    readonly right: Right,
  ) {}
}

// @ts-expect-error -- the constructor takes them the other way round
@Service({ inject: [Right, CLOCK] })
class Swapped {
  constructor(
    readonly clock: () => Date,
    readonly right: Right,
  ) {}
}

export async function emits(ambient: Db): Promise<void> {
  await payment.completed.emit(db, { id: 1 });
  await payment.completed.emitReliable(ambient, { id: 1, at: new Date() }, { delay: '5m' });
  await db.transaction(async (tx) => {
    await payment.completed.emitReliable(tx, { id: 1 });
    await payment.completed.emitMany(tx, [{ id: 1 }, { id: 2 }]);
    await tx.transaction(async (nested) => payment.refunded.emitReliable(nested, { reason: 'x' }));

    // @ts-expect-error -- a wrong payload
    await payment.completed.emitReliable(tx, { id: 'one' });
    // @ts-expect-error -- a property too many
    await payment.completed.emitReliable(tx, { id: 1, amount: 2 });
    // @ts-expect-error -- the stored form, where the decoded one is taken
    await payment.completed.emitReliable(tx, { id: 1, at: '2026-01-01T00:00:00Z' });
    // @ts-expect-error -- one wrong payload among many
    await payment.completed.emitMany(tx, [{ id: 1 }, { id: '2' }]);
    // @ts-expect-error -- no such option
    await payment.completed.emitReliable(tx, { id: 1 }, { priorty: 1 });
  });
  // @ts-expect-error -- a database is no transaction
  await payment.completed.emitReliable(db, { id: 1 });
  // @ts-expect-error -- a database is no transaction
  await payment.completed.emitMany(db, [{ id: 1 }]);
  // @ts-expect-error -- a wrong payload
  await payment.completed.emit(db, { id: null });
  // @ts-expect-error -- a wrong payload
  await payment.completed.emitRobust(db, {});
}

export function boxes(): void {
  const box = createSignalbox({
    db,
    services: [Right, Wrong, Listed, Swapped],
    providers: [provide(CLOCK, { useValue: () => new Date() })],
  });
  const right: Right = box.get(Right);
  const clock: () => Date = inject(CLOCK);
  void [right, clock, box.db.select(), box.worker({ lease: '10s' })];
  // @ts-expect-error -- the token stands for something else
  provide(CLOCK, { useValue: 7 });
  // @ts-expect-error -- the service is of another class
  const listed: Listed = box.get(Right);
  // @ts-expect-error -- no such event
  box.on('delivery.finished', () => {});
  // @ts-expect-error -- no such mode
  createSignalbox({ db, testing: 'eager' });
  box.receivers.connect(payment.completed, async ([item], { tx }) => tx.execute(`${item?.payload.id.toFixed()}` as never), {
    name: 'a',
    batch: 2,
  });
  box.receivers.connect(payment.refunded, ([item], { log }) => log.info({ reason: item?.payload.reason }, 'refunded'), {
    name: 'b',
    batch: 2,
    transactional: false,
  });
  box.receivers.connect(payment.completed, async ({ id }, { tx, attempt }) => tx.execute(`${id.toFixed()} ${attempt}` as never), {
    name: 'c',
  });
  const fail = async (_items: BatchItem<{ id: string }>[]): Promise<void> => {};
  // @ts-expect-error -- items of another payload
  box.receivers.connect(payment.completed, fail, { name: 'd', batch: 2 });
  // @ts-expect-error -- a batch, and no payload
  box.receivers.connect(payment.completed, async (_payload: { id: number }) => {}, { name: 'e', batch: 2 });
  // @ts-expect-error -- a payload, and no batch
  box.receivers.connect(payment.completed, async (_items: BatchItem<{ id: number }>[]) => {}, { name: 'f' });
  // @ts-expect-error -- a signal has no receivers of its own
  payment.completed.connect(listed);
}
