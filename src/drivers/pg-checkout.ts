// One checkout of a node-postgres client, for one transaction. Drizzle trusts such a client too much in four ways, and
// this mends them without touching the client or the pool:
// - it never releases the client of a BEGIN that failed, so the pool loses a slot for good;
// - it listens to no 'error' event, so a backend that is killed between two statements ends the process (or one that is
//   killed as the pool hands its client out: a promise of that client comes too late for what arrives with it);
// - it goes on with a session one of whose prepared statements the server refuses (a column has changed its type), and
//   node-postgres would send that statement again for as long as the session lasts;
// - a ROLLBACK that fails hides the error that led to it, and gives the next user a client in an unknown state.
import type { Client, Gate } from './driver.ts';
import { isNotPrimary } from './error-kind.ts';
import { isThenable, withOwn } from './client-proxy.ts';

/** A client that was checked out of a pool. */
export interface PooledClient {
  query(...args: unknown[]): unknown;
  on(event: 'error', listener: (error: unknown) => void): unknown;
  off(event: 'error', listener: (error: unknown) => void): unknown;
  release(broken?: Error): void;
}

interface Checkout {
  /** The outermost scope of the transaction. */
  gate: Gate | undefined;
}

/** The part of the server that refuses a prepared statement which would no longer return what it did. */
const STALE_PLAN = 'RevalidateCachedQuery';

const checkouts = new WeakMap<Client, Checkout>();

/** Takes a client of the real pool and hands it to `hold` at once; resolves to what that returns. */
export type CheckOut = (hold: (client: PooledClient) => Client) => Promise<Client>;

/** A pool to open one transaction with, by Drizzle's own means. */
export function transactionPool(pool: Client, checkOut: CheckOut): Client {
  return new Proxy(pool, {
    get: (target, key): unknown => (key === 'connect' ? () => checkOut(held) : Reflect.get(target, key)),
  });
}

/** The gate hears of it when the connection of the transaction is lost. */
export function reportLoss(client: Client, gate: Gate): void {
  const checkout = checkouts.get(client);
  // A savepoint has the client of its transaction, whose gate closes those of its savepoints.
  if (checkout) checkout.gate ??= gate;
}

function held(client: PooledClient): Client {
  const checkout: Checkout = { gate: undefined };
  let broken: Error | undefined;
  let released = false;
  let begun = false;
  const onError = (error: unknown): void => {
    broken ??= asError(error);
    checkout.gate?.lose(error);
  };
  const release = (): void => {
    if (released) return;
    released = true;
    client.off('error', onError);
    client.release(broken);
  };
  const failed = (text: unknown, error: unknown): unknown => {
    // A session stays with the server that it is on, which others of the pool may not be on any more.
    if ((error as { routine?: unknown } | null)?.routine === STALE_PLAN || isNotPrimary(error)) broken ??= asError(error);
    if (begun && text !== 'rollback') throw error;
    // Whatever state its session is in, nobody shall have it.
    broken ??= asError(error);
    if (begun) return { rows: [] };
    release();
    throw error;
  };
  const query = (...args: unknown[]): unknown => {
    const sent = client.query(...args);
    // A cursor is handed back as it is.
    if (!isThenable(sent)) return sent;
    return sent.then(
      (result) => {
        begun = true;
        return result;
      },
      (error: unknown) => failed((args[0] as { text?: unknown } | undefined)?.text, error),
    );
  };
  client.on('error', onError);
  const proxy = withOwn(client, { release, query });
  checkouts.set(proxy, checkout);
  return proxy;
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));
