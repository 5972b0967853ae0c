// What a test has opened on its database: clients, whose connections are counted while they are lent out, and all else that is to be
// closed before these.

/** The time for a client to finish its queries. postgres.js uses all of it after the server has ended a session of its pool. */
const END_LIMIT_SECONDS = 1;

/** What a database can close with itself: a client of postgres.js or node-postgres, a box, or whatever has one of these methods. */
export interface Owned {
  /** Called with the database's end, before `close`. */
  end?(...args: never): unknown;
  /** Called if it has no `end`. */
  close?(): unknown;
  /** Called if it has neither. */
  [Symbol.asyncDispose]?(): unknown;
}

export interface TestClient {
  /** Connections that are checked out: a query cannot distinguish them from idle ones. */
  reserved(): number;
  end(): Promise<unknown>;
}

/** How a client is counted and ended; `undefined` for what is none. */
export function clientOf(owned: Owned): TestClient | undefined {
  if (typeof owned.end !== 'function') return undefined;
  if (typeof owned === 'function' && 'reserve' in owned) return ofPostgresJs(owned);
  if ('totalCount' in owned) return ofNodePostgres(owned as unknown as CountingPool);
  return { reserved: () => 0, end: async () => (owned.end as () => unknown)() };
}

interface Reserved {
  release(): void;
}

interface Reserving {
  reserve(): Promise<Reserved>;
  end(options: { timeout: number }): Promise<unknown>;
}

export function ofPostgresJs(client: Reserving): TestClient {
  let reserved = 0;
  const { reserve } = client;
  client.reserve = async () => {
    const session = await reserve();
    const { release } = session;
    let isReleased = false;
    reserved++;
    session.release = () => {
      if (!isReleased) reserved--;
      isReleased = true;
      release();
    };
    return session;
  };
  return { reserved: () => reserved, end: () => client.end({ timeout: END_LIMIT_SECONDS }) };
}

interface CountingPool {
  readonly totalCount: number;
  readonly idleCount: number;
  readonly waitingCount: number;
  end(): Promise<unknown>;
}

/** A pool of node-postgres, which would wait for ever for a client that is not released. */
export function ofNodePostgres(pool: CountingPool): TestClient {
  const reserved = (): number => pool.totalCount - pool.idleCount + pool.waitingCount;
  return { reserved, end: async () => (reserved() > 0 ? void pool.end() : pool.end()) };
}
