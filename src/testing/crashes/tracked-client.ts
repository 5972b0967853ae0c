// A client whose statements belong to a life: of postgres.js, or a pool of node-postgres. Whatever its code awaits passes there.
import type { Life, Sending } from './life.ts';
import { Located, placeOfStatement } from './place.ts';

type Method = (...args: unknown[]) => unknown;

/** The client to use in its place; `undefined` for what is no client that is known here. */
export function trackedClient<T extends object>(client: T, life: Life): T | undefined {
  if (typeof client === 'function' && 'begin' in client && 'unsafe' in client) return trackedSql(client, life) as T;
  if ('totalCount' in client && 'connect' in client) return trackPool(client as unknown as Pool, life) as unknown as T;
  return undefined;
}

/** postgres.js: the pool, or the handle of a transaction. */
function trackedSql(sql: object, life: Life): object {
  return new Proxy(sql as Method, {
    apply(target, self, args: unknown[]) {
      const made = Reflect.apply(target, self, args);
      const strings = args[0] as { raw?: readonly string[] } | undefined;
      return strings?.raw ? tracked(made, strings.raw.join('$'), life) : made;
    },
    get(target, key) {
      const member: unknown = Reflect.get(target, key);
      if (typeof member !== 'function') return member;
      switch (key) {
        case 'unsafe':
          return (...args: unknown[]) => tracked(Reflect.apply(member, target, args), String(args[0]), life);
        case 'begin':
          return (...args: unknown[]) => begun(member as Method, target, args, life);
        case 'savepoint':
          return (...args: unknown[]) => life.alive(Reflect.apply(member, target, withTracked(args, life)) as Promise<unknown>);
        case 'reserve':
          return async () => trackedSql(await life.alive(Reflect.apply(member, target, []) as Promise<object>), life);
        default:
          return member;
      }
    },
  });
}

/** The arguments of `begin` and `savepoint`, whose callback gets a tracked handle. */
function withTracked(args: readonly unknown[], life: Life, onReturned: () => Promise<void> = async () => {}): unknown[] {
  const work = args.at(-1) as (sql: object) => unknown;
  const callback = async (sql: object): Promise<unknown> => {
    // postgres.js answers an end of the callback with a COMMIT or a ROLLBACK, and ends the process if the connection is gone.
    const value = await life.alive((async () => work(trackedSql(sql, life)))());
    await onReturned();
    return value;
  };
  return [...args.slice(0, -1), callback];
}

/** postgres.js sends BEGIN and COMMIT by itself. */
function begun(begin: Method, target: object, args: readonly unknown[], life: Life): Promise<unknown> {
  const place = placeOfStatement();
  let commit: ReturnType<Life['commit']> | undefined;
  const onReturned = (): Promise<void> => (commit = life.commit(place)).before();
  const work = async (): Promise<unknown> => {
    const result = await life.alive(Reflect.apply(begin, target, withTracked(args, life, onReturned)) as Promise<unknown>);
    return commit!.after(result);
  };
  return work();
}

interface Query extends Promise<unknown> {
  handler: unknown;
}

/** A query of postgres.js is sent when its result is first asked for. */
function tracked(query: unknown, text: string, life: Life): unknown {
  if (!(query instanceof Promise && 'handler' in query)) return query;
  const own = query as Query;
  const { then } = own;
  const about: Sending = { text };
  let result: Promise<unknown> | undefined;
  const send = {
    // oxlint-disable-next-line unicorn/no-thenable -- the query's own then, which sends it
    then: (onFulfilled: never, onRejected: never) => Reflect.apply(then, own, [onFulfilled, onRejected]) as never,
  };
  const ask = (): Promise<unknown> => Located.of((result ??= life.pass(about, () => send)), about);
  // oxlint-disable-next-line unicorn/no-thenable -- the query's own then, tracked
  own.then = (onFulfilled, onRejected) => ask().then(onFulfilled, onRejected) as never;
  own.catch = (onRejected) => ask().catch(onRejected) as never;
  own.finally = (onFinally) => ask().finally(onFinally);
  return own;
}

interface PoolClient {
  query: Method;
  on(event: 'error', listener: () => void): unknown;
}

interface Pool {
  on(event: 'error', listener: () => void): unknown;
  on(event: 'connect', listener: (client: PoolClient) => void): unknown;
}

/** A pool of node-postgres, in place: each of its clients. */
function trackPool(pool: Pool, life: Life): Pool {
  // A session that is ended is no error of this process.
  pool.on('error', () => {});
  pool.on('connect', (client) => {
    client.on('error', () => {});
    trackQueries(client, life);
  });
  return pool;
}

function trackQueries(client: PoolClient, life: Life): void {
  const query = client.query.bind(client);
  client.query = (...args: unknown[]) => {
    const [first] = args as [{ text?: unknown; submit?: unknown } | string | undefined];
    // A cursor, or a stream.
    if (typeof first === 'object' && typeof first.submit === 'function') return query(...args);
    const text = String(typeof first === 'object' ? first.text : first);
    const callback = typeof args.at(-1) === 'function' ? (args.pop() as (error: unknown, result?: unknown) => void) : undefined;
    const about: Sending = { text };
    const result = life.pass(about, () => query(...args) as Promise<unknown>);
    if (!callback) return Located.of(result, about);
    result.then(
      (value) => callback(null, value),
      (error: unknown) => callback(error),
    );
    return undefined;
  };
}
