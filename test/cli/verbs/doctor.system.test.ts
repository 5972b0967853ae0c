// signalbox doctor, repair and grants through the installed binary: signs, exit codes, documents.
import { expect, test } from 'vitest';
import { tuningMigration } from '../../../src/store/schema/tuning.ts';
import { grantsFor } from '../../../src/store/schema/grants.ts';
import { addReceiver } from '../../store/rows.ts';
import { createProject } from '../../support/project.ts';
import { createCliProject } from '../support.ts';

test(
  'doctor says what is well, what may do harm and what is broken, and exits with 1 for the last; --strict for both',
  { timeout: 120_000 },
  async () => {
    await using project = await createCliProject();
    const sql = project.database.connect({ max: 1 });
    const warned = project.start('doctor');
    expect([await warned.exitCode, warned.errors]).toEqual([0, '']);
    expect(warned.answer).toMatch(/^✓ The database answers: /);
    expect(warned.answer).toContain('! No worker is running.\n    npx signalbox worker\n');
    const strict = project.start('doctor', '--strict');
    expect(await strict.exitCode).toBe(1);

    await sql.unsafe(tuningMigration().replaceAll('--> statement-breakpoint', ''));
    await addReceiver(sql);
    await sql`alter sequence signalbox.receiver_id_seq restart with 1`;
    const broken = project.start('doctor', '--json');
    expect(await broken.exitCode).toBe(1);
    const { findings } = broken.document as { findings: { check: string; status: string; remedy?: string }[] };
    expect(findings.filter(({ status }) => status === 'broken')).toMatchObject([
      { check: 'sequences', remedy: 'npx signalbox repair sequences' },
    ]);

    const repair = project.start('repair', 'sequences');
    expect([await repair.exitCode, repair.answer]).toEqual([0, 'signalbox.receiver: the next id was 1 and is 1002.\n']);
    const again = project.start('repair', 'sequences', '--json');
    expect([await again.exitCode, again.document]).toEqual([0, { version: 1, repaired: [] }]);
    const mended = project.start('doctor');
    expect(await mended.exitCode).toBe(0);
  },
);

test('doctor of a database that is not there is one finding, and a name from a row cannot forge a line', { timeout: 120_000 }, async () => {
  await using project = await createCliProject();
  const sql = project.database.connect({ max: 1 });
  await sql`create index "\u001b[2Jevil\n✓ fine" on signalbox.emission (signal)`;
  const forged = project.start('doctor');
  expect(await forged.exitCode).toBe(0);
  expect(forged.answer).toContain('! The index \\u001b[2Jevil\\n✓ fine of signalbox.emission is not ours');
  project.environment['DATABASE_URL'] = 'postgres://nobody@127.0.0.1:1/none';
  const away = project.start('doctor');
  expect(await away.exitCode).toBe(1);
  expect(away.answer).toMatch(/^✗ The database could not be reached: .*\n.*\n$/);
});

test('grants prints the rights of one role or of all, and knows no other', async () => {
  await using project = await createProject();
  expect(await project.run('npx signalbox grants --role worker --to shop')).toBe(`${grantsFor('worker', { to: 'shop' })}\n`);
  const all = await project.run('npx signalbox grants --schema billing');
  for (const kind of ['emitter', 'worker', 'viewer', 'operator']) expect(all).toContain(`to "signalbox_${kind}";`);
  expect(all).toContain('billing');
  await expect(project.run('npx signalbox grants --role root')).rejects.toThrow('Give emitter, worker, viewer, operator.');
  await expect(project.run('npx signalbox grants --to shop')).rejects.toThrow('--role must say');
});
