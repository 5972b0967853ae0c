// signalbox init with the next version of Drizzle, installed from the registry as a user would: the printed steps end with a delivered signal.
import { mkdtemp, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { run } from '../../matrix/install.ts';
import { DRIZZLES, PACKAGES } from '../../matrix/versions.ts';
import { createDatabase } from '../../support/database.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const { version, kit } = DRIZZLES.at(-1)!;

const FILES = {
  'package.json': '{ "name": "shop", "private": true, "type": "module" }\n',
  'drizzle.config.ts':
    "import { defineConfig } from 'drizzle-kit';\nexport default defineConfig({ dialect: 'postgresql', schema: './src/**/*.schema.ts', out: './drizzle', dbCredentials: { url: process.env.DATABASE_URL! } });\n",
  'src/order.schema.ts':
    "import { integer, pgTable } from 'drizzle-orm/pg-core';\nexport const orders = pgTable('orders', { id: integer('id').primaryKey() });\n",
  'src/db.ts':
    "import { drizzle } from 'drizzle-orm/postgres-js';\nimport postgres from 'postgres';\nexport const db = drizzle({ client: postgres(process.env['DATABASE_URL']!, { max: 5, fetch_types: false }) });\n",
};

test('the printed steps, word for word, end with a delivered signal', { timeout: 600_000 }, async () => {
  await using database = await createDatabase({ migrated: false });
  const folder = await mkdtemp(path.join(os.tmpdir(), 'signalbox-init-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const project = path.join(folder, 'shop');
  for (const [file, text] of Object.entries(FILES)) {
    await mkdir(path.dirname(path.join(project, file)), { recursive: true });
    await writeFile(path.join(project, file), text);
  }
  // Without its scripts, which would build dist anew under other tests.
  await run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder, '--loglevel=error'], root);
  const tarball = path.join(
    folder,
    (await readdir(folder)).find((name) => name.endsWith('.tgz'))!,
  );
  const packages = [tarball, `drizzle-orm@${version}`, `drizzle-kit@${kit}`, `postgres@${PACKAGES.postgres}`, `zod@${PACKAGES.zod}`];
  await run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', ...packages], project);
  const environment = { DATABASE_URL: database.url, NODE_ENV: '', VITEST: '' };
  const said = await run('npx', ['signalbox', 'init'], project, environment);
  expect(said).toContain("new: src/signalbox.schema.ts\n  + export * from 'signalbox/schema';");
  let output = '';
  for (const step of said.split('\nNext:\n')[1]!.trim().split('\n')) {
    const [command, ...words] = step.trim().split(' ');
    output = await run(command!, words, project, environment);
  }
  expect(output).toMatch(/pass 1\n/);
  expect(await run('npx', ['signalbox', 'init'], project, environment)).toContain('Nothing is to be written');
});
