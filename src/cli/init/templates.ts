// The files that init writes. All of them import relatively: drizzle-kit follows neither path aliases nor `extends`.
import type { DriverName } from './project.ts';

export const SIGNAL = `import { defineSignals } from 'signalbox';
import { z } from 'zod';

export const example = defineSignals('example', {
  happened: z.object({ note: z.string() }),
});
`;

/** No module of this package imports it. */
const DRIZZLE_KIT = 'drizzle-kit';

/** @param schema the file of its tables */
export const drizzleConfigText = (schema: string): string => `import { defineConfig } from '${DRIZZLE_KIT}';

export default defineConfig({
  dialect: 'postgresql',
  // The tables of Signalbox: add the files of your own.
  schema: ['${schema}'],
  out: './drizzle',
  dbCredentials: { url: process.env['DATABASE_URL']! },
});
`;

/** A service whose method receives the signal. @param signals the module of the signal */
export const serviceText = (
  signals: string,
): string => `import { type DeliveryContext, OnSignal, type PayloadOf, Service } from 'signalbox';
import { example } from '${signals}';

@Service()
export class ExampleService {
  @OnSignal(example.happened)
  onHappened({ note }: PayloadOf<typeof example.happened>, { log }: DeliveryContext): void {
    log.info({ note }, 'the signal is delivered');
  }
}
`;

/** The same as a function: for projects that do not compile legacy decorators. */
export const functionText = (signals: string): string => `import type { DeliveryContext, PayloadOf } from 'signalbox';
import type { example } from '${signals}';

export function onHappened({ note }: PayloadOf<typeof example.happened>, { log }: DeliveryContext): void {
  log.info({ note }, 'the signal is delivered');
}
`;

export interface BoxNames {
  /** The module of the database, and the name that it exports. */
  readonly database: string;
  readonly db: string;
  readonly signals: string;
  readonly service: string;
}

const given = (db: string): string => (db === 'db' ? 'db' : `db: ${db}`);

export const decoratedConfig = ({ database, db, service }: BoxNames): string => `import 'reflect-metadata';
import { createSignalbox } from 'signalbox';
import { ${db} } from '${database}';
import { ExampleService } from '${service}';

export default createSignalbox({ ${given(db)}, services: [ExampleService] });
`;

export const connectedConfig = ({ database, db, signals, service }: BoxNames): string => `import { createSignalbox } from 'signalbox';
import { ${db} } from '${database}';
import { onHappened } from '${service}';
import { example } from '${signals}';

const box = createSignalbox({ ${given(db)} });
// The name is stored: keep it, or list it in \`formerly\`.
box.receivers.connect(example.happened, onHappened, { name: 'example.onHappened' });

export default box;
`;

export const testText = (
  { database, db, signals }: BoxNames,
  config: string,
  driver: DriverName,
): string => `import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import box from '${config}';
import { ${db} } from '${database}';
import { example } from '${signals}';

after(async () => {
  await box.close();
  await ${db}.$client.${driver === 'pglite' ? 'close' : 'end'}();
});

test('an emitted signal is delivered', async () => {
  await box.receivers.announce();
  const { emissionId } = await ${db}.transaction(async (tx) => example.happened.emitReliable(tx, { note: 'hello' }));
  await box.drain();
  const deliveries = await box.emissions.settled(emissionId);
  assert.deepEqual(
    deliveries.map(({ state }) => state),
    ['completed'],
  );
});
`;

export const DATABASES: Readonly<Record<DriverName, string>> = {
  'postgres-js': `import { drizzle } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';

export const db = drizzle({ client: postgres(process.env['DATABASE_URL']!, { max: 12, fetch_types: false }) });
`,
  'node-postgres': `import { drizzle } from 'drizzle-orm/node-postgres';
import { Pool } from 'pg';

export const db = drizzle({ client: new Pool({ connectionString: process.env['DATABASE_URL'], max: 12 }) });
`,
  pglite: `import { PGlite } from '@electric-sql/pglite';
import { drizzle } from 'drizzle-orm/pglite';

export const db = drizzle({ client: new PGlite('./pglite') });
`,
};
