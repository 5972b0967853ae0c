// All that Signalbox knows of the inside of Drizzle's handles (databases and transactions): the place of the driver's
// client, and how to derive a handle that sends its statements through another client. The original is not changed,
// because some drivers share one session object between a transaction and its savepoints.
import type { Client } from '../drivers/driver.ts';

interface Session {
  client: Client;
}

interface DrizzleHandle {
  readonly dialect: object;
  readonly session: Session;
  readonly _: object;
  readonly query: Record<string, object>;
}

/** The driver's client behind a Drizzle handle; `undefined` for any other object. */
export function clientOf(handle: object): Client | undefined {
  return (handle as Partial<DrizzleHandle>).session?.client;
}

/**
 * The primary of a database made by Drizzle's `withReplicas`, which is a plain object whose reads go to any replica,
 * and whose transactions go to the primary. Any other database is its own primary.
 */
export function primaryOf<H extends object>(handle: H): H {
  const { $primary } = handle as { $primary?: H };
  return $primary === undefined ? handle : primaryOf($primary);
}

/** The object that Drizzle shares between a database and all of its transactions. */
export function dialectOf(handle: object): object | undefined {
  return (handle as Partial<DrizzleHandle>).dialect;
}

/** A handle whose session uses `client`: enough to open a transaction on it. */
export function handleOn<H extends object>(handle: H, client: Client): H {
  const { session } = handle as unknown as DrizzleHandle;
  return Object.create(handle, { session: { value: Object.create(session, { client: { value: client } }) as Session } }) as H;
}

/**
 * A handle that behaves as `handle` but sends its statements through `client`, and opens transactions by `transaction`.
 */
export function deriveHandle<H extends object>(handle: H, client: Client, transaction: (...args: never[]) => unknown): H {
  const original = handle as unknown as DrizzleHandle;
  const session = Object.create(original.session, { client: { value: client } }) as Session;
  const query = Object.fromEntries(
    Object.entries(original.query ?? {}).map(([table, builder]) => [
      table,
      Object.create(builder, { session: { value: session } }) as object,
    ]),
  );
  return Object.create(handle, {
    session: { value: session },
    _: { value: { ...original._, session } },
    query: { value: query },
    transaction: { value: transaction },
  }) as H;
}
