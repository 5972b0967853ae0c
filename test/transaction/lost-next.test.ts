// A connection of postgres.js that is lost under a receiver, whose drain is aborted then: nothing is written to the connection that is gone, which
// would end the process. And what a callback sends that has caught the loss reaches no connection.
import { Socket } from 'node:net';
import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { expect, test } from 'vitest';
import { createSignalbox, type DeliveryContext, OnSignal } from '../../src/index.ts';
import { DRIVERS, openBehindProxy } from '../support/behind-proxy.ts';
import { createDatabase } from '../support/database.ts';
import { happened, One } from './one.ts';

/** When the abort comes, from the end of the socket on: in its own turn, or in one of those that follow. */
const TURNS: Record<string, (abort: () => void) => void> = {
  'in the turn of the loss': (abort) => abort(),
  'a microtask later': (abort) => void Promise.resolve().then(abort),
  'a tick later': (abort) => process.nextTick(abort),
  'a turn later': (abort) => void setImmediate(abort),
};

test.each(Object.keys(TURNS))('a drain that is aborted %s of a killed backend rejects, and the pool goes on', async (turn) => {
  await using database = await createDatabase();
  const sockets: Socket[] = [];
  const { hostname, port } = new URL(database.url);
  const socket = async (): Promise<Socket> =>
    new Promise((resolve, reject) => {
      const made = new Socket();
      sockets.push(made);
      made.once('error', reject).connect(Number(port), hostname, () => resolve(made.off('error', reject)));
    });
  // The option is not in its types.
  const own: object = { socket };
  const client = postgres(database.url, { max: 4, fetch_types: false, onnotice: () => {}, ...own });
  database.adopt({ reserved: () => 0, end: () => client.end({ timeout: 1 }) });
  const admin = database.connect({ max: 1 });
  const aborting = new AbortController();
  let calls = 0;
  class Waiting {
    @OnSignal(happened)
    static async receive(_payload: object, { tx, abortSignal }: DeliveryContext): Promise<void> {
      if (++calls > 1) return;
      const [at] = await tx.execute<{ pid: number; port: number }>(sql`select pg_backend_pid() as pid, inet_client_port() as port`);
      const used = sockets.find(({ localPort }) => localPort === at!.port)!;
      used.prependListener('close', () => TURNS[turn]!(() => aborting.abort(new Error('enough'))));
      void admin`select pg_terminate_backend(${at!.pid})`.execute();
      await new Promise((_, reject) => abortSignal.addEventListener('abort', () => reject(new Error('aborted'))));
    }
  }
  const db = drizzle({ client });
  await using box = createSignalbox({ db, services: [Waiting], log: false });
  await db.transaction((tx) => happened.emitReliable(tx, { value: 1 }));
  await expect(box.drain({ abortSignal: aborting.signal })).rejects.toThrow('enough');
  expect(await box.drain({ ahead: '1m', abortSignal: AbortSignal.timeout(20_000) })).toMatchObject({ completed: 1 });
  expect(calls).toBe(2);
});

test.each(DRIVERS)('on %s a callback that catches the loss of its connection sends nothing more', async (driver) => {
  await using h = await openBehindProxy(driver, { services: [One] });
  const next: Record<string, (tx: Parameters<Parameters<typeof h.db.transaction>[0]>[0]) => PromiseLike<unknown>> = {
    'a statement': (tx) => tx.execute(sql`select 2`),
    'a savepoint': (tx) => tx.transaction(async (inner) => inner.execute(sql`select 2`)),
    'an emit': (tx) => happened.emitReliable(tx, { value: 1 }),
  };
  for (const [what, send] of Object.entries(next)) {
    const cut = h.proxy.next(/select 'lost'/, 'never sent');
    let then: unknown;
    const attempt = h.db.transaction(async (tx) => {
      try {
        await tx.execute(sql`select 'lost'`);
      } catch {
        then = await Promise.resolve(send(tx)).then(
          () => `${what} was sent`,
          (error: unknown) => error,
        );
      }
    });
    await expect(attempt).rejects.toThrow();
    await cut;
    expect(typeof then).not.toBe('string');
  }
  await h.db.execute(sql`select 3`);
  expect(await h.sql`select from signalbox.emission`).toHaveLength(0);
});
