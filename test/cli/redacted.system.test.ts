// A secret that the box redacts appears in no output: not for people, not in documents, not in complaints.
import { expect, test } from 'vitest';
import { createOperatedProject } from './operated.ts';

const CANARY = 'die-s3cret';

test('a redacted secret of a payload, a header and an error is in no output of any verb', { timeout: 300_000 }, async () => {
  await using project = await createOperatedProject(`redact: { payload: ['value', 'person.email'], headers: ['trace'] }`);
  const [emissionId] = await project.emitted(CANARY, `${CANARY}-2`);
  await project.work();
  const sql = project.database.connect({ max: 1 });
  const [stored] = await sql<{ all: string }[]>`
    select (select string_agg(payload::text || headers::text, '') from signalbox.emission) || (select string_agg(error::text, '') from signalbox.delivery_error) as all`;
  // Payload, header, message and cause: it is all there to be seen.
  for (const secret of [CANARY, `${CANARY}@example.com`, 's3cret-header', 's3cret-cause']) expect(stored!.all).toContain(secret);
  const [dead] = await sql<{ id: string }[]>`select id::text as id from signalbox.settled where state = 'dead'`;
  const { id } = dead!;

  const lines = [
    ['deliveries', 'list'],
    ['deliveries', 'list', '--state', 'dead'],
    ['deliveries', 'list', '--error', 's3cret'],
    ['deliveries', 'list', '--payload', `value=${CANARY}`],
    ['deliveries', 'list', '--payload', `person.email=${CANARY}@example.com`],
    ['deliveries', 'show', emissionId!],
    ['deliveries', 'show', id],
    ['errors'],
    ['errors', '--error', 's3cret'],
    ['retry', '--state', 'dead'],
    ['retry', id, '--json'],
    ['cancel', emissionId!],
    ['retry', '--state', 'cancelled', '--error', 'Discard', '--yes'],
    ['errands'],
    ['audit'],
  ];
  for (const words of lines) {
    // Two at a time: acts come in their order.
    for (const command of [project.start(...words), project.start(...words, '--json')]) {
      await command.exitCode;
      expect([words, command.output]).toEqual([words, expect.stringMatching(/^(?![^]*s3cret)[^]+/)]);
    }
  }
});

test('what is redacted cannot be found out by searching for it', async () => {
  await using project = await createOperatedProject(`redact: { payload: ['person'] }`);
  await project.emitted('die-one');
  await project.work();
  const guess = project.start('deliveries', 'list', '--payload', 'person.email=die-one@example.com');
  expect([await guess.exitCode, guess.answer]).toEqual([1, '']);
  expect(guess.errors).toMatch(/redact.*\[InvalidOption\]/);
  expect(await project.answer('deliveries', 'list', '--error', 'refused')).toBe('No delivery matches.\n');
  expect(await project.document('deliveries', 'list', '--error', 'Unrecoverable')).toMatchObject({
    deliveries: [{ receiver: 'Listener.receive' }],
  });
});
