// Every mistake of mistakes.ts is an error at its own line, and nothing else is, in both kinds of decorators.
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { createProject, tsconfig } from '../support/project.ts';

test.each([
  ['legacy', true],
  ['standard', false],
])('with %s decorators', async (_mode, experimentalDecorators) => {
  await using project = await createProject();
  await project.write('tsconfig.json', tsconfig({ experimentalDecorators, files: ['mistakes.ts'] }));
  const source = (await readFile(new URL('./mistakes.ts', import.meta.url), 'utf8')).replace('../../src/index.ts', 'signalbox');
  await project.write('mistakes.ts', source);
  await project.run('npx tsc -p tsconfig.json');

  const expected = source.split('\n').flatMap((line, index) => (line.includes('@ts-expect-error') ? [index + 2] : []));
  await project.write('mistakes.ts', source.replaceAll('@ts-expect-error', ''));
  const output = await project.run('npx tsc -p tsconfig.json').catch((error: unknown) => String(error));
  const reported = [...output.matchAll(/^mistakes\.ts\((\d+),/gm)].map(([, line]) => Number(line));
  expect([...new Set(reported)]).toEqual(expected);
});
