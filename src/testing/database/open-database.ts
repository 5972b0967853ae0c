// Opens a database of one test, or of one file of tests, on a server that is there, and closes it: with all that the test has given it to
// own, and with the check that nothing of it is left. create-test-database.ts finds the server and the template.
import { Namespace } from '../../store/namespace.ts';
import type { Run } from '../../drivers/driver.ts';
import { clientOf, type Owned, type TestClient } from './clients.ts';
import { withConnection } from './connection.ts';
import { createDatabaseOn, databaseUrlOn, dropDatabaseOn } from './databases.ts';
import { fewest, handles, type Leak, LeakCheck, type Leaks, liveRows, newHandles, openSessions, openWork, refuseLeaks } from './leaks.ts';

/** A database of its own for a test, or for a file of tests. `await using` closes it. */
export interface TestDatabase extends AsyncDisposable {
  /** For the client: `drizzle({ client: database.own(postgres(database.url)) })`. */
  readonly url: string;
  readonly name: string;
  /**
   * Returns what it is given, and closes it with the database: a client of postgres.js, a pool or client of node-postgres, a box, or
   * whatever has `close` or `Symbol.asyncDispose`. Boxes and such are closed first, the last that was given first; clients at last.
   */
  own<T extends Owned>(opened: T): T;
  /** Declares that the test must leave this behind, and why. @throws SignalboxError `InvalidOption` without a reason */
  leaves(leak: Leak, reason: string): void;
  /**
   * For after each test, where several share the database: that no worker, running delivery, transaction, lock, listener or
   * connection that was lent out is left. What is ending is waited for.
   * @throws AssertionError that names what is left
   */
  check(): Promise<void>;
  /**
   * Closes all that it owns, drops the database, and checks that nothing is left: what `check` looks for, and sessions and timers.
   * @throws AssertionError that names what is left, when all is closed and dropped
   */
  close(): Promise<void>;
}

export interface Opening {
  readonly serverUrl: string;
  readonly name: string;
  readonly template: string;
  /** Where the tables of Signalbox are. */
  readonly schema: string;
  /** The time that remaining resources of the test may take to end. */
  readonly patienceMs?: number | undefined;
}

/** Databases that are not closed yet: while there are others, handles of this process may be theirs. */
let open = 0;
let handlesBefore = handles();

export async function openDatabase({ serverUrl, name, template, schema, patienceMs }: Opening): Promise<OpenDatabase> {
  const isFirst = open === 0;
  if (isFirst) handlesBefore = handles();
  await createDatabaseOn(serverUrl, { name, template });
  open++;
  // The test runner's own timers come and go.
  if (isFirst) handlesBefore = fewest(handlesBefore, handles());
  return new OpenDatabase(serverUrl, name, new Namespace(schema), new LeakCheck(patienceMs));
}

export class OpenDatabase implements TestDatabase {
  readonly url: string;
  readonly name: string;
  readonly #serverUrl: string;
  readonly #namespace: Namespace;
  readonly #leaks: LeakCheck;
  readonly #clients: TestClient[] = [];
  readonly #others: Owned[] = [];
  #closing: Promise<void> | undefined;

  constructor(serverUrl: string, name: string, namespace: Namespace, leaks: LeakCheck) {
    this.url = databaseUrlOn(serverUrl, name);
    this.name = name;
    this.#serverUrl = serverUrl;
    this.#namespace = namespace;
    this.#leaks = leaks;
  }

  own<T extends Owned>(opened: T): T {
    const client = clientOf(opened);
    if (client) this.adopt(client);
    else this.#others.push(opened);
    return opened;
  }

  adopt(client: TestClient): void {
    this.#clients.push(client);
  }

  leaves(leak: Leak, reason: string): void {
    this.#leaks.leaves(leak, reason);
  }

  async check(): Promise<void> {
    refuseLeaks(await withConnection(this.url, (run) => this.#leftOpen(this.#namespace.on(run))));
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const failures: unknown[] = [];
    const attempt = async (work: () => unknown): Promise<void> => {
      try {
        await work();
      } catch (error) {
        failures.push(error);
      }
    };
    for (const one of this.#others.toReversed()) await attempt(() => (one.close ? one.close() : one[Symbol.asyncDispose]?.()));
    let found: Leaks = [];
    await attempt(async () => void (found = await withConnection(this.url, (run) => this.#endClients(run))));
    open--;
    await attempt(() => dropDatabaseOn(this.#serverUrl, this.name));
    if (failures.length > 0) throw failures[0];
    refuseLeaks([...found, ...(open > 0 ? [] : await this.#leaks.find(async () => newHandles(handlesBefore)))]);
  }

  /** Checks for leaks before and after the clients end. */
  async #endClients(run: Run): Promise<Leaks> {
    const before = await this.#leftOpen(this.#namespace.on(run));
    await Promise.all(this.#clients.map((client) => client.end()));
    return [...before, ...(await this.#leaks.find(() => openSessions(run)))];
  }

  #leftOpen(run: Run): Promise<Leaks> {
    const slots = (): Leaks =>
      this.#clients.flatMap(({ reserved }) => (reserved() > 0 ? [['slots', `${reserved()} reserved`] as const] : []));
    return this.#leaks.find(async () => [...(await openWork(run)), ...(await liveRows(run)), ...slots()]);
  }
}
