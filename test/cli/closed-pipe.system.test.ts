// A reader that goes away (`| head`), and an output that takes nothing.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createProject } from '../support/project.ts';

async function shell(folder: string, line: string): Promise<{ code: unknown; errors: string }> {
  // The code of the command, not that of the pipe's end.
  const child = spawn('bash', ['-o', 'pipefail', '-c', line], { cwd: folder });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const [code] = (await once(child, 'close')) as [unknown];
  return { code, errors };
}

test('a reader that closes the pipe is no error', async () => {
  await using project = await createProject();
  expect(await shell(project.folder, 'node_modules/.bin/signalbox tuning | true')).toEqual({ code: 0, errors: '' });
});

// Only Linux has a device that is always full.
test.skipIf(!existsSync('/dev/full'))('an answer that cannot be written is an error', async () => {
  await using project = await createProject();
  const { code, errors } = await shell(project.folder, 'node_modules/.bin/signalbox tuning > /dev/full');
  expect(code).toBe(1);
  expect(errors).toContain('ENOSPC');
});
