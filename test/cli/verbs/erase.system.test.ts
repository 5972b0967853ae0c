// signalbox erase: what is stored of one person is blanked, after a question; what still runs is named.
import { expect, test, vi } from 'vitest';
import { createOperatedProject } from '../operated.ts';

// Each test starts many processes.
vi.setConfig({ testTimeout: 300_000 });

test('the emissions of one person are blanked after --yes, and those that still wait are named', async () => {
  await using project = await createOperatedProject();
  const sql = project.database.connect({ max: 1 });
  const [gone] = await project.emitted('die-ann', 'bob');
  await project.work();
  const line = ['erase', '--payload', 'person.email=die-ann@example.com'];
  expect(await project.answer(...line, '--dry-run')).toBe('1 emission would be blanked.\n');
  const asked = project.start(...line);
  expect([await asked.exitCode, asked.answer]).toEqual([2, '']);
  expect(asked.errors).toContain(
    'Blank 1 emission, found by person.email? They cannot be read or run again. Nobody can be asked here: add --yes.',
  );
  expect(asked.errors).not.toContain('ann@example.com');
  expect(await project.answer(...line, '--yes', '--as', 'ada')).toBe('1 emission blanked, with 1 error.\n');
  const [left] = await sql<{ all: string }[]>`
    select (select string_agg(payload::text || coalesce(headers::text, ''), '') from signalbox.emission where id = ${gone!}) || coalesce((select string_agg(error::text, '') from signalbox.delivery_error), '') as all`;
  expect(left!.all).not.toContain('ann');
  expect(await project.document('audit')).toMatchObject({ entries: [{ by: 'ada', act: 'erase', about: { path: 'person.email' } }] });
  expect(JSON.stringify(await project.document('audit'))).not.toContain('ann@');

  const [waits] = await project.emitted('carl');
  const waiting = project.start('erase', '--payload', 'person.email=carl@example.com', '--json', '--yes');
  expect([await waiting.exitCode, waiting.document]).toMatchObject([
    1,
    { version: 1, emissions: 0, left: 1, waiting: [waits], stopped: false, dryRun: false },
  ]);
});

test('a person is to be named', async () => {
  await using project = await createOperatedProject();
  for (const [words, says] of [
    [['erase', '--yes'], '--payload is missing'],
    [['erase', '--payload', 's3cret'], '--payload lacks its "="'],
  ] as const) {
    const command = project.start(...words);
    expect([words, await command.exitCode, command.answer]).toEqual([words, 2, '']);
    expect(command.errors).toContain(says);
    expect(command.errors).not.toContain('s3cret');
  }
});
