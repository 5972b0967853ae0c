// signalbox prune: what is over its age goes, and no more; what workers would keep goes after a question.
import { expect, test, vi } from 'vitest';
import { createOperatedProject, type OperatedProject } from '../operated.ts';

// Each test starts many processes.
vi.setConfig({ testTimeout: 300_000 });

/** Lets all that is stored be older by so many days. An id begins with its time, too. */
async function age({ database }: OperatedProject, days: number): Promise<void> {
  const sql = database.connect({ max: 1 });
  const older = (id: string): string => {
    const hex = `replace(${id}::text, '-', '')`;
    return `(lpad(to_hex(('x' || left(${hex}, 12))::bit(48)::bigint - ${days * 86_400_000}), 12, '0') || substr(${hex}, 13))::uuid`;
  };
  await sql.unsafe(`
    update signalbox.emission set id = ${older('id')}, emitted_at = emitted_at - make_interval(days => ${days});
    update signalbox.settled set emission_id = ${older('emission_id')}, finished_at = finished_at - make_interval(days => ${days});
    update signalbox.delivery_error set emission_id = ${older('emission_id')};`);
  await sql.end();
}

const PLURAL = '2 emissions with 4 deliveries and 1 error';

test('prune deletes what the retention lets go; a dry run counts it', async () => {
  await using project = await createOperatedProject();
  await project.emitted('one', 'die');
  await project.work();
  expect(await project.answer('prune')).toBe('0 emissions with 0 deliveries and 0 errors deleted.\n');
  await age(project, 8);
  expect(await project.answer('prune', '--dry-run')).toBe('1 emission with 2 deliveries and 0 errors would be deleted.\n');
  expect(await project.document('prune', '--dry-run')).toEqual({
    version: 1,
    emissions: 1,
    deliveries: 2,
    errors: 0,
    stopped: false,
    dryRun: true,
  });
  expect(await project.answer('prune')).toBe('1 emission with 2 deliveries and 0 errors deleted.\n');
  expect(await project.document('prune')).toMatchObject({ emissions: 0, stopped: false, dryRun: false });
});

test('what workers would keep goes after --yes alone', async () => {
  await using project = await createOperatedProject();
  await project.emitted('one', 'die');
  await project.work();
  await age(project, 3);
  const line = ['prune', '--dead', '--older-than', '2d'];
  expect(await project.answer(...line, '--dry-run')).toBe(`${PLURAL} would be deleted.\n`);
  const asked = project.start(...line);
  expect([await asked.exitCode, asked.answer]).toEqual([2, '']);
  expect(asked.errors).toContain(`Nothing was done. Delete ${PLURAL}? Nobody can be asked here: add --yes.`);
  expect(await project.answer('prune', '--older-than', '4d', '--yes')).toMatch(/^0 emissions/);
  expect(await project.answer(...line, '--yes')).toBe(`${PLURAL} deleted.\n`);
});

test('an age that is none is invalid, and dead ones without an age are refused', async () => {
  await using project = await createOperatedProject();
  const wrong = project.start('prune', '--older-than', 'old');
  const none = project.start('prune', '--dead', '--yes');
  expect([await wrong.exitCode, await none.exitCode]).toEqual([2, 1]);
  expect(wrong.errors).toContain('--older-than is "old"');
  expect(none.errors).toMatch(/dead .*\[InvalidOption\]/);
});
