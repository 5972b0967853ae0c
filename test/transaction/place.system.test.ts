// A warning about the plain database names a line of the application, even if source maps are enabled, which name the
// package's sources that are not in the package.
import { expect, test } from 'vitest';
import { createProject } from '../support/project.ts';

test.each([['node'], ['node --enable-source-maps']])('%s: a warning names the line of the application', async (node) => {
  await using project = await createProject();
  await project.write(
    'script.mjs',
    `import { PGlite } from '@electric-sql/pglite';
import { integer, pgTable } from 'drizzle-orm/pg-core';
import { drizzle } from 'drizzle-orm/pglite';
import { createSignalbox } from 'signalbox';
const db = drizzle({ client: new PGlite() });
const orders = pgTable('orders', { id: integer('id') });
const box = createSignalbox({ db, log: false, outsideWrites: 'refuse' });
const error = await db.transaction(async () => {
  await db.insert(orders).values({ id: 1 });
}).catch((thrown) => thrown);
console.log(error.code, error.message);
process.exit();
`,
  );
  const output = await project.run(`${node} script.mjs`);
  expect(output).toContain('OutsideTransaction');
  expect(output).toMatch(/script\.mjs:9:\d+/);
});
