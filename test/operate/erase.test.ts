// box.erase: the result, the record of it, and what happens to a delivery that is brought back after it.
import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineSignal, type EraseResult, OnSignal } from '../../src/index.ts';
import { harness } from '../support/harness.ts';

/** Would accept what is left of an erased payload. */
const happened = defineSignal('erased.happened', z.looseObject({}));

const CANARY = 'ann@example.com';

function listenerOf(seen: unknown[]): new () => object {
  class Listener {
    @OnSignal(happened, { retry: { attempts: 3 } })
    static async receive(payload: object): Promise<void> {
      seen.push(payload);
      if ('fails' in payload) throw new Error(`no mail to ${CANARY}`);
    }
  }
  return Listener;
}

test('what is finished is blanked, what waits is named, and no trace of the value is left in what the audit keeps', async () => {
  const seen: unknown[] = [];
  await using h = await harness({ services: [listenerOf(seen)] });
  const emit = async (payload: Record<string, unknown>, delay?: '1d'): Promise<string> =>
    h.db.transaction(
      async (tx) =>
        (await happened.emitReliable(tx, payload, { headers: { to: JSON.stringify(payload) }, ...(delay && { delay }) })).emissionId,
    );
  const done = await emit({ customer: { email: CANARY } });
  const waiting = await emit({ customer: { email: CANARY } }, '1d');
  await emit({ customer: { email: 'bob@example.com' } });
  await h.box.drain();
  const progress: EraseResult[] = [];
  const wanted = { path: 'customer.email', value: CANARY };
  expect(await h.box.erase({ ...wanted, dryRun: true })).toEqual({ emissions: 1, errors: 0, waiting: [waiting], left: 1 });
  expect(await h.box.audit.list()).toEqual([]);
  const erased = await h.box.erase({ ...wanted, by: 'support', onProgress: (soFar) => progress.push(soFar) });
  expect(erased).toEqual({ emissions: 1, errors: 0, waiting: [waiting], left: 1 });
  expect(progress).toEqual([erased]);
  const [entry, ...others] = await h.box.audit.list();
  expect(others).toEqual([]);
  expect(entry).toMatchObject({
    by: 'support',
    act: 'erase',
    about: { path: 'customer.email' },
    result: { emissions: 1, errors: 0, left: 1 },
  });
  expect(JSON.stringify(entry)).not.toContain(CANARY);
  // Cancelled, it is finished.
  await h.box.deliveries.cancel({ emissionId: waiting });
  expect(await h.box.erase(wanted)).toMatchObject({ emissions: 1, left: 0 });
  for (const table of ['emission', 'delivery_error', 'audit_entry', 'settled', 'delivery'])
    expect(await h.sql.unsafe(`select from signalbox.${table} t where t::text like '%${CANARY}%'`)).toHaveLength(0);
  expect(done).not.toBe(waiting);
});

test('the texts of its errors are blanked, too, and a replay ends dead at once, without a call, saying why', async () => {
  const seen: unknown[] = [];
  await using h = await harness({ services: [listenerOf(seen)] });
  const emissionId = await h.db.transaction(async (tx) => (await happened.emitReliable(tx, { fails: true, email: CANARY })).emissionId);
  await h.box.drain({ ahead: '1d' });
  expect(seen).toHaveLength(3);
  expect(await h.box.erase({ path: 'email', value: CANARY })).toMatchObject({ emissions: 1, errors: 3 });
  expect(await h.sql`select from signalbox.delivery_error t where t::text like ${`%${CANARY}%`}`).toHaveLength(0);
  const dead = h.box.next('delivery.dead');
  expect(await h.box.deliveries.replay({ emissionId })).toHaveLength(1);
  expect(await h.box.drain()).toMatchObject({ completed: 0, retrying: 0, dead: 1 });
  expect(await dead).toMatchObject({ attempt: 1, error: { code: 'PayloadErased' } });
  expect(seen).toHaveLength(3);
});

test('what is missing or misspelt is refused', async () => {
  await using h = await harness();
  await expect(h.box.erase({ path: 'email' } as never)).rejects.toThrow(/value is missing/);
  await expect(h.box.erase({ path: 'a..b', value: 'x' })).rejects.toThrow(/path is "a\.\.b"/);
  await expect(h.box.erase({ path: 'email', valeu: 'x' } as never)).rejects.toThrow(/Did you mean value/);
  const abort = new AbortController();
  abort.abort(new Error('enough'));
  await expect(h.box.erase({ path: 'email', value: 'x', abortSignal: abort.signal })).rejects.toThrow('enough');
  await h.box.close();
  await expect(h.box.erase({ path: 'email', value: 'x' })).rejects.toMatchObject({ code: 'BoxClosed' });
});
