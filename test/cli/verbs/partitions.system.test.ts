// signalbox partitions: a migration is printed, and what it made is tended.
import { expect, test, vi } from 'vitest';
import { createOperatedProject } from '../operated.ts';

// Each test starts many processes.
vi.setConfig({ testTimeout: 300_000 });

test('the printed migration partitions the tables, which are tended from then on', async () => {
  await using project = await createOperatedProject();
  const sql = project.database.connect({ max: 1 });
  const early = project.start('partitions', 'tend', '--every', 'week', '--keep', '4');
  expect([await early.exitCode, early.errors]).toEqual([1, expect.stringContaining('[MigrationMissing]')]);
  const migration = await project.answer('partitions', '--every', 'week');
  await sql.begin(async (tx) => {
    for (const statement of migration.split('--> statement-breakpoint')) await tx.unsafe(statement);
  });
  await project.emitted('one');
  await project.work();
  const tended = await project.document('partitions', 'tend', '--every', 'week', '--keep', '4', '--ahead', '8');
  expect(tended).toMatchObject({ version: 1, dropped: [], left: [], stopped: false });
  const { created } = tended as { created: string[] };
  expect(created.length).toBeGreaterThan(0);
  expect(await project.answer('partitions', 'tend', '--every', 'week', '--keep', '4')).toBe('0 made, 0 dropped.\n');
  const [{ count }] = (await sql`select count(*)::int as count from signalbox.settled`) as unknown as [{ count: number }];
  expect(count).toBe(2);
});

test('a length that there is not, and a line without one, are invalid', async () => {
  await using project = await createOperatedProject();
  const refused: [words: string[], says: string][] = [
    [['partitions'], '--every is missing'],
    [['partitions', '--every', 'year'], '--every is "year"; give day, week, month.'],
    [['partitions', 'tend', '--every', 'week'], '--every and --keep are both needed'],
    [['partitions', 'tend', '--every', 'week', '--keep', '0'], '--keep is "0"'],
  ];
  const commands = refused.map(([words, says]) => ({ words, says, command: project.start(...words) }));
  for (const { words, says, command } of commands) {
    expect([words, await command.exitCode, command.answer]).toEqual([words, 2, '']);
    expect(command.errors).toContain(says);
  }
});
