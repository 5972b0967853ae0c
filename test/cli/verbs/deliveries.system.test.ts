// signalbox deliveries list and show, signalbox errors: what is stored, for people and for programs.
import { expect, test, vi } from 'vitest';
import { createOperatedProject } from '../operated.ts';

// Each test starts many processes.
vi.setConfig({ testTimeout: 300_000 });

interface Listed {
  readonly deliveries: readonly { id: string; emissionId: string; receiver: string; state: string; errors: readonly { name: string }[] }[];
  readonly cursor: string | null;
}

test('deliveries are listed by what is asked for, page by page', async () => {
  await using project = await createOperatedProject();
  const [first, second, third] = await project.emitted('die-1', 'fine', 'die-2');
  await project.work();
  const lines = (await project.answer('deliveries', 'list', '--state', 'dead')).split('\n');
  expect(lines[0]).toMatch(/^id +state +receiver +attempt +when +emission +last error$/);
  expect(lines.slice(1, -1).map((row) => row.replaceAll(/ {2,}/g, ' '))).toEqual([
    expect.stringMatching(new RegExp(`^\\d+ dead Listener\\.receive 1 .* ${third} Unrecoverable: refused \\\\u001b\\[2Jdie-2`)),
    expect.stringMatching(new RegExp(` ${first} Unrecoverable: refused \\\\u001b\\[2Jdie-1`)),
  ]);
  expect(lines.join('\n')).not.toContain('\u001b');

  const one = await project.document<Listed>('deliveries', 'list', '--receiver', 'Mail.send', '--limit', '2');
  expect(one.deliveries.map(({ emissionId, state }) => [emissionId, state])).toEqual([
    [third, 'completed'],
    [second, 'completed'],
  ]);
  const two = await project.document<Listed>('deliveries', 'list', '--receiver', 'Mail.send', '--limit', '2', '--cursor', one.cursor!);
  expect([two.deliveries.map(({ emissionId }) => emissionId), two.cursor]).toEqual([[first], null]);
  expect(await project.answer('deliveries', 'list', '--receiver', 'Mail.send', '--limit', '1')).toMatch(/\n\nMore: --cursor \S+\n$/);

  const narrowed = ['--signal', 'cli.happened', '--error', 'die-2', '--since', '1h', '--payload', 'person.email=die-2@example.com'];
  const found = await project.document<Listed>('deliveries', 'list', ...narrowed);
  expect(found.deliveries.map(({ emissionId, receiver }) => [emissionId, receiver])).toEqual([[third, 'Listener.receive']]);
  expect(await project.answer('deliveries', 'list', '--until', '1h')).toBe('No delivery matches.\n');
});

test('a delivery and an emission are shown by each of their ids, with all that is known of them', async () => {
  await using project = await createOperatedProject();
  const [emissionId] = await project.emitted('die');
  await project.work();
  const { deliveries } = await project.document<Listed>('deliveries', 'list', '--state', 'dead');
  const [{ id }] = deliveries as [Listed['deliveries'][number]];
  const lines = [[id], [`${emissionId}:${id}:0`], [emissionId!, '--receiver', 'Listener.receive']];
  const answers = await Promise.all(lines.map((words) => project.answer('deliveries', 'show', ...words)));
  const [shown] = answers as [string];
  // As they would be at one moment.
  const timeless = answers.map((text) => text.replaceAll(/(\d+m ?)?(\d+s)? ago|now/g, '').replaceAll(/ +/g, ' '));
  expect(timeless).toEqual([timeless[0], timeless[0], timeless[0]]);
  expect(shown).toMatch(new RegExp(`^delivery ${id}\n`));
  expect(shown).toMatch(/^ {2}receiver +Listener\.receive, queue default$/m);
  expect(shown).toMatch(/^ {2}state +dead$/m);
  expect(shown).toMatch(
    /\n\npayload\n\{.*"amount": 12\.5.*\}\n\nheaders\n\{"trace": "s3cret-header"\}\n\nerrors\nattempt 1, .*: Unrecoverable\n/,
  );
  expect(shown).toMatch(/\n {2}Unrecoverable: refused \\u001b\[2Jdie\n {6}at .*signalbox\.config\.mjs:\d+/);
  expect(shown).toContain('Caused by: TypeError: no s3cret-cause');
  expect(shown).toMatch(/\n\nother deliveries of the emission\nid .*\n\d+ +completed +Mail\.send/);
  expect(shown).not.toContain('\u001b');

  const emission = await project.answer('deliveries', 'show', emissionId!);
  expect(emission).toMatch(new RegExp(`^emission ${emissionId}\n {2}signal +cli\\.happened, version 1\n {2}emitted +.*ago\n\npayload\n`));
  expect(emission).toMatch(/\n\ndeliveries\nid .*\n.*\n.*\n$/);
  const document = await project.document<{ emission: object }>('deliveries', 'show', emissionId!);
  expect(document).toMatchObject({
    version: 1,
    emission: { id: emissionId, payload: expect.stringContaining('"amount": 12.5'), moreDeliveries: false },
  });
  expect(await project.document('deliveries', 'show', id)).toMatchObject({
    delivery: { id, errors: [{ name: 'Unrecoverable', attempt: 1 }] },
  });
});

test('errors groups the dead by what killed them', async () => {
  await using project = await createOperatedProject();
  expect(await project.answer('errors')).toBe('No dead delivery matches.\n');
  await project.emitted('die-1', 'die-2', 'die-2');
  await project.work();
  const [head, ...rows] = (await project.answer('errors')).trimEnd().split('\n');
  expect(head).toMatch(/^count +receiver +error +first +last +for example$/);
  expect(rows.map((row) => row.replace(/ {2,}(\d+m? ?\d*s ago|now) .*/, ''))).toEqual([
    expect.stringMatching(/^2 +Listener\.receive +Unrecoverable: refused \\u001b\[2Jdie-2/),
    expect.stringMatching(/^1 +Listener\.receive +Unrecoverable: refused \\u001b\[2Jdie-1/),
  ]);
  expect(await project.document('errors', '--error', 'die-1')).toMatchObject({
    version: 1,
    groups: [{ count: 1, name: 'Unrecoverable' }],
    grouped: 1,
    more: false,
  });
});

test('an id that is none, and one of nothing, are refused', async () => {
  await using project = await createOperatedProject();
  const none = '0190f3c2-5a1b-7cc0-8d00-3f2a9e1b7c55';
  const refused: [words: string[], exitCode: number, says: string][] = [
    [['deliveries'], 2, 'signalbox deliveries needs a command: list, show.'],
    [['deliveries', 'lits'], 2, "Unknown command 'lits'. Did you mean list?"],
    [['deliveries', 'show'], 2, "Missing required argument 'id'"],
    [['deliveries', 'show', '12', '--receiver', 'A.b'], 2, '--receiver goes with the id of an emission'],
    [['deliveries', 'show', 'x'], 1, '[InvalidOption]'],
    [['deliveries', 'show', '12'], 1, '[DeliveryNotFound]'],
    [['deliveries', 'show', `${none}:12:0`], 1, '[DeliveryNotFound]'],
    [['deliveries', 'show', none], 1, '[EmissionNotFound]'],
    [['deliveries', 'list', '--state', 'deda'], 2, 'Did you mean dead?'],
    [['deliveries', 'list', '--cursor', 'x'], 1, '[InvalidOption]'],
  ];
  const commands = refused.map(([words, exitCode, says]) => ({ words, exitCode, says, command: project.start(...words) }));
  for (const { words, exitCode, says, command } of commands) {
    expect([words, await command.exitCode, command.answer]).toEqual([words, exitCode, '']);
    expect(command.errors).toContain(says);
  }
});
