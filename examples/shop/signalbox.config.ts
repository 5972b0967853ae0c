// The composition root of the shop: its one box, for the web server, the worker and the scripts.
// reflect-metadata comes first in every entry file: a constructor's parameter types are recorded when its class is
// loaded.
import 'reflect-metadata';
import { createSignalbox, provide } from 'signalbox';
import { AnalyticsClient } from './analytics/analytics-client.ts';
import { db } from './database.ts';
import { services } from './services.ts';

const analyticsUrl = process.env['ANALYTICS_URL'] ?? 'http://127.0.0.1:8080/payments';

export default createSignalbox({
  db,
  services,
  providers: [provide(AnalyticsClient, { useFactory: () => new AnalyticsClient(analyticsUrl) })],
});
