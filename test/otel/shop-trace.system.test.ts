// The trace of the example shop, from the webhook to analytics, over real boundaries: a web server and a worker are processes of their own,
// which share a database and send their spans to a collector.
import { expect, test } from 'vitest';
import { startStatisticsService } from '../../examples/shop/analytics/statistics-service.ts';
import { Program, until } from '../processes/program.ts';
import { createDatabase } from '../support/database.ts';
import { type CollectedSpan, startCollector } from './collector.ts';

const [SERVER, INTERNAL, PRODUCER, CONSUMER] = [2, 1, 4, 5] as const;
const [UNSET, ERROR] = [0, 2] as const;
/** Of the payment provider, which calls the webhook. */
const CALLER = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };
const EXPECTED = 10;

test('the trace leads from the webhook over each receiver to what it emits, and on', { timeout: 120_000 }, async () => {
  await using database = await createDatabase();
  const sql = database.connect();
  await using statistics = await startStatisticsService();
  // The first report is refused: its second attempt has a span of its own.
  statistics.failNext('before counting');
  await using collector = await startCollector();
  const shared = { DATABASE_URL: database.url, COLLECTOR: collector.url, ANALYTICS_URL: statistics.url };
  const worker = new Program('otel/programs/shop-worker', { ...shared, SERVICE: 'worker' });
  await worker.says('started');
  const web = new Program('otel/programs/shop-web', { ...shared, SERVICE: 'web' });
  await until('the web server listens', () => web.all('at ').length > 0 || web.hasEnded);
  const [, port, reference] = /^at (\d+) for (.+)$/.exec(web.all('at ')[0] ?? '') ?? [];

  const answer = await fetch(`http://127.0.0.1:${port}/webhook`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', traceparent: `00-${CALLER.traceId}-${CALLER.spanId}-01` },
    body: JSON.stringify({ reference, outcome: 'succeeded' }),
  });
  expect([answer.status, web.errors]).toEqual([200, '']);
  await until('all spans have come', () => collector.spans.length >= EXPECTED);
  web.tell('end');
  await worker.kill('SIGTERM');
  expect([await web.ends(), await worker.ends()]).toEqual([0, 0]);
  // Nothing comes twice, and nothing more at the end.
  expect([collector.spans.length, collector.refused]).toEqual([EXPECTED, []]);

  const emissions = await sql<{ id: string; signal: string; caused_by: string | null }[]>`
    select id::text as id, signal, caused_by::text as caused_by from signalbox.emission order by id`;
  const [paid, requested] = emissions;
  expect(emissions.map(({ signal, caused_by }) => [signal, caused_by])).toEqual([
    ['payment.completed', null],
    ['shipment.requested', paid!.id],
  ]);
  const one = spansIn(collector.spans);

  const request = one('POST /webhook');
  expect(request).toMatchObject({ service: 'web', kind: SERVER, traceId: CALLER.traceId, parentSpanId: CALLER.spanId });

  const sendPaid = one('send payment.completed');
  expect(sendPaid).toEqual({
    ...common(sendPaid, 'web', PRODUCER),
    traceId: CALLER.traceId,
    parentSpanId: request.spanId,
    attributes: sent('payment.completed', paid!.id),
  });

  const processed = (receiver: string, attempt: number): CollectedSpan =>
    one(
      'process payment.completed',
      (span) => of(span, 'messaging.consumer.group.name') === receiver && of(span, 'signalbox.attempt') === attempt,
    );
  const first = ['Order.onPaymentCompleted', 'Analytics.countPayment', 'Shipping.request'].map((receiver) => processed(receiver, 1));
  for (const span of [...first, processed('Analytics.reportPayment', 2)])
    expect(span).toEqual({ ...common(span, 'worker', CONSUMER), ...receivedOf(span, 'payment.completed', paid!.id, sendPaid) });
  const refused = processed('Analytics.reportPayment', 1);
  expect(refused).toEqual({
    ...common(refused, 'worker', CONSUMER),
    ...receivedOf(refused, 'payment.completed', paid!.id, sendPaid),
    attributes: { ...received(refused, 'payment.completed', paid!.id), 'error.type': 'Error' },
    status: { code: ERROR, message: 'The statistics service answered 503: busy, come again' },
    events: [
      {
        name: 'exception',
        attributes: {
          'exception.type': 'Error',
          'exception.message': 'The statistics service answered 503: busy, come again',
          'exception.stacktrace': expect.stringContaining('AnalyticsClient.send') as string,
        },
      },
    ],
  });
  const traces = new Set([CALLER.traceId, ...[...first, refused, processed('Analytics.reportPayment', 2)].map(({ traceId }) => traceId)]);
  // Each call of a receiver is a trace of its own.
  expect(traces.size).toBe(6);

  const shipping = processed('Shipping.request', 1);
  expect(one('choose a carrier')).toMatchObject({
    service: 'worker',
    kind: INTERNAL,
    traceId: shipping.traceId,
    parentSpanId: shipping.spanId,
  });
  const sendRequested = one('send shipment.requested');
  expect(sendRequested).toEqual({
    ...common(sendRequested, 'worker', PRODUCER),
    traceId: shipping.traceId,
    parentSpanId: shipping.spanId,
    attributes: sent('shipment.requested', requested!.id),
  });
  const packed = one('process shipment.requested');
  expect(packed).toEqual({
    ...common(packed, 'worker', CONSUMER),
    ...receivedOf(packed, 'shipment.requested', requested!.id, sendRequested),
  });
  expect(packed.attributes['messaging.consumer.group.name']).toBe('Warehouse.pack');
});

const of = ({ attributes }: CollectedSpan, name: string): unknown => attributes[name];

/** Finds the one span of a name. */
const spansIn =
  (spans: readonly CollectedSpan[]) =>
  (name: string, matches: (span: CollectedSpan) => boolean = () => true): CollectedSpan => {
    const found = spans.filter((span) => span.name === name && matches(span));
    expect(found, `spans ${name}`).toHaveLength(1);
    return found[0]!;
  };

/** What a span is that has neither failed nor a link. */
const common = ({ name, traceId, spanId, parentSpanId }: CollectedSpan, service: string, kind: number) => ({
  name,
  traceId,
  spanId,
  parentSpanId,
  service,
  kind,
  links: [],
  events: [],
  status: { code: UNSET },
});

const sent = (signal: string, emission: string) => ({
  'messaging.system': 'signalbox',
  'messaging.operation.name': 'send',
  'messaging.operation.type': 'send',
  'messaging.destination.name': signal,
  'messaging.message.id': emission,
});

const received = (span: CollectedSpan, signal: string, emission: string) => ({
  'messaging.system': 'signalbox',
  'messaging.operation.name': 'process',
  'messaging.operation.type': 'process',
  'messaging.destination.name': signal,
  'messaging.consumer.group.name': of(span, 'messaging.consumer.group.name'),
  'messaging.message.id': emission,
  'signalbox.queue': 'default',
  'signalbox.attempt': of(span, 'signalbox.attempt'),
});

/** The span of a receiver: the first of its trace, and linked to the one that sent. */
const receivedOf = (span: CollectedSpan, signal: string, emission: string, sender: CollectedSpan) => ({
  parentSpanId: '',
  attributes: received(span, signal, emission),
  links: [{ traceId: sender.traceId, spanId: sender.spanId, attributes: { 'messaging.message.id': emission } }],
});
