// openTelemetry: the spans of emits and receivers, how they hang together, and that a failing exporter changes nothing.
import { context, propagation, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  AlwaysOffSampler,
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type BatchItem, defineSignal, type DeliveryContext, OnSignal } from '../../src/index.ts';
import { openTelemetry, type OpenTelemetryOptions } from '../../src/otel/extension.ts';
import { readDeliveries } from '../support/deliveries.ts';
import { harness } from '../support/harness.ts';
import { recordingLogger } from '../support/log.ts';

const paid = defineSignal('otel.paid', z.object({ order: z.int() }));
const shipped = defineSignal('otel.shipped', z.object({ order: z.int() }));
const counted = defineSignal('otel.counted', z.object({ order: z.int() }));

const seen: { active: Span | undefined; tenant: string | undefined }[] = [];

class Orders {
  @OnSignal(paid, { retry: { attempts: 2 } })
  static async ship({ order }: { order: number }, { tx, log }: DeliveryContext): Promise<void> {
    seen.push({ active: trace.getActiveSpan(), tenant: propagation.getActiveBaggage()?.getEntry('tenant')?.value });
    log.info({}, 'shipping');
    await shipped.emitReliable(tx, { order });
  }
}

class Mail {
  @OnSignal(shipped, { retry: { attempts: 1 } })
  static async tell({ order }: { order: number }): Promise<void> {
    await Promise.resolve();
    if (order < 0) throw Object.assign(new Error('no such order'), { code: 'E_ORDER' });
  }
}

class Counting {
  @OnSignal(counted, { batch: 10 })
  static async count(_items: BatchItem<{ order: number }>[]): Promise<void> {}
}

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
});
afterAll(() => {
  context.disable();
});

interface Tracing {
  readonly exporter: InMemorySpanExporter;
  readonly provider: BasicTracerProvider;
}

function tracing(...processors: SpanProcessor[]): Tracing {
  const exporter = new InMemorySpanExporter();
  return { exporter, provider: new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter), ...processors] }) };
}

const open = ({ provider }: Tracing, options: OpenTelemetryOptions = {}, more: object = {}) =>
  harness({
    services: [Orders, Mail, Counting],
    testing: 'manual',
    extensions: [openTelemetry({ tracerProvider: provider, ...options })],
    ...more,
  });

const named = ({ exporter }: Tracing, name: string): ReadableSpan[] => exporter.getFinishedSpans().filter((span) => span.name === name);
const one = (of: Tracing, name: string): ReadableSpan => {
  const spans = named(of, name);
  expect(spans).toHaveLength(1);
  return spans[0]!;
};
const idOf = (span: ReadableSpan): string => span.spanContext().spanId;
const traceOf = (span: ReadableSpan): string => span.spanContext().traceId;

/** Runs `work` in a span, as an HTTP request would. */
const request = async <T>({ provider }: Tracing, work: () => Promise<T>): Promise<T> => {
  const span = provider.getTracer('test').startSpan('POST /payments');
  try {
    return await context.with(trace.setSpan(context.active(), span), work);
  } finally {
    span.end();
  }
};

test('from a request over two receivers: each sends as a producer in its own trace, and each receiver is linked to its sender', async () => {
  const traced = tracing();
  await using h = await open(traced);
  const { emissionId } = await request(traced, () => h.db.transaction(async (tx) => paid.emitReliable(tx, { order: 1 })));
  await h.box.drain();

  const [http, send, process] = [one(traced, 'POST /payments'), one(traced, 'send otel.paid'), one(traced, 'process otel.paid')];
  expect([send.kind, process.kind]).toEqual([SpanKind.PRODUCER, SpanKind.CONSUMER]);
  expect(send.parentSpanContext?.spanId).toBe(idOf(http));
  expect(send.attributes).toEqual({
    'messaging.system': 'signalbox',
    'messaging.operation.name': 'send',
    'messaging.operation.type': 'send',
    'messaging.destination.name': 'otel.paid',
    'messaging.message.id': emissionId,
  });
  expect(process.parentSpanContext).toBeUndefined();
  expect(traceOf(process)).not.toBe(traceOf(http));
  expect(process.links).toMatchObject([
    { context: { traceId: traceOf(http), spanId: idOf(send) }, attributes: { 'messaging.message.id': emissionId } },
  ]);
  expect(process.attributes).toEqual({
    'messaging.system': 'signalbox',
    'messaging.operation.name': 'process',
    'messaging.operation.type': 'process',
    'messaging.destination.name': 'otel.paid',
    'messaging.consumer.group.name': 'Orders.ship',
    'messaging.message.id': emissionId,
    'signalbox.queue': 'default',
    'signalbox.attempt': 1,
  });
  // What the receiver emits is sent within its own span, and so on.
  const [further, mail] = [one(traced, 'send otel.shipped'), one(traced, 'process otel.shipped')];
  expect(further.parentSpanContext?.spanId).toBe(idOf(process));
  expect(mail.links).toMatchObject([{ context: { spanId: idOf(further) } }]);
  expect(seen.at(-1)!.active!.spanContext()).toEqual(process.spanContext());
});

test('parent: the first attempt is a child of the sender, and the second is linked to it', async () => {
  const traced = tracing();
  await using h = await open(traced, { relation: 'parent' });
  let attempts = 0;
  const failOnce = async (): Promise<void> => {
    await Promise.resolve();
    if (++attempts === 1) throw new Error('once');
  };
  h.box.receivers.connect(shipped, failOnce, { name: 'failing.once', retry: { attempts: 2 } });
  await request(traced, () => h.db.transaction(async (tx) => shipped.emitReliable(tx, { order: 1 })));
  await h.box.drain({ ahead: '1d' });
  const send = one(traced, 'send otel.shipped');
  const [first, second] = named(traced, 'process otel.shipped').filter(
    (span) => span.attributes['messaging.consumer.group.name'] === 'failing.once',
  );
  expect([first!.parentSpanContext?.spanId, first!.links, first!.status.code]).toEqual([idOf(send), [], SpanStatusCode.ERROR]);
  expect([second!.parentSpanContext, second!.attributes['signalbox.attempt']]).toEqual([undefined, 2]);
  expect(second!.links).toMatchObject([{ context: { spanId: idOf(send) } }]);
});

test('a batch is linked to the sender of each of its deliveries', async () => {
  const traced = tracing();
  await using h = await open(traced, { relation: 'parent' });
  await h.db.transaction(async (tx) => counted.emitMany(tx, [{ order: 1 }, { order: 2 }]));
  await h.db.transaction(async (tx) => counted.emitReliable(tx, { order: 3 }));
  await h.box.drain();
  const [many, single] = named(traced, 'send otel.counted');
  expect([many!.attributes['messaging.batch.message_count'], many!.attributes['messaging.message.id']]).toEqual([2, undefined]);
  const process = one(traced, 'process otel.counted');
  expect(process.attributes['messaging.batch.message_count']).toBe(3);
  expect(process.links.map((link) => link.context.spanId).sort()).toEqual([idOf(many!), idOf(many!), idOf(single!)].sort());
});

test('a failure has its code as its type, its message and its stack; the delivery fails as it would', async () => {
  const traced = tracing();
  await using h = await open(traced);
  await h.db.transaction(async (tx) => shipped.emitReliable(tx, { order: -1 }));
  expect(await h.box.drain()).toMatchObject({ dead: 1 });
  const span = one(traced, 'process otel.shipped');
  expect(span.status).toEqual({ code: SpanStatusCode.ERROR, message: 'no such order' });
  expect(span.attributes['error.type']).toBe('E_ORDER');
  expect(span.events).toMatchObject([{ name: 'exception', attributes: { 'exception.message': 'no such order' } }]);
  await expect(h.db.transaction(async (tx) => paid.emitReliable(tx, { order: 'x' } as never))).rejects.toMatchObject({
    code: 'InvalidPayload',
  });
  expect(one(traced, 'send otel.paid')).toMatchObject({
    status: { code: SpanStatusCode.ERROR },
    attributes: { 'error.type': 'InvalidPayload' },
  });
});

describe('baggage', () => {
  const sending = async (options: OpenTelemetryOptions): Promise<{ tenant: string | undefined; headers: object }> => {
    const traced = tracing();
    await using h = await open(traced, options);
    const baggage = propagation.createBaggage({ tenant: { value: 'acme, inc' }, password: { value: 'secret' } });
    await context.with(propagation.setBaggage(context.active(), baggage), () =>
      h.db.transaction(async (tx) => paid.emitReliable(tx, { order: 1 })),
    );
    const [row] = await h.sql`select headers from signalbox.emission`;
    await h.box.drain();
    return { tenant: seen.at(-1)!.tenant, headers: row!['headers'] as object };
  };

  test('stays behind unless it is asked for', async () => {
    const { tenant, headers } = await sending({});
    expect([tenant, Object.keys(headers)]).toEqual([undefined, ['traceparent']]);
  });

  test('travels by its keys, and by no others', async () => {
    const { tenant, headers } = await sending({ baggage: ['tenant'] });
    expect([tenant, headers]).toEqual(['acme, inc', { traceparent: expect.any(String) as string, baggage: 'tenant=acme%2C%20inc' }]);
  });
});

test('without a tracer provider an emit has no header, and all goes on', async () => {
  await using h = await harness({ services: [Orders, Mail], testing: 'manual', extensions: [openTelemetry()] });
  await h.db.transaction(async (tx) => paid.emitReliable(tx, { order: 1 }));
  expect(await h.box.drain()).toMatchObject({ completed: 2 });
  expect(await h.sql`select headers from signalbox.emission where headers is not null`).toHaveLength(0);
});

test('what was not sampled is passed on as that', async () => {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ sampler: new AlwaysOffSampler(), spanProcessors: [new SimpleSpanProcessor(exporter)] });
  await using h = await open({ exporter, provider });
  await h.db.transaction(async (tx) => paid.emitReliable(tx, { order: 1 }));
  const [row] = await h.sql`select headers ->> 'traceparent' as parent from signalbox.emission`;
  expect(row!['parent']).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
});

test.each(['onStart', 'onEnd'] as const)('a span processor that throws in %s changes nothing', async (method) => {
  const failing: SpanProcessor = {
    onStart: () => {},
    onEnd: () => {},
    forceFlush: async () => {},
    shutdown: async () => {},
    [method]: () => {
      throw new Error('no collector');
    },
  };
  await using h = await open(tracing(failing));
  await h.db.transaction(async (tx) => paid.emitReliable(tx, { order: 1 }));
  expect(await h.box.drain()).toMatchObject({ completed: 2 });
  expect((await readDeliveries(h.sql)).map(({ state, attempt }) => [state, attempt])).toEqual([
    ['completed', 1],
    ['completed', 1],
  ]);
});

test('the log of a receiver has the ids of its span, and that of the box none outside of spans', async () => {
  const traced = tracing();
  const { log, lines } = recordingLogger();
  await using h = await open(traced, {}, { log });
  await h.db.transaction(async (tx) => paid.emitReliable(tx, { order: 1 }));
  await h.box.drain();
  const process = one(traced, 'process otel.paid');
  const line = lines.find(({ message }) => message === 'shipping')!;
  expect(line.fields).toMatchObject({ trace_id: traceOf(process), span_id: idOf(process), receiver: 'Orders.ship' });
  expect(lines.filter(({ message }) => message?.startsWith('completed')).every(({ fields }) => !('trace_id' in fields))).toBe(true);
});
