// The answer to a COMMIT can be missing for other reasons: a client that stops waiting, and one without a second
// connection.
import { drizzle } from 'drizzle-orm/node-postgres';
import { Client, Pool } from 'pg';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { createSignalbox, defineSignal } from '../../src/index.ts';
import { untilBlocked } from '../store/waits.ts';
import { openBehindProxy } from '../support/behind-proxy.ts';
import { effects, readEffects } from '../support/effects.ts';
import type { Database } from '../support/harness.ts';

const happened = defineSignal('commit.clients', z.object({}));

/** Sends with a client of the test. */
async function sendWith(client: Pool | Client): Promise<string> {
  (client as Pool).on('error', () => {});
  const db = drizzle({ client }) as unknown as Database;
  await using _box = createSignalbox({ log: false, db });
  return await db.transaction(async (tx) => {
    await tx.insert(effects).values({ receiver: 'sender', value: 1 });
    await happened.emitReliable(tx, {});
    return 'sent';
  });
}

test('a COMMIT that takes longer than the query_timeout of node-postgres is waited for, and resolves', async () => {
  await using h = await openBehindProxy('node-postgres');
  const commits = await h.delayCommits();
  const pool = new Pool({ connectionString: h.proxy.url, query_timeout: 300 });
  const asked = h.proxy.seen(/pg_xact_status/);
  const sent = sendWith(pool);
  await untilBlocked(h.sql);
  await asked;
  await commits.let();
  expect(await sent).toBe('sent');
  expect(await readEffects(h.sql)).toEqual(['sender:1']);
  await pool.end();
});

test('a COMMIT that a single client lost with its only connection rejects with CommitUnknown at once', async () => {
  await using h = await openBehindProxy('node-postgres');
  const client = new Client({ connectionString: h.proxy.url });
  await client.connect();
  const cut = h.proxy.nextCommit('its answer is lost');
  const startedAt = performance.now();
  await expect(sendWith(client)).rejects.toMatchObject({ code: 'CommitUnknown' });
  expect(performance.now() - startedAt).toBeLessThan(5_000);
  await cut;
});
