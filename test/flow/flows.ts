// Catalogues and traffic for the tests of the flow: a shop, one of 100 receivers, and any.
import * as fc from 'fast-check';
import type { FlowReceiver, FlowTraffic } from '../../src/flow/graph.ts';

export const SHOP: readonly FlowReceiver[] = [
  { receiver: 'Order.onPaymentCompleted', signal: 'payment.completed' },
  { receiver: 'Order.onPaymentFailed', signal: 'payment.failed' },
  { receiver: 'Analytics.onPaymentCompleted', signal: 'payment.completed', dead: 3, due: 12 },
  { receiver: 'Shipping.onOrderPlaced', signal: 'order.placed', paused: true, due: 1_400 },
  { receiver: 'Mail.sendReceipt', signal: 'order.placed' },
  { receiver: 'Stock.reserve', signal: 'order.placed' },
  { receiver: 'Order.onReserved', signal: 'stock.reserved' },
];

const run = (receiver: string, signal: string, completed: number, failed = 0, dead = 0) => ({ receiver, signal, completed, failed, dead });

export const SHOP_TRAFFIC: FlowTraffic = {
  minutes: 60,
  runs: [
    run('Order.onPaymentCompleted', 'payment.completed', 2_040),
    run('Analytics.onPaymentCompleted', 'payment.completed', 1_900, 140, 3),
    run('Mail.sendReceipt', 'order.placed', 1_900, 40),
    run('Stock.reserve', 'order.placed', 1_940),
    run('Order.onReserved', 'stock.reserved', 19),
  ],
  emits: [
    { signal: 'payment.completed', causedBy: undefined, count: 2_040 },
    { signal: 'order.placed', causedBy: 'Order.onPaymentCompleted', count: 1_940 },
    { signal: 'stock.reserved', causedBy: 'Stock.reserve', count: 1_940 },
  ],
};

/** 100 receivers in 14 services, 45 signals in 14 modules, every fourth receiver emitting another signal. */
export const LARGE: readonly FlowReceiver[] = Array.from({ length: 100 }, (_, at) => ({
  receiver: `Service${at % 14}.onEvent${at}`,
  signal: `module${(at * 5 + (at % 3)) % 14}.event${at % 45}`,
}));

export const LARGE_TRAFFIC: FlowTraffic = {
  minutes: 60,
  runs: LARGE.map(({ receiver, signal }, at) => run(receiver, signal, (at * 37) % 900, at % 9 === 0 ? 5 : 0)),
  emits: LARGE.filter((_, at) => at % 4 === 0).map(({ receiver }, at) => ({
    signal: LARGE[(at * 11) % 100]!.signal,
    causedBy: receiver,
    count: 20,
  })),
};

const word = fc.constantFrom('a', 'b', 'B', 'c', 'D', 'e');
const name = fc.tuple(word, word).map((parts) => parts.join('.'));
const count = fc.nat(5);

export const anyFlow: fc.Arbitrary<[FlowReceiver[], FlowTraffic]> = fc.tuple(
  fc.uniqueArray(fc.record({ receiver: name, signal: name, due: count, dead: count, paused: fc.boolean() }), {
    selector: ({ receiver, signal }) => `${receiver} ${signal}`,
    maxLength: 12,
  }),
  fc.record({
    minutes: fc.integer({ min: 1, max: 60 }),
    runs: fc.array(fc.record({ receiver: name, signal: name, completed: count, failed: count, dead: count }), { maxLength: 12 }),
    emits: fc.array(fc.record({ signal: name, causedBy: fc.option(name, { nil: undefined }), count }), { maxLength: 12 }),
  }),
);
