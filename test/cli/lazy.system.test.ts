// What the command loads: nothing that its line does not need. Otherwise each `--help` pays for Drizzle, pino and prompts.
import path from 'node:path';
import { expect, test } from 'vitest';
import { CliProcess } from './support.ts';
import { createProject } from '../support/project.ts';
import { installCopy } from './installed.ts';

const HEAVY = ['drizzle-orm', 'pino', 'pino-pretty', '@clack/prompts', 'string-width', 'zod', 'pg', 'postgres'];

test('help and complaints are printed where nothing is installed but commander', async () => {
  await using project = await createProject({ without: HEAVY });
  await installCopy(project.folder);
  const lines: [words: string[], exitCode: number, says: string][] = [
    [['--help'], 0, 'Set up:'],
    [['--version'], 0, '.'],
    [['migrate', '--folder', 'x', '--config', 'nowhere.ts'], 1, '[ConfigNotFound]'],
    [['migrate', '--help'], 0, '--folder'],
    [['wroker'], 2, 'Did you mean worker?'],
    [['help', 'migrate'], 0, 'drizzle-kit'],
  ];
  for (const [words, exitCode, says] of lines) {
    const command = new CliProcess(project.folder, [path.join('node_modules/signalbox/dist/cli/main.js'), ...words], {});
    expect([words, await command.exitCode, command.output]).toEqual([words, exitCode, expect.stringContaining(says)]);
  }
});

test('without its packages, a verb that needs them does not start: the test above can fail', async () => {
  await using project = await createProject({ without: HEAVY });
  await installCopy(project.folder);
  const worker = new CliProcess(project.folder, ['node_modules/signalbox/dist/cli/main.js', 'worker', '--help'], {});
  expect(await worker.exitCode).toBe(1);
  expect(worker.output).toMatch(/ERR_MODULE_NOT_FOUND|Cannot find package/);
});
