// Every TypeScript snippet of the guides compiles, with the names that the guides share.
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { createDatabase } from '../support/database.ts';
import { createProject, tsconfig } from '../support/project.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The names that snippets use without importing them. */
const SHARED = `
import type * as s from 'signalbox';
import type * as z4 from 'zod';
import type * as orm from 'drizzle-orm';
import type { PgTableWithColumns } from 'drizzle-orm/pg-core';
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js';

declare module 'signalbox' {
  interface Register { db: PostgresJsDatabase }
}
declare class LedgerClass { constructor(db: s.Db); book(paymentId: number): Promise<void> }
declare class OrdersClass { onPaymentCompleted(payload: { paymentId: number }): Promise<void> }
declare class PaymentsClass { complete(paymentId: number): Promise<void> }

declare global {
  const db: PostgresJsDatabase;
  const box: s.Signalbox<PostgresJsDatabase>;
  const payment: s.Signals<'payment', { completed: z4.ZodObject<{ paymentId: z4.ZodNumber }> }>;
  const payments: PgTableWithColumns<any>;
  const orders: PgTableWithColumns<any>;
  const eq: typeof orm.eq;
  const z: typeof z4.z;
  const Ledger: typeof LedgerClass;
  type Ledger = LedgerClass;
  const Orders: typeof OrdersClass;
  const Payments: typeof PaymentsClass;
  const createSignalbox: typeof s.createSignalbox;
  const defineSignals: typeof s.defineSignals;
  const OnSignal: typeof s.OnSignal;
  const Service: typeof s.Service;
  const Transactional: typeof s.Transactional;
  const inject: typeof s.inject;
  const provide: typeof s.provide;
  const Token: typeof s.Token;
  const RetryAfter: typeof s.RetryAfter;
  const Unavailable: typeof s.Unavailable;
  const Db: typeof s.Db;
  type Db = s.Db;
  type BatchContext = s.BatchContext;
  type BatchItem<P> = s.BatchItem<P>;
  type DeliveryContext = s.DeliveryContext;
  type DetachedDeliveryContext = s.DetachedDeliveryContext;
  type PayloadOf<S extends s.Signal> = s.PayloadOf<S>;
}
`;

/** The two files of getting started that scripts import. */
const PROJECT = {
  'database.ts': `import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js';
    export declare const db: PostgresJsDatabase & { $client: import('postgres').Sql };`,
  'signalbox.config.ts': 'declare const configured: typeof box; export default configured;',
};

async function guides(): Promise<{ name: string; text: string }[]> {
  const folder = path.join(root, 'docs/guides');
  const names = (await readdir(folder)).filter((name) => name.endsWith('.md'));
  return Promise.all(names.map(async (name) => ({ name, text: await readFile(path.join(folder, name), 'utf8') })));
}

test('the snippets of the guides compile', async () => {
  await using project = await createProject();
  await project.write('tsconfig.json', tsconfig({ experimentalDecorators: true }));
  await project.write('shared.ts', SHARED);
  for (const [file, text] of Object.entries(PROJECT)) await project.write(file, text);
  let count = 0;
  for (const { name, text } of await guides())
    for (const [index, [, code]] of [...text.matchAll(/```ts\n([\s\S]*?)```/g)].entries()) {
      count++;
      await project.write(`${path.basename(name, '.md')}-${index + 1}.ts`, `${code}\nexport {};\n`);
    }
  expect(count).toBeGreaterThan(15);
  await project.run('npx tsc -p tsconfig.json');
});

test('the SQL of the guides runs', async () => {
  await using database = await createDatabase();
  const sql = database.connect({ max: 1 });
  let count = 0;
  for (const guide of await guides())
    for (const [, statement] of guide.text.matchAll(/```sql\n([\s\S]*?)```/g)) {
      count++;
      await sql.unsafe(statement!);
    }
  expect(count).toBeGreaterThan(0);
});
