// The common part of the peers' adapters, which both use node-postgres: transactions with prepared statements.
import { Pool, type PoolClient } from 'pg';
import { INSERT_EFFECT, INSERT_PURCHASE } from './system.ts';

export function openPool(url: string, max: number): Pool {
  return new Pool({ connectionString: url, max });
}

/** One transaction with a row of the domain; the rest is the caller's. */
export async function purchase(pool: Pool, value: number, rest: (client: PoolClient) => Promise<void>): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    await client.query({ name: 'purchase', text: INSERT_PURCHASE, values: [value] });
    await rest(client);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    throw error;
  } finally {
    client.release();
  }
}

/** The insert of a receiver, through the client of its transaction or, each on its own, through a pool. */
export async function writeEffect(client: Pool | PoolClient, value: number): Promise<void> {
  await client.query({ name: 'effect', text: INSERT_EFFECT, values: [value] });
}

export async function runScript(url: string, text: string): Promise<void> {
  const pool = openPool(url, 1);
  await pool.query(text);
  await pool.end();
}
