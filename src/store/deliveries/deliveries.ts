// Deliveries in the store: claimed, completed, settled otherwise, released. Parameters are encoded here and rows decoded,
// nothing is decided.
import type { Settlement } from '../../core/delivery.ts';
import type { Run } from '../../drivers/driver.ts';
import type { RowOf } from '../../drivers/statement.ts';
import type { Namespace } from '../namespace.ts';
import { byId, intArray, textArray } from '../params.ts';
import * as claims from './claim.sql.ts';
import type { Claimable, ClaimedDelivery, ClaimRef } from './claim.ts';
import * as outcomes from './settle.sql.ts';
import { settleColumns } from './settle-columns.ts';

/** A settlement that has something to note, for one claimed delivery. */
export interface SettleItem extends ClaimRef {
  readonly settlement: Exclude<Settlement, { to: 'released' | 'completed' }>;
}

export interface ReleaseItem extends ClaimRef {
  readonly delayMs: number;
}

export class DeliveriesStore {
  readonly #pool: Run;
  readonly #namespace: Namespace;
  readonly #suspectFrom: number;

  /** @param crashBudget how many workers may die with a delivery before it is given up; the last of them had nothing else */
  constructor(pool: Run, namespace: Namespace, crashBudget: number) {
    this.#pool = pool;
    this.#namespace = namespace;
    this.#suspectFrom = Math.max(1, crashBudget - 1);
  }

  /** Takes due deliveries, in the order of `claimable`; with `suspects` one that is suspect, if no other is due. */
  async claim(
    workerId: number,
    claimable: readonly Claimable[],
    limit: number,
    { aheadMs = 0, suspects = false }: { readonly aheadMs?: number; readonly suspects?: boolean } = {},
  ): Promise<ClaimedDelivery[]> {
    const rows = await this.#pool(claims.claim, [
      workerId,
      intArray(claimable.map(({ receiverId }) => receiverId)),
      intArray(claimable.map(({ free }) => free)),
      intArray(claimable.map(({ version }) => version)),
      limit,
      aheadMs,
      this.#suspectFrom,
      String(suspects),
      `{${claimable.map(({ since = -Infinity }) => since).join(',')}}`,
    ]);
    const rank = new Map(claimable.map(({ receiverId }, index) => [receiverId, index]));
    return rows.map((row) => this.#claimed(row, workerId)).sort((a, b) => rank.get(a.receiverId)! - rank.get(b.receiverId)! || byId(a, b));
  }

  /** Takes the due deliveries of given emissions, in the order in which they were stored. */
  async claimEmissions(workerId: number, claimable: readonly Claimable[], emissionIds: readonly string[]): Promise<ClaimedDelivery[]> {
    const rows = await this.#pool(claims.claimEmissions, [
      workerId,
      intArray(claimable.map(({ receiverId }) => receiverId)),
      intArray(claimable.map(({ version }) => version)),
      textArray(emissionIds),
    ]);
    return rows.map((row) => this.#claimed(row, workerId)).sort(byId);
  }

  /** Tells whether a suspect is due, which waits for a worker that runs nothing else. */
  async hasSuspect(claimable: readonly Claimable[], aheadMs = 0): Promise<boolean> {
    const ids = intArray(claimable.map(({ receiverId }) => receiverId));
    const versions = intArray(claimable.map(({ version }) => version));
    const [row] = await this.#pool(claims.suspectWaits, [ids, versions, this.#suspectFrom, aheadMs]);
    return row!.waits;
  }

  /**
   * First statement of a receiver's transaction. Unless it is `completed`, the receiver must not be called: the delivery was
   * reclaimed (`stale`), or the transaction of a lane has not begun (`outside`).
   */
  async settleFirst(
    run: Run,
    { id, epoch, workerId }: ClaimRef,
    { timeoutMs, inLane = false }: { readonly timeoutMs: number; readonly inLane?: boolean },
  ): Promise<'completed' | 'stale' | 'outside'> {
    const [row] = await this.#namespace.on(run)(outcomes.settleFirst, [id, epoch, String(timeoutMs), String(inLane), workerId]);
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
    const send = run ? this.#namespace.on(run) : this.#pool;
    const recorded = new Set<string>();
    for (const { epoch, workerId, ids } of alike.values()) {
      const [row] = await send(outcomes.complete, [textArray(ids), epoch, workerId]);
      for (const id of row!.ids?.split(',') ?? []) recorded.add(id);
    }
    return recorded;
  }

  /** Records outcomes. Returns the ids that were recorded; the outcome of any other is void. */
  async settle(items: readonly SettleItem[], run?: Run): Promise<Set<string>> {
    const rows = items.map(({ id, epoch, workerId, settlement }) => ({ id, epoch, worker_id: workerId, ...settleColumns(settlement) }));
    return idSet(await (run ? this.#namespace.on(run) : this.#pool)(outcomes.settle, [JSON.stringify(rows)]));
  }

  /** Gives deliveries back. Returns the ids that were. */
  async release(items: readonly ReleaseItem[], run?: Run): Promise<Set<string>> {
    const given = items.map(({ id, epoch, workerId, delayMs }) => ({ id, epoch, worker_id: workerId, delay_ms: delayMs }));
    return idSet(await (run ? this.#namespace.on(run) : this.#pool)(outcomes.release, [JSON.stringify(given)]));
  }

  /** The claims of a worker by the tables, also those that it does not know of. */
  async heldDeliveries(workerId: number): Promise<ClaimRef[]> {
    const rows = await this.#pool(claims.heldDeliveries, [workerId]);
    return rows.map((row) => ({ ...row, workerId }));
  }

  #claimed(row: RowOf<typeof claims.claim.columns>, workerId: number): ClaimedDelivery {
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
      isSuspect: crashes > 0 && crashes >= this.#suspectFrom,
      payload: row.payload,
      headers: row.headers,
      emittedAt: new Date(row.emitted_at_ms ?? NaN),
      runAt: row.run_at_us / 1e6,
    };
  }
}

const idSet = (rows: readonly { readonly id: string }[]): Set<string> => new Set(rows.map(({ id }) => id));
