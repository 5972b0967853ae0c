// What the store does with several deliveries in the transaction of their receiver: takes hold of them, and ends them.
import type { Run } from '../drivers/driver.ts';
import { holdBatch } from './batch-statements.ts';
import { explained } from './migration.ts';
import { byId, type ClaimRef, type ReleaseItem, type SettleItem, type Store } from './store.ts';
import { intArray } from './workers-store.ts';

/**
 * First statement of the transaction of a batch. Returns the ids that it holds, of which alone the receiver may hear; or
 * `outside`, if the transaction of a lane has not begun.
 */
export async function takeHold(
  run: Run,
  claims: readonly ClaimRef[],
  { timeoutMs, inLane }: { readonly timeoutMs: number; readonly inLane: boolean },
): Promise<ReadonlySet<string> | 'outside'> {
  // In the order of ids, as all who lock several deliveries do.
  const sorted = [...claims].sort(byId);
  const [ids, epochs] = [`{${sorted.map(({ id }) => id).join(',')}}`, intArray(sorted.map(({ epoch }) => epoch))];
  const workers = intArray(sorted.map(({ workerId }) => workerId));
  const [row] = await explained(run)(holdBatch, [ids, epochs, String(timeoutMs), String(inLane), workers]);
  if (row!.outside) return 'outside';
  return new Set(row!.ids.split(' ').filter((id) => id !== ''));
}

/** Last statements of the transaction of a batch: all of it ends, or none. @throws Error when one is not held any more */
export async function endBatch(
  store: Store,
  run: Run,
  {
    returned: completed,
    failed,
    released,
  }: { returned: readonly ClaimRef[]; failed: readonly SettleItem[]; released: readonly ReleaseItem[] },
): Promise<void> {
  const recorded = completed.length > 0 ? await store.complete(completed, run) : new Set<string>();
  const noted = failed.length > 0 ? await store.settle(failed, run) : new Set<string>();
  const given = released.length > 0 ? await store.release(released, run) : new Set<string>();
  if (recorded.size < completed.length || noted.size < failed.length || given.size < released.length)
    throw new Error('A delivery of this batch was taken from its transaction. Has the receiver changed the tables of Signalbox?');
}
