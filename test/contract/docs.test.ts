// Writes and runs the code and the commands of the documentation.
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import postgres from 'postgres';
import { expect, test } from 'vitest';
import { headingId } from '../../docs/site/links.ts';
import { supportClaim } from '../matrix/claim.ts';
import { createDatabase } from '../support/database.ts';
import { createProject } from '../support/project.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = async (file: string): Promise<string> => readFile(path.join(root, file), 'utf8');

interface Block {
  readonly language: string;
  readonly text: string;
  /** The file that the sentence before the block names. */
  readonly file: string | undefined;
}

function blocksOf(markdown: string): Block[] {
  return [...markdown.matchAll(/([^\n]*)\n+```(\w+)\n([\s\S]*?)```/g)].map(([, before, language, text]) => ({
    language: language!,
    text: text!,
    file: [...before!.matchAll(/`([\w/.-]+\.(?:ts|json))`/g)].at(-1)?.[1] ?? /^`([\w/.-]+\.ts)`/.exec(before!)?.[1],
  }));
}

test('getting started leads to a delivered signal, word for word', { timeout: 120_000 }, async () => {
  await using database = await createDatabase({ migrated: false });
  await using project = await createProject();
  const environment = { DATABASE_URL: database.url };
  const client = postgres(database.url, { max: 1 });
  const statuses = async (): Promise<unknown[]> =>
    (await client`select status from orders order by id`).map(({ status }) => status as unknown);

  const outputs = new Map<string, string>();
  for (const { language, text, file } of blocksOf(await read('docs/getting-started.md'))) {
    // The block shows the messages in the output of the previous command.
    if (language === 'text') {
      for (const [, message] of text.matchAll(/^INFO: ([^{]+) \{/gm)) expect([...outputs.values()].at(-1)).toContain(message);
    } else if (language !== 'sh') await project.write(file!, text);
    else
      for (const line of text.trim().split('\n')) {
        // The packages of the registry are installed already.
        if (line.startsWith('npm ')) continue;
        outputs.set(line, await project.run(line, environment));
        if (line.endsWith('pay.ts')) expect(await statuses()).toEqual(['placed']);
        if (line.endsWith('--once')) expect(await statuses()).toEqual(['completed']);
      }
  }
  expect([...outputs.keys()]).toEqual([
    'npx drizzle-kit generate',
    'npx drizzle-kit migrate',
    'node --import @oxc-node/core/register pay.ts',
    'npx signalbox worker --once',
    'node --import @oxc-node/core/register --test orders.test.ts',
  ]);
  expect(outputs.get('npx signalbox worker --once')).toContain('completed Orders.onPaymentCompleted');
  expect(await statuses()).toEqual(['completed', 'completed']);
  await project.run('npx tsc -p tsconfig.json');
  await client.end();
});

const README_PRELUDE = `
import { eq } from 'drizzle-orm';
import { integer, pgTable, text } from 'drizzle-orm/pg-core';
import { drizzle } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { createSignalbox, Db, defineSignals, type DeliveryContext, OnSignal, type PayloadOf, Service } from 'signalbox';
import { z } from 'zod';
const payments = pgTable('payments', { id: integer('id').primaryKey(), status: text('status') });
const orders = pgTable('orders', { paymentId: integer('payment_id'), status: text('status') });
const db = drizzle({ client: postgres('') });
declare module 'signalbox' { interface Register { db: typeof db } }
`;

test('the code of the README compiles', async () => {
  await using project = await createProject();
  const [code] = blocksOf(await read('README.md')).filter(({ language }) => language === 'ts');
  await project.write('tsconfig.json', blocksOf(await read('docs/getting-started.md')).find(({ file }) => file === 'tsconfig.json')!.text);
  await project.write('readme.ts', README_PRELUDE + code!.text);
  await project.run('npx tsc -p tsconfig.json');
  await project.write('wrong.ts', README_PRELUDE + code!.text.replace('{ paymentId: id }', "{ paymentId: 'one' }"));
  await expect(project.run('npx tsc -p tsconfig.json')).rejects.toThrow(/wrong\.ts.*TS2322/);
});

test('the README claims the combinations that the matrix runs', async () => {
  expect((await read('README.md')).replaceAll('\n', ' ')).toContain(supportClaim());
});

const headingsOf = (text: string): string[] => Array.from(text.matchAll(/^#+ (.*)$/gm), ([, heading]) => headingId(heading!));

test('every link between the pages leads to a page and a heading that exist', async () => {
  const pages = ['README.md', 'CONTRIBUTING.md'];
  for (const entry of await readdir(path.join(root, 'docs'), { recursive: true }))
    if (entry.endsWith('.md') && !/^(site|reference[/\\]api)[/\\]/.test(entry)) pages.push(`docs/${entry}`);
  const dead: string[] = [];
  for (const page of pages) {
    const text = await read(page);
    for (const [, target, anchor] of text.matchAll(/\]\(([^)#\s]*)(?:#([\w-]*))?\)/g)) {
      if (/^https?:/.test(target!)) continue;
      const file = target === '' ? page : path.join(path.dirname(page), target!);
      const found = await readFile(path.join(root, file), 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EISDIR') dead.push(`${page} -> ${target}`);
      });
      if (anchor !== undefined && file.endsWith('.md') && found !== undefined && !headingsOf(found).includes(anchor))
        dead.push(`${page} -> ${target}#${anchor}`);
    }
  }
  expect(dead).toEqual([]);
});
