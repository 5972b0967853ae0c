// Each command of the page about incidents is run by the installed binary, as it stands there.
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { createCliProject } from '../cli/support.ts';

const page = await readFile(new URL('../../docs/operating/incidents.md', import.meta.url), 'utf8');
const commands = [...new Set(Array.from(page.matchAll(/npx signalbox ([^`\n]+)/g), ([, words]) => words!.trim()))];

test('each command of the page runs', { timeout: 300_000 }, async () => {
  expect(commands.length).toBeGreaterThan(8);
  await using project = await createCliProject();
  const announce = project.start('announce');
  expect(await announce.exitCode).toBe(0);
  await project.emit('hello');
  for (const words of commands) {
    const command = project.start(...words.split(' '));
    if (words === 'worker') {
      await command.says('worker started');
      command.child.kill('SIGTERM');
    }
    expect([words, await command.exitCode, command.errors.includes('Usage:')]).toEqual([words, 0, false]);
  }
});

test('the page about running names the options and the file that there are', async () => {
  const running = await readFile(new URL('../../docs/operating/running.md', import.meta.url), 'utf8');
  const manifest = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')) as { bin: { signalbox: string } };
  expect(running).toContain(`node_modules/signalbox/${manifest.bin.signalbox.replace('./', '')} worker`);
  const reference = await readFile(new URL('../../docs/reference/cli.md', import.meta.url), 'utf8');
  const lines = Array.from(running.matchAll(/npx signalbox [^`\n]*?(--\w[\w-]*)/g), ([, option]) => option!);
  expect(lines).toContain('--strict');
  for (const option of lines) expect(reference).toContain(`\`${option}`);
});
