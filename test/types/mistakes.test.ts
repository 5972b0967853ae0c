// Every mistake of mistakes.ts is an error at its own line, and there is no other error, in both kinds of decorators.
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

test.each([
  ['legacy', true, 1],
  ['standard', false, 4],
])(
  'a wrong payload is reported within the first lines, and without overloads, with %s decorators',
  async (_mode, experimentalDecorators, line) => {
    await using project = await createProject();
    await project.write('tsconfig.json', tsconfig({ experimentalDecorators, files: ['wrong.ts'] }));
    await project.write(
      'wrong.ts',
      `import { z } from 'zod';
import { defineSignal, OnSignal } from 'signalbox';
const paid = defineSignal('payment.paid', z.object({ paymentId: z.number() }));
export class Order {
  @OnSignal(paid)
  async onPaid(_payload: { paymentId: string }): Promise<void> {}
}
`,
    );
    const output = await project.run('npx tsc -p tsconfig.json').catch((error: unknown) => String(error));
    const lines = output.split('\n').slice(output.split('\n').findIndex((text) => text.startsWith('wrong.ts(5,')));
    expect(lines[line]).toContain('_payload: { paymentId: string; }');
    expect(output).not.toContain('verload');
  },
);
