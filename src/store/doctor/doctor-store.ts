// The facts of an examination, as src/operate/doctor judges them. Nothing here writes or locks.
import { getTableName } from 'drizzle-orm';
import type { StoredRows } from '../../core/manifest.ts';
import type { Driver, Run } from '../../drivers/driver.ts';
import type { RowOf } from '../../drivers/statement.ts';
import type { Namespace } from '../namespace.ts';
import { SCHEMA_VERSION } from '../schema/operating-tables.ts';
import { tables } from '../schema/schema.ts';
import { sequencesBehind, type SequenceLag } from '../sequences/sequences.ts';
import * as catalog from './catalog.sql.ts';
import * as server from './server.sql.ts';
import { storedRows } from './stored-rows.sql.ts';
import * as waiting from './waiting.sql.ts';

export type CatalogColumn = RowOf<typeof catalog.catalogColumns.columns>;
export type CatalogConstraint = RowOf<typeof catalog.catalogConstraints.columns>;
export type CatalogIndex = RowOf<typeof catalog.catalogIndexes.columns>;
export type StorageSetting = RowOf<typeof catalog.storageSettings.columns>;
export type TableSize = RowOf<typeof catalog.tableSizes.columns>;
export type SnapshotHolder = RowOf<typeof server.snapshotHolders.columns>;
export type Overdue = RowOf<typeof waiting.overdue.columns>;
export type DeadDeliveries = RowOf<typeof waiting.deadDeliveries.columns>;
export type WorkersAlive = RowOf<typeof waiting.workersAlive.columns>;

/** The tables as the system catalogs have them. */
export interface Catalog {
  readonly columns: readonly CatalogColumn[];
  readonly constraints: readonly CatalogConstraint[];
  readonly indexes: readonly CatalogIndex[];
}

export interface ServerState extends RowOf<typeof server.serverState.columns> {
  /** How far the database's clock is ahead of this process's, in ms, and how exactly that is known. */
  readonly ahead: { readonly ms: number; readonly give: number };
}

export class DoctorStore {
  readonly #driver: Driver;
  readonly #pool: Run;
  readonly #namespace: Namespace;

  constructor(driver: Driver, pool: Run, namespace: Namespace) {
    this.#driver = driver;
    this.#pool = pool;
    this.#namespace = namespace;
  }

  async server(): Promise<ServerState> {
    // The first call may open a connection, which would count as the network's way.
    await this.#pool(server.serverState, []);
    const before = Date.now();
    const [state] = await this.#pool(server.serverState, []);
    const after = Date.now();
    return { ...state!, ahead: { ms: Math.round(state!.now_ms - (before + after) / 2), give: (after - before) / 2 } };
  }

  /** Whether something between this process and the server gives the same session to others; undefined if that cannot be seen. */
  async pooled(): Promise<boolean | undefined> {
    const session = this.#driver.openSession?.(() => {});
    if (!session) return undefined;
    try {
      const [state] = await session.run(server.serverState, []);
      const told = session.lastPid();
      return told === undefined ? undefined : told !== state!.pid;
    } finally {
      await session.close();
    }
  }

  async catalog(): Promise<Catalog> {
    const schema = [this.#namespace.schema];
    const [columns, constraints, indexes] = [
      await this.#pool(catalog.catalogColumns, schema),
      await this.#pool(catalog.catalogConstraints, schema),
      await this.#pool(catalog.catalogIndexes, schema),
    ];
    return { columns, constraints, indexes };
  }

  async storage(): Promise<readonly StorageSetting[]> {
    return this.#pool(catalog.storageSettings, [this.#namespace.schema]);
  }

  async sizes(): Promise<readonly TableSize[]> {
    return this.#pool(catalog.tableSizes, [this.#namespace.schema]);
  }

  async holders(olderThanSeconds: number): Promise<readonly SnapshotHolder[]> {
    return this.#pool(server.snapshotHolders, [String(olderThanSeconds)]);
  }

  async overdue(): Promise<readonly Overdue[]> {
    return this.#pool(waiting.overdue, []);
  }

  async dead(): Promise<DeadDeliveries> {
    return (await this.#pool(waiting.deadDeliveries, []))[0]!;
  }

  async workers(): Promise<WorkersAlive> {
    return (await this.#pool(waiting.workersAlive, []))[0]!;
  }

  /** For which receivers deliveries are stored that may still run. */
  async stored(): Promise<StoredRows[]> {
    return (await this.#pool(storedRows, [])).map(({ names, ...row }) => ({ ...row, names: JSON.parse(names) as string[] }));
  }

  async sequences(): Promise<readonly SequenceLag[]> {
    return sequencesBehind(this.#pool, this.#namespace);
  }
}

/** The version of the tables that this code knows, and the column that says which version a database has. */
export const OWN_VERSION = { version: SCHEMA_VERSION, table: getTableName(tables.signalboxMeta), column: 'schema_version' };
