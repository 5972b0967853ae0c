// signalbox status, receivers, signals, workers: how a database stands.
import { expect, test, vi } from 'vitest';
import { createOperatedProject } from '../operated.ts';
import { hasTerminals } from '../support.ts';

// Each test starts many processes.
vi.setConfig({ testTimeout: 300_000 });

const words = (text: string): string[] => text.trimEnd().replaceAll(/ {2,}/g, ' | ').split('\n');

test('status says what waits for each receiver, what is dead, what is paused, and which workers there are', async () => {
  await using project = await createOperatedProject();
  const sql = project.database.connect({ max: 1 });
  expect(await project.answer('status')).toBe('No receiver is in the catalogue.\n\nNo worker is running.\n');
  await project.emitted('die', 'fine');
  await project.work();
  await project.emitted('later', 'due', 'due');
  await sql`
    update signalbox.delivery set run_at = now() + interval '1 hour', attempt = 1
    where emission_id in (select id from signalbox.emission where payload ->> 'value' = 'later')`;
  await sql`update signalbox.delivery set run_at = now() - interval '2 hours' where run_at < now()`;
  await project.answer('pause', '--queue', 'mail');
  const lines = words(await project.answer('status'));
  expect(lines[0]).toMatch(/^receiver \| signal \| due \| running \| later \| retrying \| dead \| oldest due/);
  expect(lines[1]).toMatch(/^Listener\.receive \| cli\.happened \| 2 \| - \| 1 \| 1 \| 1 \| 2h( \d+\w)?$/);
  expect(lines[2]).toMatch(/^Mail\.send \| cli\.happened \| 2 \| - \| 1 \| 1 \| - \| 2h( \d+\w)? \| queue mail paused (now|\d+m?.* ago)$/);
  const document = await project.document<{ receivers: object[] }>('status');
  expect(document).toMatchObject({
    version: 1,
    receivers: [
      { receiver: 'Listener.receive', due: { count: 2, more: false }, dead: { count: 1 }, orphaned: false },
      { receiver: 'Mail.send', queuePausedAt: expect.stringMatching(/^\d{4}-.*Z$/) },
    ],
    workers: [],
  });
});

test('receivers, signals and workers are listed', async () => {
  await using project = await createOperatedProject();
  await project.answer('announce');
  expect(words(await project.answer('receivers'))).toEqual([
    'receiver | signal | queue | priority | announced',
    expect.stringMatching(/^Listener\.receive \| cli\.happened \| default \| 0 \| (now|.* ago)$/),
    expect.stringMatching(/^Mail\.send \| cli\.happened \| mail \| 0 \| (now|.* ago)$/),
  ]);
  expect(await project.document('receivers', 'list')).toMatchObject({
    version: 1,
    receivers: [{ receiver: 'Listener.receive' }, { receiver: 'Mail.send' }],
  });
  expect(words(await project.answer('signals'))).toEqual([
    'signal | receivers | retired',
    'cli.happened | Listener.receive, Mail.send | -',
  ]);
  expect(await project.document('signals')).toMatchObject({ signals: [{ signal: 'cli.happened', retired: [] }] });
  const worker = project.start('worker');
  await worker.says('worker started');
  expect(words(await project.answer('workers'))).toEqual([
    'worker | process | version | state | started | running',
    expect.stringMatching(/^\d+ \| \S+:\d+ \| \d+\.\d+\.\d+ \| working \| .* \| -$/),
  ]);
  expect(await project.document('workers')).toMatchObject({ workers: [{ state: 'working', running: { count: 0, more: false } }] });
  worker.child.kill('SIGTERM');
  expect(await worker.exitCode).toBe(0);
});

test('a receiver is retired, with or without what waits for it, and its deliveries are moved to another', async () => {
  await using project = await createOperatedProject();
  await project.emitted('one', 'two');
  const asked = project.start('receivers', 'move', 'Listener.receive', 'Mail.send');
  expect([await asked.exitCode, asked.answer]).toEqual([2, '']);
  expect(asked.errors).toContain('Move 2 deliveries of Listener.receive to Mail.send? Nobody can be asked here: add --yes.');
  const moved = project.start('receivers', 'move', 'Listener.receive', 'Mail.send', '--yes', '--json');
  // Mail.send has its own delivery of each emission.
  expect([await moved.exitCode, moved.document]).toEqual([
    0,
    { version: 1, errand: expect.objectContaining({ act: 'move', state: 'done' }) },
  ]);
  expect(await project.answer('receivers', 'retire', 'Mail.send')).toBe('Mail.send is retired.\n');
  expect(await project.document('receivers', 'retire', 'Mail.send')).toEqual({ version: 1, changed: false, errand: null });
  const cancelled = await project.document('receivers', 'retire', 'Mail.send', '--cancel', '--yes');
  expect(cancelled).toMatchObject({ changed: false, errand: { act: 'retire', state: 'done', done: 2 } });
  expect(await project.document('deliveries', 'list', '--receiver', 'Mail.send')).toMatchObject({
    deliveries: [{ state: 'cancelled' }, { state: 'cancelled' }],
  });
  const unknown = project.start('receivers', 'retire', 'Mail.sned');
  expect([await unknown.exitCode, unknown.errors]).toEqual([1, expect.stringContaining('[ReceiverNotFound]')]);
});

test('status --watch prints again until its reader is gone, or Ctrl-C', async () => {
  await using project = await createOperatedProject();
  const piped = project.start('status', '--watch');
  await piped.says('No worker is running.');
  piped.child.stdout!.destroy();
  expect(await piped.exitCode).toBe(0);
  const stopped = project.start('status', '--watch');
  await stopped.says('No worker is running.');
  stopped.child.kill('SIGINT');
  expect(await stopped.exitCode).toBe(0);
  const both = project.start('status', '--watch', '--json');
  expect([await both.exitCode, both.document]).toMatchObject([2, { error: { code: 'CommandLineInvalid' } }]);
});

// Only util-linux has what makes a pseudo terminal.
test.skipIf(!hasTerminals)('at a terminal there are colours, and none where NO_COLOR is set', async () => {
  await using project = await createOperatedProject();
  await project.emitted('die');
  await project.work();
  const coloured = project.startAtTerminal('status');
  expect(await coloured.exitCode).toBe(0);
  expect(coloured.output).toContain('\u001b[31m1\u001b[39m');
  project.environment['NO_COLOR'] = '1';
  const plain = project.startAtTerminal('status');
  expect(await plain.exitCode).toBe(0);
  expect(plain.output).not.toContain('\u001b');
});
