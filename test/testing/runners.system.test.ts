// The same test in Vitest, in Node's own runner and in Jest, as the guide on testing shows it, in a project that has Signalbox as npm
// would install it: it passes, and one beside it that expects too much fails with the message of the kit.
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { installCopy } from '../cli/installed.ts';
import { createProject, type Project } from '../support/project.ts';

const PROJECT = ['tsconfig.json', 'schema.ts', 'drizzle.config.ts', 'database.ts', 'payments.ts', 'orders.ts'];

const page = (file: string): Promise<string> => readFile(new URL(`../../docs/${file}`, import.meta.url), 'utf8');

/** The files of a page, or of some of its sections: each block of code whose last line before names one. */
function filesOf(markdown: string, ...headings: string[]): Map<string, string> {
  const sections = markdown
    .split(/^(?=## )/m)
    .filter((section) => headings.length === 0 || headings.some((name) => section.startsWith(`## ${name}\n`)));
  const blocks = sections.join('').matchAll(/([^\n]*)\n+```(?:ts|typescript|javascript|json)\n([\s\S]*?)```/g);
  return new Map(
    [...blocks].flatMap(([, before, text]) => {
      const names = [...before!.matchAll(/`([\w-]+(?:\.[\w-]+)*\.(?:ts|cjs|json))`/g)];
      const file = before!.startsWith('`') ? names[0] : names.at(-1);
      return file ? [[file[1]!, text!] as const] : [];
    }),
  );
}

let project: Project;

beforeAll(async () => {
  project = await createProject();
  await installCopy(project.folder);
  const files = filesOf(await page('getting-started.md'));
  for (const file of PROJECT) await project.write(file, files.get(file)!);
  await project.run('npx drizzle-kit generate');
});

afterAll(() => project[Symbol.asyncDispose]());

interface Runner {
  readonly name: string;
  readonly headings: readonly string[];
  readonly files: readonly string[];
  readonly command: string;
  /** Code that its types must refuse. */
  readonly misuse: string;
  /** What it prints when three tests pass and one fails. */
  readonly counted: RegExp;
  /** What it prints of the test that fails. */
  readonly failed: RegExp;
}

const RUNNERS: readonly Runner[] = [
  {
    name: 'Vitest',
    headings: ['Set up', 'Immediate mode'],
    files: ['vitest.config.ts', 'matchers.ts', 'shop.test.ts'],
    command: 'npx vitest run',
    misuse: "import { expect } from 'vitest';\n// @ts-expect-error no signal\nexpect({}).toHaveEmitted('a name');\n",
    counted: /Tests +1 failed \| 3 passed/,
    failed: /FAIL +wrong\.test\.ts > an order is completed by its payment/,
  },
  {
    name: 'node:test',
    headings: ["Node's own runner"],
    files: ['shop.test.ts'],
    command: 'node --import @oxc-node/core/register --test shop.test.ts',
    misuse: "import { assertEmitted } from 'signalbox/testing';\n// @ts-expect-error no signal\nassertEmitted({} as never, 'a name');\n",
    counted: /^# pass 3$[\s\S]*^# fail 1$/m,
    failed: /^not ok \d - an order is completed by its payment$[\s\S]{0,200}wrong\.test\.ts/m,
  },
  {
    name: 'Jest',
    headings: ['Jest'],
    files: ['jest.config.cjs', 'matchers.ts', 'shop.test.ts'],
    command: 'npx jest',
    misuse: "import { expect } from '@jest/globals';\n// @ts-expect-error no signal\nexpect({}).toHaveEmitted('a name');\n",
    counted: /Tests: +1 failed, 3 passed, 4 total/,
    failed: /FAIL \.\/wrong\.test\.ts.*\s+● an order is completed by its payment/,
  },
];

test.each(RUNNERS)(
  'the test of the guide passes in $name, and one that expects too much is refused',
  { timeout: 120_000 },
  async (runner) => {
    const guide = await page('guides/testing.md');
    expect(guide).toContain(`\n${runner.command}\n`.replace('\nnpx vitest run\n', '`npx vitest run`'));
    const files = filesOf(guide, ...runner.headings);
    expect([...files.keys()]).toEqual(runner.files);
    for (const file of ['wrong.test.ts', ...RUNNERS.flatMap((other) => other.files)])
      await rm(path.join(project.folder, file), { force: true });
    for (const [file, text] of files) await project.write(file, text);
    await project.write('misuse.ts', runner.misuse);
    await project.run('npx tsc -p tsconfig.json');

    const right = files.get('shop.test.ts')!;
    const wrong = right.replace('payment.completed, { times: 1,', 'payment.completed, { times: 2,');
    expect(wrong).not.toBe(right);
    await project.write('wrong.test.ts', wrong);
    const environment = { DATABASE_URL: inject('databaseUrl'), TMPDIR: project.folder, NO_COLOR: '1' };
    const output = await project.run(runner.command.replace('shop.test.ts', 'shop.test.ts wrong.test.ts'), environment).then(
      () => 'Both files pass.',
      (error: unknown) => (error as Error).message,
    );
    expect(output).toMatch(runner.counted);
    expect(output).toMatch(runner.failed);
    expect(output).toMatch(
      /payment\.completed was to be emitted 2 times, its payload like \{ paymentId: 1 \}, and was so 1 times\. Emitted were:\s+payment\.completed \{ paymentId: 1 \}/,
    );
  },
);
