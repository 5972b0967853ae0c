// signalbox pause, resume, audit: an operator holds receivers back, and it is on record who did.
import os from 'node:os';
import { expect, test, vi } from 'vitest';
import { readDeliveries } from '../../support/deliveries.ts';
import { createEffects } from '../../support/effects.ts';
import { createCliProject } from '../support.ts';

// Each test starts many processes.
vi.setConfig({ testTimeout: 300_000 });

test('a paused receiver runs nothing until it is resumed, and the audit has who did what', async () => {
  await using project = await createCliProject();
  const sql = project.database.connect({ max: 1 });
  await createEffects(sql);
  await project.emit('one');
  const states = async (): Promise<string[]> => (await readDeliveries(sql)).map(({ receiver, state }) => `${receiver} ${state}`);
  const run = async (...words: string[]): Promise<string> => {
    const command = project.start(...words);
    expect([words, await command.exitCode, command.errors]).toEqual([words, 0, '']);
    return command.answer;
  };
  await project.start('announce').exitCode;
  expect(await run('pause', 'Listener.receive', '--as', 'ada')).toBe('Listener.receive is paused.\n');
  expect(await run('pause', 'Listener.receive', '--as', 'bob')).toBe('Listener.receive was paused already.\n');
  expect(JSON.parse(await run('pause', '--queue', 'mail', '--json'))).toEqual({ version: 1, queue: 'mail', changed: true });
  await project.start('worker', '--once').exitCode;
  expect(await states()).toEqual(['Listener.receive ready', 'Mail.send ready']);
  expect(await run('resume', '--queue', 'mail')).toBe('Queue mail is resumed.\n');
  expect(JSON.parse(await run('resume', 'Listener.receive', '--json'))).toEqual({
    version: 1,
    receiver: 'Listener.receive',
    changed: true,
  });
  expect(await run('resume', 'Listener.receive')).toBe('Listener.receive was not paused.\n');
  await project.start('worker', '--once').exitCode;
  expect(await states()).toEqual(['Listener.receive completed', 'Mail.send completed']);

  const { entries, cursor } = JSON.parse(await run('audit', '--json', '--limit', '2')) as { entries: object[]; cursor: string };
  const me = `${os.userInfo().username}@${os.hostname()}`;
  expect(entries).toMatchObject([
    { by: me, act: 'receivers.resume', about: { receiver: 'Listener.receive' }, result: { changed: false } },
    { by: me, act: 'receivers.resume', result: { changed: true } },
  ]);
  const rest = await run('audit', '--cursor', cursor);
  expect(rest).toMatch(/^at +by +act +about +result\n/);
  expect(
    rest
      .split('\n')
      .slice(1, -1)
      .map((row) => row.replace(/^\S+ \S+ +/, '').replaceAll(/ +/g, ' ')),
  ).toEqual([
    `${me} queues.resume queue=mail changed=true`,
    `${me} queues.pause queue=mail changed=true`,
    'bob receivers.pause receiver=Listener.receive changed=false',
    'ada receivers.pause receiver=Listener.receive changed=true',
  ]);
});

test('a receiver or a queue that there is not, and a line that names none or both, are refused', async () => {
  await using project = await createCliProject();
  const refused: [words: string[], exitCode: number, says: string][] = [
    [['pause', 'Listener.recieve'], 1, '[ReceiverNotFound]'],
    [['resume', '--queue', 'mial'], 1, '[QueueNotFound]'],
    [['pause'], 2, 'Give a receiver, or a queue with --queue, to pause.'],
    [['resume', 'Listener.receive', '--queue', 'mail'], 2, 'Give a receiver, or a queue with --queue, to resume.'],
    [['pause', 'Listener.receive', '--as', 'a\u001b[31m'], 2, '--as is "a\\u001b[31m"'],
    [['audit', '--limit', '0'], 2, '--limit is "0"'],
    [['audit', '--cursor', 'x'], 1, '[InvalidOption]'],
  ];
  const commands = refused.map(([words, exitCode, says]) => ({ words, exitCode, says, command: project.start(...words) }));
  for (const { words, exitCode, says, command } of commands) {
    expect([words, await command.exitCode, command.answer]).toEqual([words, exitCode, '']);
    expect(command.errors).toContain(says);
  }
});
