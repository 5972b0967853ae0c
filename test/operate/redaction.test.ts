// The option redact: a secret in a payload, a header or the text of an error is in nothing that the read model returns.
import { expect, test } from 'vitest';
import { isSignalboxError, type DeliveryFilter, type Redaction, type Signalbox } from '../../src/index.ts';
import { addReceiver } from '../store/rows.ts';
import { harness, type Harness } from '../support/harness.ts';
import { addRow, type ReadDelivery } from './read-rows.ts';

const CANARY = '4111-secret-1111';

interface Kept extends Harness {
  readonly dead: ReadDelivery;
}

/** A dead delivery with the canary wherever a payload, a header or an error can have it, and its completed sibling. */
async function openRows(redact?: Redaction): Promise<Kept> {
  const h = await harness(redact ? { redact } : {});
  const [orders, mail] = [await addReceiver(h.sql, 'Orders.onPaid'), await addReceiver(h.sql, 'Mail.onPaid')];
  const dead = await addRow(h.sql, {
    receiver: orders,
    state: 'dead',
    payload: { id: 1, card: { number: CANARY }, people: [{ iban: CANARY }, { iban: 'x', name: 'Ada' }], plain: 'shown' },
    headers: { Authorization: `Bearer ${CANARY}`, trace: 'shown' },
    errors: [1, 2].map((n) => ({
      name: n === 2 ? 'CardRefused' : `Error ${CANARY}`,
      message: `${'x'.repeat(64)}the card ${CANARY} was refused`,
      stack: `CardRefused: the card ${CANARY} was refused\n    at pay (pay.ts:1:1)`,
      code: 'E_CARD',
    })),
  });
  await addRow(h.sql, { receiver: mail, state: 'completed', emissionId: dead.emissionId, errors: [{ name: 'Error', message: CANARY }] });
  return { ...h, dead };
}

/** All that the read model returns of these rows, as text. */
async function readAll(box: Signalbox, { id, emissionId }: ReadDelivery): Promise<string> {
  const { deliveries, emissions } = box;
  return JSON.stringify([
    await deliveries.page(),
    await deliveries.page({ states: ['dead'] }),
    await deliveries.count(),
    await deliveries.groups(),
    await deliveries.get(id),
    await deliveries.get({ emissionId, receiver: 'Mail.onPaid' }),
    await emissions.get(emissionId),
    await emissions.settled(emissionId),
  ]);
}

const within = (text: string): string => text.replaceAll(CANARY, '…');

const PATHS = { payload: ['card.number', 'people.*.iban'], headers: ['authorization'] };
const redactions: [name: string, redact: Redaction][] = [
  ['paths, and no text of an error by default', { ...PATHS, errors: (text) => within(text) }],
  ['everything', { payload: 'all', headers: 'all', errors: (text) => within(text) }],
];

test('without the option everything is shown', async () => {
  await using h = await openRows();
  const shown = await readAll(h.box, h.dead);
  expect(shown.split(CANARY).length).toBeGreaterThan(15);
});

test.each(redactions)('with %s, a secret is in nothing that is read', async (_name, redact) => {
  await using h = await openRows(redact);
  const shown = await readAll(h.box, h.dead);
  expect(shown).not.toContain(CANARY);
  // Nor is a part of it, where a text is cut.
  expect(shown).not.toContain(CANARY.slice(0, 6));
  expect(shown).toContain('CardRefused');
  expect((await h.box.deliveries.groups()).groups.map(({ message }) => message.length)).toEqual([80]);
});

test('all but what is redacted is shown, and numbers keep their digits', async () => {
  await using h = await openRows({ ...PATHS });
  await h.sql`update signalbox.emission set payload = jsonb_set(payload, '{id}', '12345678901234567890.10') where id = ${h.dead.emissionId}`;
  const { payload, headers, errors, siblings } = await h.box.deliveries.get(h.dead.id);
  expect(payload).toContain('12345678901234567890.10');
  expect(JSON.parse(payload!)).toMatchObject({
    card: { number: '[redacted]' },
    people: [{ iban: '[redacted]' }, { iban: '[redacted]', name: 'Ada' }],
    plain: 'shown',
  });
  expect(JSON.parse(headers!)).toEqual({ Authorization: '[redacted]', trace: 'shown' });
  expect(errors.at(-1)).toMatchObject({ name: 'CardRefused', code: 'E_CARD', message: '[redacted]', stack: '[redacted]' });
  expect(siblings[0]!.errors).toMatchObject([{ name: 'Error', message: '[redacted]' }]);
  expect((await h.box.deliveries.groups()).groups).toMatchObject([{ name: 'CardRefused', message: '[redacted]', count: 1 }]);
});

test('a function that throws, or returns no text, leaves nothing to be seen', async () => {
  for (const errors of [
    () => {
      throw new Error('no');
    },
    () => undefined as unknown as string,
    async () => CANARY,
  ] as unknown as ((text: string) => string)[]) {
    await using h = await openRows({ ...PATHS, errors });
    const shown = await readAll(h.box, h.dead);
    expect(shown).not.toContain(CANARY);
    expect(shown).not.toContain('CardRefused');
  }
});

const said = async (box: Signalbox, filter: DeliveryFilter): Promise<string> => {
  const errors = await Promise.all(
    (['page', 'count', 'groups'] as const).map((verb) =>
      box.deliveries[verb](filter).then(
        () => undefined,
        (error: unknown) => error,
      ),
    ),
  );
  expect(errors.map((error) => isSignalboxError(error, 'InvalidOption'))).toEqual([true, true, true]);
  return (errors[0] as Error).message;
};

test('deliveries are not searched by what is redacted', async () => {
  await using h = await openRows(PATHS);
  const search = (path: string, value: string): DeliveryFilter => ({ payload: { path, value } });
  expect(await said(h.box, search('card.number', CANARY))).toMatch(/payload\.path is card\.number, which this box redacts/);
  await said(h.box, search('card', '{}'));
  await said(h.box, search('people.-2.iban', CANARY));
  expect(await h.box.deliveries.count(search('plain', 'shown'))).toMatchObject({ count: 2 });
});

test('where texts of errors are redacted, an error is found by its name alone', async () => {
  const texts: DeliveryFilter[] = [{ error: CANARY }, { error: 'refused' }];
  for (const redact of [PATHS, { errors: within }, { errors: 'all' as const }]) {
    await using h = await openRows(redact);
    for (const filter of texts) expect(await h.box.deliveries.count(filter)).toMatchObject({ count: 0 });
    expect(await h.box.deliveries.count({ error: 'CardRefused' })).toMatchObject({ count: 1 });
  }
  await using h = await openRows({ ...PATHS, errors: 'none' });
  expect(await h.box.deliveries.count({ error: CANARY })).toMatchObject({ count: 2 });
});

test.each([
  ['an empty path', { payload: [''] }],
  ['a path with an empty step', { payload: ['a..b'] }],
  ['a path that is no list', { payload: 'card.number' }],
  ['no name of a header', { headers: [1] }],
  ['a word for errors', { errors: 'some' }],
])('%s is refused when the box is made', async (_name, redact) => {
  await expect(harness({ redact: redact as Redaction })).rejects.toMatchObject({ code: 'InvalidOption' });
});
