// Db: the ambient form of the user's database. Inside a transaction of its box (db.transaction, @Transactional, a
// receiver's) every statement that it sends belongs to that transaction; outside it goes to the pool. A query chooses
// its connection when it is sent, not when it is built, so prepared queries and those built elsewhere work too.
import { type AmbientDatabase, type DatabaseHandle } from '../core/handles.ts';
import type { Class } from '../core/receivers.ts';
import { processWide } from '../decorators/process-wide.ts';
import { tagService } from '../decorators/service.ts';
import type { Driver } from '../drivers/driver.ts';
import { SignalboxError } from '../errors.ts';
import type { Ambient } from './ambient.ts';
import { clientOf, deriveHandle, primaryOf } from './drizzle-handle.ts';

/**
 * The ambient database, typed by `Register`: inject it into services, which then compose without passing `tx` along.
 * Code that still runs after the end of its transaction gets `TransactionEnded`, and never writes outside of it.
 */
export type Db = AmbientDatabase;
/** The class by which {@link Db} is injected. It is never made with `new`. One for all copies of the package. */
export const Db: Class<Db> = (processWide().db ??= defineDb()) as Class<Db>;

function defineDb(): Class {
  class Db {
    constructor() {
      throw new SignalboxError('NoInjectionContext', 'Db is made by the box: inject it, or use box.db.');
    }
  }
  // With its tag, a box refuses a `Db` of another format by name instead of finding that nothing provides it.
  tagService(Db, {});
  return Db;
}

/** Makes the ambient form of `database`: of its primary, because a replica lacks the recent writes. */
export function ambientDatabase(database: DatabaseHandle, driver: Driver, ambient: Ambient): Db {
  const db = primaryOf(database);
  const pool = clientOf(db)!;
  const client = driver.redirect(() => {
    const scope = ambient.current();
    scope?.enter();
    return scope?.client ?? pool;
  });
  const transaction = async (callback: (tx: never) => unknown, config?: unknown): Promise<unknown> => {
    const scope = ambient.current();
    scope?.enter();
    return scope ? scope.nest!(callback, config) : db.transaction(callback as never, config as never);
  };
  return deriveHandle(db, client, transaction) as Db;
}
