// The store: the statements as typed functions. Parameters are encoded here and rows decoded, nothing is decided.
import type { Settlement } from '../core/delivery.ts';
import type { Receiver } from '../core/receivers.ts';
import type { Identity } from '../core/renames.ts';
import type { Driver, Run } from '../drivers/driver.ts';
import type { RowOf } from '../drivers/statement.ts';
import { announceReceivers } from './catalogue/announcing.ts';
import { explained, migrationMissing, missingParts, presentColumns } from './schema/schema-check.ts';
import { settleColumns } from './deliveries/settle-columns.ts';
import { ownRun } from './own-run.ts';
import * as sql from './statements.ts';
import { contacting } from './unreachable.ts';
import { intArray, WorkersStore } from './workers/workers.ts';

/** Workers listen here. A notification only says "look now"; nothing depends on it. */
export const CHANNEL = 'signalbox_ready';

/** An emission to be stored. Payload and headers are JSON text. */
export interface NewEmission {
  readonly id: string;
  readonly payload: string;
}

export interface AppendOptions {
  readonly signal: string;
  readonly version: number;
  readonly headers: string | null;
  readonly runAt: Date | undefined;
  readonly delayMs: number;
  readonly priority: number;
  /** Catalogue ids of this process's own receivers of the signal. */
  readonly ownReceivers: readonly number[];
}

export interface Appended {
  /** The number of deliveries of each emission. */
  readonly deliveries: number;
  /** The id of the transaction, that of the outermost one in a savepoint. */
  readonly xid: string;
  /** Own receivers have other ids by now than this process knows. */
  readonly moved: boolean;
}

/** What a worker can run: a receiver's id in the catalogue, how many deliveries it may take, and up to which version. */
export interface Claimable {
  readonly receiverId: number;
  readonly free: number;
  readonly version: number;
  /** Only those that are due from then on, in seconds since 1970. From the beginning without. */
  readonly since?: number;
}

/** A delivery as it is claimed, with its emission. */
export interface ClaimedDelivery {
  /** A bigint as text. */
  readonly id: string;
  readonly emissionId: string;
  readonly receiverId: number;
  readonly version: number;
  readonly generation: number;
  readonly epoch: number;
  /** Under which it was claimed. */
  readonly workerId: number;
  readonly attempt: number;
  readonly crashes: number;
  /** It may have killed its workers: nothing else may run beside it. */
  readonly alone: boolean;
  /** JSON text; null: its emission is gone. */
  readonly payload: string | null;
  /** JSON text, or null. */
  readonly headers: string | null;
  readonly emittedAt: Date;
  /** When it was due, in seconds since 1970 by the database's clock. */
  readonly runAt: number;
}

/** One claim of a delivery. */
export interface ClaimRef {
  readonly id: string;
  readonly epoch: number;
  /** The worker's id when it claimed: the lease may have another by now. */
  readonly workerId: number;
}

/** A settlement that has something to note, for one claimed delivery. */
export interface SettleItem extends ClaimRef {
  readonly settlement: Exclude<Settlement, { to: 'released' | 'completed' }>;
}

export interface ReleaseItem extends ClaimRef {
  readonly delayMs: number;
}

export class Store {
  readonly #driver: Driver;
  readonly #pool: Run;
  readonly #aloneFrom: number;
  /** What it knows of workers. */
  readonly workers: WorkersStore;

  /** @param crashBudget how many workers may die with a delivery before it is given up; the last of them had nothing else */
  constructor(driver: Driver, crashBudget: number) {
    this.#driver = driver;
    this.#pool = ownRun(driver);
    this.#aloneFrom = Math.max(1, crashBudget - 1);
    this.workers = new WorkersStore(this.#pool, crashBudget);
  }

  /** Whether there is a database to work with. @throws SignalboxError `DatabaseUnreachable`, `MigrationMissing` */
  async check(): Promise<void> {
    const missing = missingParts(await contacting(this.#driver, () => this.#pool(presentColumns, [])));
    if (missing.length > 0) throw migrationMissing(missing);
  }

  /**
   * Writes receivers into the catalogue, and returns the ids that deliveries for them may carry.
   * @param options `run`: in a caller's own transaction; `takesNames`: the names of this process are shown from now on
   */
  async announce(
    receivers: readonly Receiver[],
    { run, takesNames = false }: { readonly run?: Run; readonly takesNames?: boolean } = {},
  ): Promise<Identity[]> {
    return announceReceivers(run ? explained(run) : this.#pool, receivers, { takesNames });
  }

  /** Appends emissions of one signal, at least one, in the transaction of `run`. */
  async append(run: Run, emissions: readonly NewEmission[], options: AppendOptions): Promise<Appended> {
    const items = `[${emissions.map(({ id, payload }) => `{"id":"${id}","payload":${payload}}`).join(',')}]`;
    const [row] = await explained(run)(sql.append, [
      options.signal,
      options.version,
      items,
      options.headers,
      options.runAt?.toISOString() ?? null,
      options.delayMs,
      options.priority,
      intArray(options.ownReceivers),
      CHANNEL,
      String(this.#driver.openSession === undefined),
    ]);
    return { deliveries: row!.deliveries, xid: row!.xid, moved: row!.moved };
  }

  /** Takes due deliveries, in the order of `claimable`; `alone` also one that must run alone, if no other is due. */
  async claim(
    workerId: number,
    claimable: readonly Claimable[],
    limit: number,
    { aheadMs = 0, alone = false }: { readonly aheadMs?: number; readonly alone?: boolean } = {},
  ): Promise<ClaimedDelivery[]> {
    const rows = await this.#pool(sql.claim, [
      workerId,
      intArray(claimable.map(({ receiverId }) => receiverId)),
      intArray(claimable.map(({ free }) => free)),
      intArray(claimable.map(({ version }) => version)),
      limit,
      aheadMs,
      this.#aloneFrom,
      String(alone),
      `{${claimable.map(({ since = -Infinity }) => since).join(',')}}`,
    ]);
    const rank = new Map(claimable.map(({ receiverId }, index) => [receiverId, index]));
    return rows.map((row) => this.#claimed(row, workerId)).sort((a, b) => rank.get(a.receiverId)! - rank.get(b.receiverId)! || byId(a, b));
  }

  /** Takes the due deliveries of given emissions, in the order in which they were stored. */
  async claimEmissions(workerId: number, claimable: readonly Claimable[], emissionIds: readonly string[]): Promise<ClaimedDelivery[]> {
    const rows = await this.#pool(sql.claimEmissions, [
      workerId,
      intArray(claimable.map(({ receiverId }) => receiverId)),
      intArray(claimable.map(({ version }) => version)),
      `{${emissionIds.join(',')}}`,
    ]);
    return rows.map((row) => this.#claimed(row, workerId)).sort(byId);
  }

  /** Whether a suspect is due: it waits for a worker that runs nothing else. */
  async hasSuspect(claimable: readonly Claimable[], aheadMs = 0): Promise<boolean> {
    const ids = intArray(claimable.map(({ receiverId }) => receiverId));
    const versions = intArray(claimable.map(({ version }) => version));
    const [row] = await this.#pool(sql.suspectWaits, [ids, versions, this.#aloneFrom, aheadMs]);
    return row!.waits;
  }

  /**
   * First statement of a receiver's transaction. Unless it is `completed`, the receiver must not be called: the delivery was
   * taken away (`stale`), or the transaction of a lane has not begun (`outside`).
   */
  async settleFirst(
    run: Run,
    { id, epoch, workerId }: ClaimRef,
    { timeoutMs, inLane = false }: { readonly timeoutMs: number; readonly inLane?: boolean },
  ): Promise<'completed' | 'stale' | 'outside'> {
    const [row] = await explained(run)(sql.settleFirst, [id, epoch, String(timeoutMs), String(inLane), workerId]);
    if (row!.outside) return 'outside';
    return row!.completed === 1 ? 'completed' : 'stale';
  }

  /** Records that the receivers of these claims returned. Returns the ids that were recorded; the outcome of any other is void. */
  async complete(claims: readonly ClaimRef[], run?: Run): Promise<Set<string>> {
    const alike = new Map<string, { readonly epoch: number; readonly workerId: number; readonly ids: string[] }>();
    for (const { id, epoch, workerId } of [...claims].sort(byId)) {
      const key = `${epoch}:${workerId}`;
      const group = alike.get(key);
      if (group) group.ids.push(id);
      else alike.set(key, { epoch, workerId, ids: [id] });
    }
    const send = run ? explained(run) : this.#pool;
    const recorded = new Set<string>();
    for (const { epoch, workerId, ids } of alike.values()) {
      const [row] = await send(sql.complete, [`{${ids.join(',')}}`, epoch, workerId]);
      for (const id of row!.ids?.split(',') ?? []) recorded.add(id);
    }
    return recorded;
  }

  /** Records outcomes. Returns the ids that were recorded; the outcome of any other is void. */
  async settle(items: readonly SettleItem[], run?: Run): Promise<Set<string>> {
    const outcomes = items.map(({ id, epoch, workerId, settlement }) => ({ id, epoch, worker_id: workerId, ...settleColumns(settlement) }));
    return idSet(await (run ? explained(run) : this.#pool)(sql.settle, [JSON.stringify(outcomes)]));
  }

  /** Gives deliveries back. Returns the ids that were. */
  async release(items: readonly ReleaseItem[], run?: Run): Promise<Set<string>> {
    const given = items.map(({ id, epoch, workerId, delayMs }) => ({ id, epoch, worker_id: workerId, delay_ms: delayMs }));
    return idSet(await (run ? explained(run) : this.#pool)(sql.release, [JSON.stringify(given)]));
  }

  /** What a worker holds by the tables, whether it knows of it or not. */
  async heldDeliveries(workerId: number): Promise<ClaimRef[]> {
    const rows = await this.#pool(sql.heldDeliveries, [workerId]);
    return rows.map((row) => ({ ...row, workerId }));
  }

  #claimed(row: RowOf<typeof sql.claim.columns>, workerId: number): ClaimedDelivery {
    const { crashes } = row;
    return {
      id: row.id,
      emissionId: row.emission_id,
      receiverId: row.receiver_id,
      version: row.version,
      generation: row.generation,
      epoch: row.epoch,
      workerId,
      attempt: row.attempt,
      crashes,
      alone: crashes > 0 && crashes >= this.#aloneFrom,
      payload: row.payload,
      headers: row.headers,
      emittedAt: new Date(row.emitted_at_ms ?? NaN),
      runAt: row.run_at_us / 1e6,
    };
  }
}

export const isSameClaim = (a: ClaimRef, b: ClaimRef): boolean => a.id === b.id && a.epoch === b.epoch && a.workerId === b.workerId;

/** Bigints as text: the longer one is the larger one. */
export const byId = (a: { readonly id: string }, b: { readonly id: string }): number =>
  a.id.length - b.id.length || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);

const idSet = (rows: readonly { readonly id: string }[]): Set<string> => new Set(rows.map(({ id }) => id));
