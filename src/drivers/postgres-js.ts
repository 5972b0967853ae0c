// postgres.js (npm: postgres) behind drizzle-orm/postgres-js.
import { SignalboxError } from '../errors.ts';
import type { Client, Driver, DriverOptions, Gate, Param, Run, Session } from './driver.ts';
import { hasConnectionCode, isNotPrimary } from './error-kind.ts';
import { HotStatements } from './hot-statements.ts';
import { endable, endNext, type OnExecute } from './postgres-js-connection.ts';
import { type LanePool, type LaneSession, openLane } from './postgres-js-lane.ts';
import { describePlace } from './place.ts';
import { type Cell, rowsOf, type Statement } from './statement.ts';
import { type ReadingOptions, readsCells } from './postgres-js-rows.ts';
import { refuseEnding } from './transaction-control.ts';

/** The members that a pool, a transaction and a savepoint of postgres.js share and our statements need. */
interface PostgresJsClient {
  unsafe(
    text: string,
    params?: readonly unknown[],
    options?: { prepare?: boolean; onexecute?: OnExecute },
  ): PromiseLike<unknown> & { values(): PromiseLike<Answer>; raw(): PromiseLike<Answer> };
  typed(value: unknown, type: number): unknown;
}

/** A result of postgres.js, with the state of the connection that it came on. */
interface Answer extends ReadonlyArray<readonly Cell[]> {
  readonly state?: { readonly pid: number };
}

interface Options extends ReadingOptions {
  readonly max: number;
  readonly transform?: { readonly row?: { readonly from?: unknown }; readonly value?: { readonly from?: unknown } };
  readonly fetch_types?: boolean;
  readonly user?: unknown;
  readonly host?: unknown;
  readonly port?: unknown;
  readonly path?: unknown;
  readonly database?: unknown;
}

/** Seen with 3.4.9: nothing handles a rejection of the query for the types of arrays, the first one of a connection. */
const FETCHES_TYPES =
  'postgres.js ends the process if a connection is lost while it is being made, because it asks for the types of arrays then. Say postgres(url, { fetch_types: false }), see docs/guides/drivers.md';

interface PostgresJsPool extends PostgresJsClient, LanePool {
  options: Options;
  end(options: { timeout: number }): Promise<void>;
  listen(channel: string, onMessage: () => void): Promise<{ unlisten(): Promise<void> }>;
}

/** Whether a Drizzle database's `$client` is a pool of postgres.js. */
export function isPostgresJs(client: unknown): client is PostgresJsPool {
  return typeof client === 'function' && 'unsafe' in client && 'begin' in client && 'listen' in client && 'options' in client;
}

export function postgresJs(pool: PostgresJsPool, { prepare = true }: DriverOptions = {}): Driver {
  if (pool.options.transform?.row?.from)
    throw new SignalboxError(
      'UnsupportedDatabase',
      'createSignalbox({ db }) was given a postgres.js client with `transform.row`, which would change the rows of Signalbox, too. Transform columns or values instead, or give the box a client of its own.',
    );
  const hot = prepare === 'all' ? new HotStatements() : undefined;
  const sending = { prepare: prepare !== false, asCells: readsCells(pool.options) };
  return {
    name: 'postgres-js',
    place: describePlace({ ...pool.options, host: pool.options.path || pool.options.host }),
    caution: pool.options.fetch_types ? FETCHES_TYPES : undefined,
    maxConnections: pool.options.max,
    rejectsWhenLost: true,
    isolatesByConfig: false,
    run: (client = pool) => runOn(client as PostgresJsClient, sending),
    guard: (client, gate) => guard(client, gate, hot),
    redirect,
    listen: (channel, onMessage) => listenApart(pool, channel, onMessage),
    // Drizzle would set the level after BEGIN, in a round trip of its own.
    openOn: (isolation) =>
      isolation && { begin: (work: (session: LaneSession) => unknown) => pool.begin(`isolation level ${isolation}`, work) },
    openLane: (hooks) => openLane(pool, hooks),
    openSession: (onLost) => openSession(pool, { ...sending, prepare: false }, onLost),
    isConnectionLoss: hasConnectionCode,
  };
}

/** A client with the pool's options and one connection, made as the pool's own `listen` makes one. */
async function clientApart(pool: PostgresJsPool, more: object = {}): Promise<PostgresJsPool> {
  const { default: postgres } = await import('postgres');
  return postgres({
    ...pool.options,
    max: 1,
    idle_timeout: null,
    max_lifetime: null,
    // Its users pace their own tries; and a client that is ended while it waits for its next try connects all the same
    // (3.4.9).
    backoff: () => 0,
    fetch_types: false,
    ...more,
  } as never) as never;
}

/**
 * Listens on a client of its own, which ends with the listening. The pool's client would listen for as long as the pool
 * lives: after it has lost its connection, its `unlisten` has no effect (3.4.9).
 */
async function listenApart(pool: PostgresJsPool, channel: string, onMessage: () => void): Promise<() => Promise<void>> {
  const client = await clientApart(pool);
  const end = (): Promise<void> => client.end({ timeout: 1 });
  try {
    await client.listen(channel, onMessage);
    return end;
  } catch (error) {
    await end();
    throw error;
  }
}

/**
 * Opens a session on a separate client. A connection that the pool lends out (`reserve`) does not work: when it is
 * lost, its holder writes into the session of its next user.
 */
function openSession(pool: PostgresJsPool, sending: Sending, onLost: () => void): Session {
  let client: Promise<PostgresJsPool> | undefined;
  let closed = false;
  let lastPid: number | undefined;
  return {
    run: async (statement, params) => {
      if (closed) throw new Error('The session was closed.');
      const rows = await send(await (client ??= clientApart(pool, { onclose: onLost })), statement, params, sending);
      lastPid = rows.state?.pid;
      return rowsOf(statement, rows);
    },
    lastPid: () => lastPid,
    close: async () => {
      closed = true;
      await (await client)?.end({ timeout: 1 });
    },
  };
}

/** Members of a client that send a statement. */
const SENDING = new Set<string | symbol>(['unsafe', 'file', 'savepoint', 'begin', 'reserve', 'subscribe']);

/** Settings for sending a statement of our own. */
interface Sending {
  /** Prepared only if the pool's own options allow it, too. */
  readonly prepare: boolean;
  /** Whether values are read by postgres.js; else they come as bytes, to which no parser and no transform applies. */
  readonly asCells: boolean;
}

function runOn(client: PostgresJsClient, sending: Sending): Run {
  return async (statement, params) => rowsOf(statement, await send(client, statement, params, sending));
}

/** The type `unknown`: the server infers the parameter's type, and no serializer of the application applies. */
const UNKNOWN = 705;

function send(client: PostgresJsClient, { text }: Statement, params: readonly Param[], { prepare, asCells }: Sending): PromiseLike<Answer> {
  const values = params.map((param) => (param === null ? null : client.typed(param, UNKNOWN)));
  const { query, end } = endable((onexecute) => {
    const sent = client.unsafe(text, values, { prepare, onexecute });
    return asCells ? sent.values() : sent.raw();
  });
  return query.then(undefined, async (error: unknown) => {
    if (isNotPrimary(error) && !end()) await endNext(client);
    throw error;
  });
}

function guard(client: Client, gate: Gate, hot: HotStatements | undefined): Client {
  const pass = (sent: unknown, call: () => unknown): unknown => {
    gate.enter();
    refuseEnding(sent);
    gate.onSent?.(sent);
    const query = call();
    if (isQuery(query)) watchQuery(query, gate);
    return query;
  };
  return new Proxy(client as (...args: unknown[]) => unknown, {
    // client`select 1` sends; client(['a', 'b']) only builds a fragment, but its caller is about to send it.
    apply: (target, self, args) => pass(args[0], () => Reflect.apply(target, self, args)),
    get(target, key) {
      const member: unknown = Reflect.get(target, key);
      if (typeof member !== 'function' || !SENDING.has(key)) return member;
      return (...args: unknown[]) =>
        pass(key === 'unsafe' ? args[0] : undefined, () =>
          Reflect.apply(member, target, hot && key === 'unsafe' ? prepared(args, hot) : args),
        );
    },
  });
}

/**
 * Has hot statements prepared. Drizzle sends by `unsafe`; an unprepared statement with parameters costs two round
 * trips.
 */
function prepared([text, values, options]: unknown[], hot: HotStatements): unknown[] {
  const isHot = Array.isArray(values) && values.length > 0 && hot.isHot(text as string);
  return [text, values, isHot ? { ...(options as object | undefined), prepare: true } : options];
}

function redirect(pick: () => Client): Client {
  const now = (): object => pick();
  return new Proxy(() => {}, {
    apply: (_target, self, args) => Reflect.apply(now() as () => unknown, self, args),
    get(_target, key) {
      const member: unknown = Reflect.get(now(), key);
      return typeof member === 'function'
        ? (...args: unknown[]) => Reflect.apply(Reflect.get(now(), key) as () => unknown, now(), args)
        : member;
    },
    has: (_target, key) => Reflect.has(now(), key),
  });
}

interface LazyQuery extends Promise<unknown> {
  handler: unknown;
}

/** A query of postgres.js, in contrast to a fragment or to the promise of a savepoint. */
function isQuery(value: unknown): value is LazyQuery {
  return value instanceof Promise && 'handler' in value && 'strings' in value;
}

/**
 * A query is sent when its result is first requested. Requesting it here would send it too early (`.values()` may still
 * follow), or at all (it may be a fragment of another query). So it is watched from that first request on.
 */
function watchQuery(query: LazyQuery, gate: Gate): void {
  let asked = false;
  const { then } = query;
  // oxlint-disable-next-line unicorn/no-thenable -- the query's own then, watched
  query.then = function watchedThen(this: Promise<unknown>, onFulfilled, onRejected) {
    if (!asked) {
      asked = true;
      gate.enter();
      const result: Promise<unknown> = Reflect.apply(then, this, []);
      gate.watch(result);
    }
    return Reflect.apply(then, this, [onFulfilled, onRejected]) as never;
  };
}
