// One checkout of a node-postgres client, for one transaction. Drizzle leaves four gaps in the handling of such a
// client, and this file closes them without changing the client or the pool:
// - Drizzle never releases the client of a failed BEGIN, so the pool loses a slot for good;
// - it has no listener for 'error' events, so a backend that is killed between two statements ends the process (also
// one
//   that is killed while the pool passes its client on: a promise of that client comes too late for the event);
// - it continues with a session of which the server refuses a prepared statement (a column has changed its type), and
//   node-postgres would send that statement again for as long as the session lasts;
// - a failed ROLLBACK hides the error that led to it, and the next user gets a client in an unknown state.
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

/** The routine of the server that refuses a prepared statement whose result type has changed. */
const STALE_PLAN = 'RevalidateCachedQuery';

const checkouts = new WeakMap<Client, Checkout>();

/** Takes a client of the real pool, passes it to `hold` at once, and resolves to the client that `hold` returns. */
export type CheckOut = (hold: (client: PooledClient) => Client) => Promise<Client>;

/** A pool with which Drizzle opens one transaction by its own means. */
export function transactionPool(pool: Client, checkOut: CheckOut): Client {
  return new Proxy(pool, {
    get: (target, key): unknown => (key === 'connect' ? () => checkOut(held) : Reflect.get(target, key)),
  });
}

/** Notifies the gate when the connection of the transaction is lost. */
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
    // A session stays with its server, while other sessions of the pool may have moved to another one.
    if ((error as { routine?: unknown } | null)?.routine === STALE_PLAN || isNotPrimary(error)) broken ??= asError(error);
    if (begun && text !== 'rollback') throw error;
    // The state of the session is unknown, so no other user may get it.
    broken ??= asError(error);
    if (begun) return { rows: [] };
    release();
    throw error;
  };
  const query = (...args: unknown[]): unknown => {
    const sent = client.query(...args);
    // A cursor is returned as it is.
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
