// The kit in a user's project, with Node's own test runner: four files at once, without a server of their own, on the embedded one that
// they share; and in a strict project with either kind of decorators.
import { cp } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { createProject, tsconfig } from '../support/project.ts';

const migrations = fileURLToPath(new URL('../../examples/shop/migrations', import.meta.url));

const FILE = `
import assert from 'node:assert';
import { test } from 'node:test';
import { drizzle } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { createSignalbox, defineSignal } from 'signalbox';
import { assertEmitted, assertNoPending, assertReached, captured, createTestDatabase } from 'signalbox/testing';
import { z } from 'zod';

const paid = defineSignal('parallel.paid', z.object({ order: z.int() }));

for (const order of [1, 2, 3])
  test('an order is told of ' + order, async () => {
    const database = await createTestDatabase({ migrations: './migrations' });
    try {
      const db = drizzle({ client: database.own(postgres(database.url, { max: 3, fetch_types: false })) });
      const box = database.own(createSignalbox({ db, testing: 'immediate', log: false }));
      const told = [];
      box.receivers.connect(paid, (payload) => void told.push(payload), { name: 'tell' });
      const seen = await captured(() => db.transaction((tx) => paid.emitReliable(tx, { order })));
      assertEmitted(seen, paid, { times: 1, with: { order } });
      await assertReached(box, 'tell', { times: 1, of: seen });
      await assertNoPending(box);
      assert.deepEqual(told, [{ order }]);
    } finally {
      await database.close();
    }
  });
`;

test('four files at once share one embedded server and one template', { timeout: 120_000 }, async () => {
  await using project = await createProject();
  await cp(migrations, path.join(project.folder, 'migrations'), { recursive: true });
  const files = ['a', 'b', 'c', 'd'].map((name) => `${name}.test.mjs`);
  for (const file of files) await project.write(file, FILE);
  const output = await project.run(`${process.execPath} --test --test-reporter tap ${files.join(' ')}`, {
    DATABASE_URL: '',
    TMPDIR: project.folder,
  });
  expect(output).toMatch(/^# pass 12$/m);
  expect(output).toMatch(/^# fail 0$/m);
});

const TYPED = `
import { drizzle } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { createSignalbox, defineSignal, type DeliveryContext, OnSignal } from 'signalbox';
import { assertIdempotent, assertReached, createTestDatabase, deliver, simulateCrashes } from 'signalbox/testing';
import { matchers } from 'signalbox/testing/vitest';
import { expect } from 'vitest';
import { z } from 'zod';

expect.extend(matchers);
export const paid = defineSignal('typed.paid', z.object({ order: z.int() }));

export class Orders {
  @OnSignal(paid)
  async onPaid({ order }: { order: number }, _context: DeliveryContext): Promise<void> {
    if (order < 0) throw new Error('no order');
  }
}

export async function all(): Promise<void> {
  await using database = await createTestDatabase({ migrations: './migrations' });
  const box = database.own(createSignalbox({ db: drizzle({ client: database.own(postgres(database.url)) }), services: [Orders] }));
  await deliver(box, Orders, 'onPaid', { order: 1 });
  await assertReached(box, Orders, 'onPaid', { with: { order: 1 } });
  await assertIdempotent(box, Orders, 'onPaid', { order: 1 }, { tables: [] });
  await expect(box).toHaveReached(Orders, 'onPaid', { with: ({ order }) => order === 1 });
  // @ts-expect-error another payload
  await deliver(box, Orders, 'onPaid', { order: 'one' });
  // @ts-expect-error no method
  await expect(box).toBeDead(Orders, 'onPiad');
  await simulateCrashes({
    database: () => createTestDatabase({ migrations: './migrations' }),
    box: ({ url, own }) => createSignalbox({ db: drizzle({ client: own(postgres(url)) }), services: [Orders] }),
    arrange: () => 7,
    workflow: (made, order) => made.db.transaction((tx) => paid.emitReliable(tx, { order })),
    invariant: (_made, order) => order === 7,
  });
}
`;

test.each([true, false])(
  'it is typed in a strict project, with experimentalDecorators %s',
  { timeout: 120_000 },
  async (experimentalDecorators) => {
    await using project = await createProject();
    await project.write('tsconfig.json', tsconfig({ experimentalDecorators }));
    await project.write('typed.ts', TYPED);
    await project.run('npx tsc -p tsconfig.json');
  },
);
