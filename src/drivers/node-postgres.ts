// node-postgres (npm: pg) behind drizzle-orm/node-postgres, with a Pool or with a single Client, whose one session the
// transactions use in turn. pg-checkout.ts closes the gaps that Drizzle leaves in the handling of a transaction's
// client.
import { createHash } from 'node:crypto';
import type { Client, Driver, DriverOptions, Gate, Run } from './driver.ts';
import { causesOf, hasConnectionCode } from './error-kind.ts';
import { HotStatements } from './hot-statements.ts';
import { gated, passing, withOwn } from './client-proxy.ts';
import { listenOn, type ListeningClient, listenWithOwnClient } from './pg-listen.ts';
import { openSession } from './pg-session.ts';
import { AS_TEXT, assertText, type Queryable } from './pg-rows.ts';
import { type PooledClient, reportLoss, transactionPool } from './pg-checkout.ts';
import { type Place, describePlace } from './place.ts';
import { rowsOf } from './statement.ts';

interface PgPool extends Queryable {
  readonly options: { readonly max?: number };
  readonly totalCount: number;
  readonly Client: new (options: object) => ListeningClient & Place;
  connect(callback: (error: Error | undefined, client: PooledClient | undefined) => void): void;
}

/** A client that the user connected. */
type PgClient = Queryable & ListeningClient & Place & Omit<PooledClient, 'release'>;

/** Whether a Drizzle database's `$client` is a pool or a client of node-postgres. */
export function isNodePostgres(client: unknown): client is PgPool | PgClient {
  return (
    typeof client === 'object' && client !== null && 'query' in client && 'connect' in client && (isPool(client) || 'processID' in client)
  );
}

export function nodePostgres(client: PgPool | PgClient, { prepare = true }: DriverOptions = {}): Driver {
  const probe = isPool(client) ? new client.Client(client.options) : client;
  assertText(probe);
  // Not on a single client: its one session could not be closed when the server refuses a prepared statement
  // (pg-checkout.ts).
  const hot = prepare === 'all' && isPool(client) ? new HotStatements() : undefined;
  const driver = isPool(client) ? withPool(client, prepare !== false) : withClient(client, prepare !== false);
  return { ...driver, place: describePlace(probe), guard: (transaction, gate) => guard(transaction, gate, hot) };
}

const isPool = (client: object): client is PgPool => 'totalCount' in client && 'Client' in client;

const common = {
  name: 'node-postgres',
  rejectsWhenLost: false,
  isolatesByConfig: true,
  redirect: (pick: () => Client) => passing(pick),
  isConnectionLoss,
};

function withPool(pool: PgPool, prepare: boolean): Omit<Driver, 'guard' | 'place'> {
  return {
    ...common,
    maxConnections: pool.options.max ?? 10,
    run: (client = pool) => runOn(client as Queryable, prepare),
    openSession: (onLost) => openSession(() => new pool.Client(pool.options), onLost),
    openOn: () => transactionPool(pool, (hold) => checkOutOf(pool, hold)),
    listen: (channel, onMessage) => listenWithOwnClient(() => new pool.Client(pool.options), channel, onMessage),
  };
}

/** By callback, so that the client has its listeners before any other message of its connection is handled. */
function checkOutOf(pool: PgPool, hold: (client: PooledClient) => Client): Promise<Client> {
  return new Promise((resolve, reject) => {
    pool.connect((error, client) => {
      if (client) resolve(hold(client));
      else reject(error!);
    });
  });
}

/** Drizzle recognises a pool by the name of its class. */
class SessionPool {}

function withClient(client: PgClient, prepare: boolean): Omit<Driver, 'guard' | 'place'> {
  let last: Promise<unknown> = Promise.resolve();
  /** Resolves to the client, with a `release` that passes it on, once earlier users have released it. */
  const checkOut = async (): Promise<PooledClient> => {
    const before = last;
    let release: (() => void) | undefined;
    last = new Promise<void>((resolve) => (release = resolve));
    await before;
    return withOwn(client, { release }) as PooledClient;
  };
  const inTurn = async <T>(work: () => Promise<T>): Promise<T> => {
    const { release } = await checkOut();
    return work().finally(() => release());
  };
  const waiting = withOwn(client, { query: (...args: unknown[]) => inTurn(async () => Reflect.apply(client.query, client, args)) });
  return {
    ...common,
    maxConnections: undefined,
    redirect: (pick) =>
      passing(() => {
        const picked = pick();
        return picked === client ? waiting : picked;
      }),
    run: (transaction) => {
      if (transaction) return runOn(transaction as Queryable, prepare);
      const run = runOn(client, prepare);
      return (statement, params) => inTurn(() => run(statement, params));
    },
    openOn: () => transactionPool(new SessionPool(), async (hold) => hold(await checkOut())),
    listen: (channel, onMessage) => listenOn(client, inTurn, channel, onMessage),
  };
}

const SENDING = new Set(['query']);

function guard(client: Client, gate: Gate, hot: HotStatements | undefined): Client {
  reportLoss(client, gate);
  return gated(client, SENDING, gate, hot && ((args) => named(args, hot)));
}

/**
 * Adds the name to hot statements. Drizzle sends a statement as an object, with its parameters as the next argument.
 */
function named([config, values, ...others]: unknown[], hot: HotStatements): unknown[] {
  const { name, text } = (config ?? {}) as { name?: string; text?: string };
  const isOurs = name === undefined && text !== undefined && Array.isArray(values) && values.length > 0 && hot.isHot(text);
  return [isOurs ? { ...(config as object), name: nameOf(text) } : config, values, ...others];
}

/**
 * The names of prepared statements. A name must never mean two texts, even if another version shares the connection.
 */
const names = new Map<string, string>();

function nameOf(text: string): string {
  let name = names.get(text);
  if (name === undefined) names.set(text, (name = `signalbox_${createHash('sha256').update(text).digest('hex').slice(0, 24)}`));
  return name;
}

function runOn(client: Queryable, prepare: boolean): Run {
  return async (statement, params) => {
    const { text } = statement;
    const { rows } = await client.query({ ...(prepare ? { name: nameOf(text) } : {}), text, values: params, ...AS_TEXT });
    return rowsOf(statement, rows);
  };
}

/** The errors of a lost or impossible connection that carry no code. */
const UNCODED =
  /^(Connection terminated|Client has encountered a connection error|Client was closed|timeout expired|timeout exceeded when trying to connect)/;

function isConnectionLoss(error: unknown): boolean {
  for (const cause of causesOf(error)) if (cause instanceof Error && UNCODED.test(cause.message)) return true;
  return hasConnectionCode(error);
}
