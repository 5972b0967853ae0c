// Db: the ambient form of the user's database. Inside a transaction of its box (db.transaction, @Transactional, a
// receiver's) every statement it sends belongs to that transaction; outside it goes to the pool. Queries choose when
// they are sent, not when they are built, so prepared ones and those built elsewhere obey too.
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
 * After the transaction in which a piece of code runs has ended, it throws `TransactionEnded` rather than write outside.
 */
export type Db = AmbientDatabase;
/** What {@link Db} is injected by, as a class. It is never made with `new`. One for all copies of the package. */
export const Db: Class<Db> = (processWide().db ??= defineDb()) as Class<Db>;

function defineDb(): Class {
  class Db {
    constructor() {
      throw new SignalboxError('NoInjectionContext', 'Db is made by the box: inject it, or use box.db.');
    }
  }
  // Of another format, a box refuses it by name rather than find that nothing provides it.
  tagService(Db, {});
  return Db;
}

/** Makes the ambient form of `database`: of its primary, for a replica has not what a transaction wrote. */
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
