// The worker of the shop, traced.
import 'reflect-metadata';
import { drizzle } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { createSignalbox, provide } from 'signalbox';
import { openTelemetry } from 'signalbox/otel';
import { AnalyticsClient } from '../../../examples/shop/analytics/analytics-client.ts';
import { services } from '../../../examples/shop/services.ts';
import { release, tell } from '../../processes/parent.ts';
import { Shipping, Warehouse } from './shipping.ts';
import { startTracing } from './tracing.ts';

const flush = startTracing();
const client = postgres(process.env['DATABASE_URL']!, { fetch_types: false });
const box = createSignalbox({
  db: drizzle({ client }),
  services: [...services, Shipping, Warehouse],
  providers: [provide(AnalyticsClient, { useFactory: () => new AnalyticsClient(process.env['ANALYTICS_URL']!) })],
  extensions: [openTelemetry()],
  log: false,
});
box.on('worker.started', () => tell('started'));
await box.worker({ pollInterval: '200ms' }).run();
await box.close();
await client.end();
await flush();
release();
