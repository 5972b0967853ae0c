// signalbox retry, cancel, replay: one delivery by its id, and many by a filter, after a question.
import { expect, test, vi } from 'vitest';
import { readDeliveries } from '../../support/deliveries.ts';
import { createOperatedProject, type OperatedProject } from '../operated.ts';
import { hasTerminals } from '../support.ts';

// Each test starts many processes.
vi.setConfig({ testTimeout: 300_000 });

async function statesOf({ database }: OperatedProject, receiver = 'Listener.receive'): Promise<string[]> {
  const sql = database.connect({ max: 1 });
  const states = (await readDeliveries(sql)).filter((row) => row.receiver === receiver).map(({ state }) => state);
  await sql.end();
  return states.toSorted();
}

test('one emission, or one delivery, is retried, replayed and cancelled by its id', async () => {
  await using project = await createOperatedProject();
  const [first, second] = await project.emitted('die-1', 'die-2');
  await project.work();
  expect(await project.answer('retry', first!, '--as', 'ada')).toMatch(/^Retried delivery \d+\.\n$/);
  expect(await statesOf(project)).toEqual(['dead', 'ready']);
  expect(await project.answer('retry', first!)).toBe('Nothing to retry: none is dead or cancelled, or waits for a later time.\n');
  expect(await project.answer('cancel', first!, '--receiver', 'Listener.receive', '--because', 'by hand')).toMatch(
    /^Cancelled delivery \d+\.\n$/,
  );
  expect(await statesOf(project)).toEqual(['cancelled', 'dead']);
  expect(await project.answer('deliveries', 'show', first!, '--receiver', 'Listener.receive')).toContain('by hand');

  const { deliveries } = await project.document<{ deliveries: { id: string }[] }>('deliveries', 'list', '--state', 'dead');
  const { deliveryIds } = await project.document<{ deliveryIds: string[] }>('cancel', deliveries[0]!.id);
  expect(deliveryIds).toEqual([deliveries[0]!.id]);
  project.environment['MENDED'] = 'yes';
  expect(await project.answer('replay', second!, '--receiver', 'Listener.receive')).toBe('Replayed 1 delivery.\n');
  await project.work();
  expect(await statesOf(project)).toEqual(['cancelled', 'completed']);
  const { entries } = await project.document<{ entries: { by: string; act: string }[] }>('audit');
  expect(entries.at(-1)).toMatchObject({ by: 'ada', act: 'retry' });
});

test('many are counted, shown by samples and acted on once --yes says so', async () => {
  await using project = await createOperatedProject();
  await project.emitted('die-1', 'die-2', 'die-3', 'fine');
  await project.work();
  const filter = ['--receiver', 'Listener.receive', '--state', 'dead'];
  const asked = project.start('retry', ...filter);
  expect([await asked.exitCode, asked.answer]).toEqual([2, '']);
  expect(asked.errors).toMatch(
    /^3 deliveries match, such as:\nid .*\n(.*\n){3}\nsignalbox: Nothing was done\. Retry 3 deliveries\? Nobody can be asked here: add --yes\.\n\nUsage: /,
  );
  const program = project.start('retry', ...filter, '--json');
  expect([await program.exitCode, program.document, program.errors]).toEqual([
    2,
    { version: 1, error: { code: 'CommandLineInvalid', message: expect.stringContaining('add --yes') } },
    '',
  ]);
  expect(await statesOf(project)).toEqual(['completed', 'dead', 'dead', 'dead']);

  const retried = project.start('retry', ...filter, '--error', 'die-1', '--yes');
  expect([await retried.exitCode, retried.answer]).toEqual([0, 'Retried 1 delivery.\n']);
  expect(await statesOf(project)).toEqual(['completed', 'dead', 'dead', 'ready']);
  const cancelled = await project.document('cancel', '--state', 'dead', '--yes', '--as', 'ada');
  expect(cancelled).toMatchObject({
    version: 1,
    matched: { count: 2, more: false },
    errand: { act: 'cancel', state: 'done', done: 2, by: 'ada' },
  });
  expect(await statesOf(project)).toEqual(['cancelled', 'cancelled', 'completed', 'ready']);
  const none = project.start('retry', '--state', 'dead', '--yes');
  expect([await none.exitCode, none.output]).toEqual([0, 'No delivery matches.\n']);
});

test('a replay of what acts outside its transaction wants to be told so', async () => {
  await using project = await createOperatedProject();
  await project.emitted('one', 'two');
  await project.work();
  const refused = project.start('replay', '--signal', 'cli.happened', '--yes');
  expect(await refused.exitCode).toBe(1);
  expect(refused.errors).toMatch(/Mail\.send .*\[ActsAgain\]/);
  expect(await statesOf(project, 'Mail.send')).toEqual(['completed', 'completed']);
  const replayed = project.start('replay', '--signal', 'cli.happened', '--yes', '--acts-again', '--over', '10m');
  expect([await replayed.exitCode, replayed.answer]).toEqual([0, 'Replayed 4 deliveries.\n']);
  expect(await statesOf(project, 'Mail.send')).toEqual(['ready', 'ready']);
});

test('left to the workers, an act is an errand that they do; the same act again goes on with it', async () => {
  await using project = await createOperatedProject();
  await project.emitted('die-1', 'die-2');
  await project.work();
  const { errand } = await project.document<{ errand: { id: string } }>('retry', '--state', 'dead', '--yes', '--detach');
  expect(errand).toMatchObject({ act: 'retry', state: 'running', done: 0 });
  expect(await project.answer('errands', 'pause', errand.id)).toBe(`Paused after 0. Go on: signalbox errands resume ${errand.id}\n`);
  expect(await project.answer('errands', 'show', errand.id)).toMatch(/^state +paused$/m);
  const again = project.start('retry', '--state', 'dead', '--yes');
  expect([await again.exitCode, again.answer]).toEqual([0, 'Retried 2 deliveries.\n']);
  const { errands } = await project.document<{ errands: object[] }>('errands');
  expect(errands).toMatchObject([{ id: errand.id, state: 'done', done: 2 }]);
  const ended = project.start('errands', 'resume', errand.id);
  expect(await ended.exitCode).toBe(1);
  expect(ended.errors).toContain('[ErrandNotFound]');
  expect((await project.answer('errands')).split('\n')[1]).toMatch(new RegExp(`^${errand.id} +retry +done +2 `));
});

test('Ctrl-C pauses an errand between two batches; it is resumed by its id, or stopped for good', async () => {
  await using project = await createOperatedProject();
  const sql = project.database.connect({ max: 1 });
  await project.answer('announce');
  // At most 1,000 replayed ones wait per receiver, so it cannot end while no worker is there.
  await sql`
    with gone as (
      insert into signalbox.emission (id, signal, version, payload)
      select gen_random_uuid(), 'cli.happened', 1, '{}' from generate_series(1, 1500) returning id)
    insert into signalbox.settled (id, emission_id, receiver_id, version, generation, state, epoch, attempt, crashes, finished_at)
    select nextval(pg_get_serial_sequence('signalbox.delivery', 'id')), gone.id, r.id, 1, 0, 'completed', 1, 1, 0, now()
    from gone, signalbox.receiver r where r.name = 'Listener.receive'`;
  const done = async (): Promise<unknown> => (await sql`select done from signalbox.errand`)[0]?.['done'];
  const interrupted = async (...words: string[]): Promise<string> => {
    const command = project.start(...words);
    await expect.poll(done, { timeout: 60_000 }).toBe('1000');
    await expect.poll(async () => (await sql`select from signalbox.errand where state = 'running'`).length, { timeout: 60_000 }).toBe(1);
    command.child.kill('SIGINT');
    expect([words, await command.exitCode, command.errors]).toEqual([words, 1, expect.any(String)]);
    return command.answer;
  };
  const said = await interrupted('replay', '--receiver', 'Listener.receive', '--yes');
  const [, id] = /^Paused after 1,000 deliveries\. Go on: signalbox errands resume (\S+)\. End it: signalbox errands stop \1\n$/.exec(
    said,
  )!;
  expect(await interrupted('errands', 'resume', id!)).toBe(said);
  expect(await project.answer('errands', 'stop', id!)).toBe('Stopped after 1,000.\n');
  expect(await project.document('errands', 'show', id!)).toMatchObject({ errand: { state: 'stopped', done: 1_000 } });
});

test('a line that chooses nothing, or by both, is invalid', async () => {
  await using project = await createOperatedProject();
  const id = '0190f3c2-5a1b-7cc0-8d00-3f2a9e1b7c55';
  const refused: [words: string[], exitCode: number, says: string][] = [
    [['retry'], 2, 'Give an id, or say which deliveries to retry'],
    [['cancel', '--yes'], 2, 'Give an id, or say which deliveries to cancel'],
    [['replay', id, '--state', 'dead'], 2, 'beside it only --receiver is taken'],
    [['retry', '12', '--receiver', 'A.b'], 2, '--receiver goes with the id of an emission'],
    [['retry', id], 1, '[EmissionNotFound]'],
    [['replay', id, '--receiver', 'A.b'], 1, '[DeliveryNotFound]'],
    [['retry', '--state', 'dead', '--over', 'soon'], 2, '--over is "soon"'],
  ];
  const commands = refused.map(([words, exitCode, says]) => ({ words, exitCode, says, command: project.start(...words) }));
  for (const { words, exitCode, says, command } of commands) {
    expect([words, await command.exitCode, command.answer]).toEqual([words, exitCode, '']);
    expect(command.errors).toContain(says);
  }
});

// Only util-linux has what makes a pseudo terminal.
test.skipIf(!hasTerminals)('at a terminal the question is asked, and only yes begins the act', async () => {
  await using project = await createOperatedProject();
  await project.emitted('die');
  await project.work();
  for (const [key, exitCode, says, state] of [
    ['n', 1, 'Nothing was done.', 'dead'],
    ['\u0003', 1, 'Nothing was done.', 'dead'],
    ['y', 0, 'Retried 1 delivery.', 'ready'],
  ] as const) {
    const command = project.startAtTerminal('retry', '--state', 'dead');
    await command.says('Retry 1 delivery?');
    command.type(key);
    expect([key, await command.exitCode]).toEqual([key, exitCode]);
    expect(command.output).toContain(says);
    expect(await statesOf(project)).toEqual([state]);
  }
});
