// openTelemetry: how many emissions are sent, and how long emits and receivers take, by name and never by id.
import { AggregationTemporality, InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineSignal, OnSignal } from '../../src/index.ts';
import { openTelemetry } from '../../src/otel/extension.ts';
import { harness } from '../support/harness.ts';

const paid = defineSignal('measured.paid', z.object({ order: z.int() }));

class Orders {
  @OnSignal(paid, { retry: { attempts: 1 } })
  static async ship({ order }: { order: number }): Promise<void> {
    await Promise.resolve();
    if (order === 0) throw new TypeError('no order');
  }
}

test('each emission is counted, and each emit and each call is timed in seconds', async () => {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const meterProvider = new MeterProvider({ readers: [reader] });
  await using h = await harness({ services: [Orders], testing: 'manual', extensions: [openTelemetry({ meterProvider })] });
  await h.db.transaction(async (tx) => {
    await paid.emitMany(tx, [{ order: 1 }, { order: 2 }]);
    await paid.emitReliable(tx, { order: 0 });
  });
  await h.box.drain();
  await reader.forceFlush();

  const metrics = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics));
  const points = (name: string) => metrics.find(({ descriptor }) => descriptor.name === name)!.dataPoints;
  const send = {
    'messaging.system': 'signalbox',
    'messaging.operation.name': 'send',
    'messaging.operation.type': 'send',
    'messaging.destination.name': 'measured.paid',
  };
  const process = {
    ...send,
    'messaging.operation.name': 'process',
    'messaging.operation.type': 'process',
    'messaging.consumer.group.name': 'Orders.ship',
  };
  expect(points('messaging.client.sent.messages')).toMatchObject([{ attributes: send, value: 3 }]);
  expect(points('messaging.client.operation.duration')).toMatchObject([{ attributes: send, value: { count: 2 } }]);
  const processed = points('messaging.process.duration');
  expect(processed.map(({ attributes, value }) => [attributes, (value as { count: number }).count])).toEqual(
    expect.arrayContaining([
      [process, 2],
      [{ ...process, 'error.type': 'TypeError' }, 1],
    ]),
  );
  expect(metrics.filter(({ descriptor }) => descriptor.name.endsWith('duration')).map(({ descriptor }) => descriptor.unit)).toEqual([
    's',
    's',
  ]);
  await meterProvider.shutdown();
});
