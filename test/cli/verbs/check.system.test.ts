// signalbox check: in CI against the committed manifest, in a deploy against the database.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { createCliProject } from '../support.ts';

test('a receiver that is renamed without formerly fails the check, of the manifest and of the database', { timeout: 180_000 }, async () => {
  await using project = await createCliProject();
  const run = async (...args: string[]): Promise<[number | null, string]> => {
    const command = project.start('check', ...args);
    return [await command.exitCode, command.output];
  };
  expect(await run()).toEqual([1, expect.stringMatching(/There is no manifest .*signalbox check --write.*\[ConfigNotFound\]/)]);
  expect(await run('--database')).toEqual([0, 'Each stored name and version has its code.\n']);
  expect(await run('--write')).toEqual([0, 'signalbox.manifest.json is written. Commit it.\n']);
  const written = JSON.parse(await readFile(path.join(project.folder, 'signalbox.manifest.json'), 'utf8')) as object;
  expect(written).toEqual({
    manifest: 1,
    signals: { 'cli.happened': { version: 1, upcasts: false } },
    receivers: { 'cli.happened': { 'Listener.receive': [], 'Mail.send': [] } },
  });
  expect(await run('--database')).toEqual([0, 'Each stored name and version has its code.\n']);

  await project.emit('hello');
  const services = await readFile(path.join(project.folder, 'services.ts'), 'utf8');
  await project.write('services.ts', services.replace('async send()', 'async deliver()'));
  const [code, said] = await run('--database');
  expect(code).toBe(1);
  expect(said).toContain(
    "✗ No receiver of cli.happened has the name Mail.send: what is stored for it would wait for ever. If it was renamed, add formerly: ['Mail.send'] to Mail.deliver",
  );
  expect(said).toContain('✗ The database has 1 delivery for it. No receiver of cli.happened has the name Mail.send');

  await project.write(
    'services.ts',
    services.replace('async send()', 'async deliver()').replace("{ queue: 'mail' }", "{ queue: 'mail', formerly: ['Mail.send'] }"),
  );
  const [outdated, document] = await run('--json');
  expect([outdated, JSON.parse(document)]).toEqual([
    1,
    { version: 1, problems: [{ problem: 'outdated', message: expect.stringContaining('Mail.deliver') as string }] },
  ]);
  expect(await run('--write', '--database')).toEqual([0, 'signalbox.manifest.json is written. Commit it.\n']);
  expect((await run())[0]).toBe(0);

  await project.write(
    'signals.js',
    (await readFile(path.join(project.folder, 'signals.js'), 'utf8')).replace('z.string() })', 'z.string() }), { version: 2 }'),
  );
  expect(await run()).toEqual([1, expect.stringContaining('cli.happened went from version 1 to 2 without an upcast')]);
  await project.write('signalbox.manifest.json', '{');
  expect(await run()).toEqual([1, expect.stringContaining('[ConfigInvalid]')]);
});
