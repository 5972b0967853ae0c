// One checkout of a node-postgres client: its return to the pool, whatever the outcome of its transaction.
import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import type { Gate } from '../../src/drivers/driver.ts';
import { type PooledClient, reportLoss, transactionPool } from '../../src/drivers/pg-checkout.ts';

class FakeClient extends EventEmitter {
  /** The argument of each release. */
  readonly released: unknown[] = [];
  /** Statements that fail. */
  readonly failing = new Map<string, Error>();

  async query({ text }: { text: string }): Promise<{ rows: string[] }> {
    const error = this.failing.get(text);
    if (error) throw error;
    return { rows: [text] };
  }

  release(broken?: Error): void {
    this.released.push(broken);
  }
}

async function checkOut(client: FakeClient): Promise<PooledClient> {
  const pool = transactionPool({}, async (hold) => hold(client)) as { connect(): Promise<PooledClient> };
  return pool.connect();
}

const failure = new Error('gone');

test('a client returns to the pool once, without our listener, however often it is released', async () => {
  const client = new FakeClient();
  const held = await checkOut(client);
  await held.query({ text: 'begin' });
  await held.query({ text: 'commit' });
  held.release();
  held.release();
  expect(client.released).toEqual([undefined]);
  expect(client.listenerCount('error')).toBe(0);
});

test('a client that lost its connection between two statements does not end the process, and is not used again', async () => {
  const client = new FakeClient();
  const held = await checkOut(client);
  await held.query({ text: 'begin' });
  client.emit('error', failure);
  held.release();
  expect(client.released).toEqual([failure]);
});

test('a client whose BEGIN failed is removed from the pool at once', async () => {
  const client = new FakeClient();
  client.failing.set('begin', failure);
  const held = await checkOut(client);
  await expect(held.query({ text: 'begin' })).rejects.toBe(failure);
  expect(client.released).toEqual([failure]);
});

test('a client is used again after a failed statement, but not after a failed ROLLBACK, which is silent', async () => {
  const client = new FakeClient();
  client.failing.set('select 1 / 0', failure);
  const held = await checkOut(client);
  await held.query({ text: 'begin' });
  await expect(held.query({ text: 'select 1 / 0' })).rejects.toBe(failure);
  held.release();
  expect(client.released).toEqual([undefined]);
  client.failing.set('rollback', failure);
  const again = await checkOut(client);
  await again.query({ text: 'begin' });
  expect(await again.query({ text: 'rollback' })).toEqual({ rows: [] });
  again.release();
  expect(client.released).toEqual([undefined, failure]);
});

test('a lost connection is reported to the transaction, not to a later savepoint', async () => {
  const client = new FakeClient();
  const held = await checkOut(client);
  const heard: string[] = [];
  const gate = (name: string): Gate => ({ enter: () => {}, watch: () => {}, lose: () => void heard.push(name) });
  for (const name of ['transaction', 'savepoint']) reportLoss(held, gate(name));
  client.emit('error', failure);
  expect(heard).toEqual(['transaction']);
});
