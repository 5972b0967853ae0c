// Carries errands on, batch by batch: those of a database by a worker's maintenance, one of them by a caller who waits for it. All that can be lost
// is in the errand's row, so each may be killed at any time, and any other goes on.
import { sleep } from '../../liveness/sleep.ts';
import { SignalboxError } from '../../errors.ts';
import { apart } from '../../observe/async-context.ts';
import type { Events } from '../../observe/events.ts';
import type { ErrandBatch, OwnErrand } from '../../store/errands/errand.ts';
import type { ErrandsStore } from '../../store/errands/errands-store.ts';
import { planOf } from './stages.ts';

/** Before the next look at an errand that waits, for room or for deliveries that are held, or that another process works on. */
const WAIT_MS = 500;

export interface WorkParts {
  readonly store: ErrandsStore;
  readonly events: Events;
}

/** The next batch of an errand, and its events. `undefined`: another process does it. */
export async function advance({ store, events }: WorkParts, errand: OwnErrand): Promise<ErrandBatch | undefined> {
  const batch = await store.advance(errand, planOf(errand));
  if (!batch) return undefined;
  const { changed, state, done, skipped } = batch;
  const about = { errandId: errand.id, act: errand.act, by: errand.by, done, skipped };
  events.raiseNeutrally('errand.advanced', { ...about, changed });
  if (state === 'done') events.raiseNeutrally('errand.ended', { ...about, state });
  return batch;
}

/** Works on one errand until it is not running any more, or the signal is aborted. Returns it as it is then. @throws SignalboxError `ErrandNotFound` */
export async function workOn(
  parts: WorkParts,
  id: string,
  {
    abortSignal,
    onProgress,
  }: { readonly abortSignal?: AbortSignal | undefined; readonly onProgress?: ((errand: OwnErrand) => unknown) | undefined },
): Promise<OwnErrand> {
  for (let told = -1; ;) {
    const errand = await parts.store.get(id);
    if (!errand) throw errandNotFound('errands.work', id);
    if (onProgress && errand.done !== told) apart(() => onProgress(errand));
    told = errand.done;
    if (errand.state !== 'running' || abortSignal?.aborted) return errand;
    const batch = await advance(parts, errand);
    if (!batch || batch.waits) await sleep(WAIT_MS, abortSignal);
  }
}

/** Works on all running errands in turn, until none is left to this process, or the signal is aborted. */
export async function workOnAll(parts: WorkParts, abortSignal: AbortSignal): Promise<void> {
  for (;;) {
    const running = (await parts.store.unfinished()).filter(({ state }) => state === 'running');
    const batches: (ErrandBatch | undefined)[] = [];
    for (const errand of running) {
      if (abortSignal.aborted) return;
      batches.push(await advance(parts, errand));
    }
    const own = batches.filter((batch) => batch !== undefined);
    if (own.length === 0) return;
    if (own.every(({ waits }) => waits)) await sleep(WAIT_MS, abortSignal);
  }
}

export const errandNotFound = (subject: string, id: string): SignalboxError =>
  new SignalboxError('ErrandNotFound', `${subject}: there is no errand ${id}, or it has ended. errands.list() has the latest ones.`);
