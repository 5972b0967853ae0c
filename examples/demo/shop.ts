// Opens the shop in a process of the demo: its services, on the database that the demo has started.
import { drizzle } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { type Class, createSignalbox, provide, type Signalbox } from 'signalbox';
import { AnalyticsClient } from '../shop/analytics/analytics-client.ts';
import type { db as shopDb } from '../shop/database.ts';
import { services } from '../shop/services.ts';

export interface OpenShop {
  readonly client: postgres.Sql;
  readonly db: typeof shopDb;
  readonly box: Signalbox<typeof shopDb>;
}

/** @param more services besides those of the shop */
export function openShop(url: string, more: readonly Class[] = []): OpenShop {
  const client = postgres(url, { fetch_types: false });
  const db = drizzle({ client });
  const analytics = provide(AnalyticsClient, { useFactory: () => new AnalyticsClient(process.env['ANALYTICS_URL']!) });
  return { client, db, box: createSignalbox({ db, services: [...services, ...more], providers: [analytics] }) };
}
