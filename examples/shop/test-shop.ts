// Opens the shop on a database of its own, for one test. In immediate mode, receivers run right after the commit, in
// this process, so a test calls a service and then checks the result.
import { drizzle } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { createSignalbox, provide, type Class, type OnFailure, type Signalbox } from 'signalbox';
import { createTestDatabase } from 'signalbox/testing';
import { AnalyticsClient } from './analytics/analytics-client.ts';
import { startStatisticsService, type StatisticsService } from './analytics/statistics-service.ts';
import type { db as shopDb } from './database.ts';
import { services as shopServices } from './services.ts';

export interface TestShop extends AsyncDisposable {
  readonly db: typeof shopDb;
  readonly box: Signalbox<typeof shopDb>;
  readonly statistics: StatisticsService;
}

export interface TestShopOptions {
  /** Default: all services of the shop. */
  services?: readonly Class[];
  /** `'collect'`: the error of a failed receiver is only recorded, as in production. Default `'throw'`. */
  onFailure?: OnFailure;
}

export async function openShop({ services = shopServices, onFailure = 'throw' }: TestShopOptions = {}): Promise<TestShop> {
  const database = await createTestDatabase({ migrations: new URL('./migrations', import.meta.url) });
  const statistics = database.own(await startStatisticsService());
  const db = drizzle({ client: database.own(postgres(database.url)) });
  const box = createSignalbox({
    db,
    services,
    overrides: [provide(AnalyticsClient, { useValue: new AnalyticsClient(statistics.url) })],
    testing: 'immediate',
    onFailure,
    log: false,
  });
  database.own(box);
  return { db, box, statistics, [Symbol.asyncDispose]: () => database.close() };
}
