// Writes the tests of the guide on testing into the project of getting started, and runs them with Vitest.
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { createDatabase } from '../support/database.ts';
import { createProject } from '../support/project.ts';

/** A page, without what it says of other runners (test/testing/runners.system.test.ts). */
async function readPage(page: string): Promise<string> {
  const markdown = await readFile(new URL(`../../docs/${page}`, import.meta.url), 'utf8');
  return markdown.split(/^## Node's own runner$/m)[0]!;
}

/** The blocks of code in a page, each with the file that the line before it names last. */
async function filesOf(page: string): Promise<[file: string, text: string][]> {
  const markdown = await readPage(page);
  return [...markdown.matchAll(/([^\n]*)\n+```(?:ts|typescript|json)\n([\s\S]*?)```/g)].flatMap(([, before, text]) => {
    const file = [...before!.matchAll(/`([\w-]+(?:\.[\w-]+)*\.(?:ts|json))`/g)].at(-1)?.[1];
    return file ? [[file, text!] as [string, string]] : [];
  });
}

/** The steps of the guide before the tests, except for the installation of packages from the registry. */
async function commandsOf(page: string): Promise<string[]> {
  const markdown = await readPage(page);
  const lines = [...markdown.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, text]) => text!.trim().split('\n'));
  return lines.filter((line) => !line.startsWith('npm '));
}

const GUIDE = ['shop.test.ts', 'matchers.ts', 'receipts.ts', 'receipts.test.ts', 'vitest.config.ts'];

test('the tests of the guide pass in the project of getting started', { timeout: 90_000 }, async () => {
  await using database = await createDatabase({ migrated: false });
  await using project = await createProject();
  const started = await filesOf('getting-started.md');
  expect(started.map(([file]) => file)).toContain('orders.test.ts');
  const guide = (await filesOf('guides/testing.md')).filter(([file]) => GUIDE.includes(file));
  expect(new Set(guide.map(([file]) => file))).toEqual(new Set(GUIDE));
  for (const [file, text] of started) await project.write(file, text);
  const environment = { DATABASE_URL: database.url, NO_COLOR: '1' };
  const commands = await commandsOf('guides/testing.md');
  expect(commands).toEqual(['rm orders.test.ts']);
  for (const command of commands) await project.run(command, environment);
  for (const [file, text] of guide) await project.write(file, text);

  await project.run('npx drizzle-kit generate', environment);
  expect(await project.run('npx vitest run', environment)).toMatch(/Test Files +2 passed[\s\S]*Tests +3 passed/);
  await project.run('npx tsc -p tsconfig.json');
});
